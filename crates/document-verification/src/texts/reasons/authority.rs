//! Who signed, and whether they may.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    (
        "trust_bundle_expired",
        "信任包已过期，请更新后再核验",
        "the trust bundle has expired; renew it and verify again",
    ),
    (
        "trust_bundle_not_yet_valid",
        "信任包的签发时间晚于当前时间",
        "the trust bundle was issued ahead of the present",
    ),
    ("signer_unknown", "无法得知签章人", "the signer cannot be told"),
    (
        "not_of_this_register",
        "签章人证书不是本登记册信任的证书，不是本登记册的证书",
        "signed by a certificate that this register does not know: not a certificate of this register",
    ),
    (
        "not_an_issuing_authority",
        "签章人不是本登记册的发证机关",
        "the signer is not an issuing authority of this register",
    ),
    (
        "signed_without_a_seal",
        "只有数字签名，没有电子印章",
        "signed without a seal",
    ),
    (
        "no_licence",
        "文件没有证照元数据，无法判断发证权限",
        "the file has no licence metadata",
    ),
    (
        "identifier_invalid",
        "电子证照标识不正确",
        "the licence identifier is invalid",
    ),
    (
        "other_issuer_named",
        "文件所称的发证机关不是签章机关",
        "the issuer named in the file is not the one that sealed it",
    ),
    (
        "licence_type_not_of_this_authority",
        "签章机关无权颁发此类证照",
        "the authority may not issue this type of licence",
    ),
    (
        "specimen",
        "这是样本，不具有任何效力",
        "this is a specimen without any effect",
    ),
    ("unsigned", "没有签章", "there is no signature"),
];
