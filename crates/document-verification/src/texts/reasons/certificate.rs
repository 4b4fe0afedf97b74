//! Certificates, their paths and their revocation.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    (
        "certificate_missing",
        "没有签名证书",
        "the certificate is missing",
    ),
    (
        "certificate_unreadable",
        "证书无法读取",
        "the certificate cannot be read",
    ),
    (
        "unsupported_parameters",
        "签名算法的参数不受支持",
        "the parameters of the algorithm are not supported",
    ),
    (
        "algorithms_differ",
        "各处所写的签名算法不一致",
        "the places that name the algorithm name different ones",
    ),
    (
        "key_too_small",
        "RSA 密钥短于 2048 位，不足以证明任何事",
        "an RSA key of less than 2048 bits proves nothing",
    ),
    (
        "key_too_large",
        "RSA 密钥长于 4096 位，不予使用",
        "an RSA key of more than 4096 bits is not made use of",
    ),
    (
        "key_exponent_unsound",
        "RSA 公钥指数不安全",
        "the exponent of the RSA key is unsound",
    ),
    (
        "curve_parameters_explicit",
        "椭圆曲线以参数而非名称给出，可能是伪造的",
        "the curve is given by parameters instead of its name, as forgers do",
    ),
    (
        "key_malformed",
        "公钥不是有效的密钥",
        "the public key is no sound key",
    ),
    (
        "responder_does_not_know",
        "证书状态响应者不认识该证书",
        "the responder does not know the certificate",
    ),
    (
        "no_trusted_root",
        "证书链不能到达受信任的根证书",
        "no path to a trusted root",
    ),
    ("path_too_long", "证书链过长", "the path is too long"),
    ("issuer_unknown", "签发者未知", "the issuer is unknown"),
    (
        "not_signed_by_issuer",
        "证书不是由其声称的签发者签发",
        "not signed by the issuer it names",
    ),
    ("not_yet_valid", "尚未生效", "not yet valid"),
    ("expired", "已过期", "expired"),
    (
        "not_an_authority",
        "签发者不是证书认证机构",
        "the issuer is no certification authority",
    ),
    ("key_may_not_sign", "密钥不得用于签名", "the key may not sign"),
    (
        "key_may_not_certify",
        "密钥不得用于签发证书",
        "the key may not certify",
    ),
    (
        "authority_used_as_signer",
        "证书认证机构的证书被用于签章",
        "an authority's certificate signed a document",
    ),
    (
        "purpose_not_allowed",
        "证书不得用于此用途",
        "the certificate is not for this purpose",
    ),
    (
        "unknown_critical_extension",
        "证书有无法处理的关键扩展项",
        "an unknown critical extension",
    ),
    (
        "specimen_mark_missing",
        "样本证书链中有未标记的证书",
        "an unmarked certificate below a specimen issuer",
    ),
    ("no_revocation_list", "没有吊销列表", "no revocation list at hand"),
    (
        "revocation_list_stale",
        "吊销列表已过期",
        "the revocation list is stale",
    ),
    (
        "expired_before_list",
        "证书在吊销列表签发前已过期",
        "the certificate expired before the list was made",
    ),
    ("revoked", "证书已被吊销", "the certificate was revoked"),
    (
        "revoked_later",
        "证书在签章之后被吊销",
        "the certificate was revoked after signing",
    ),
    (
        "key_compromised",
        "签章时密钥已泄露或疑似泄露",
        "the key was, or may have been, in other hands by then",
    ),
    (
        "compromised_later",
        "密钥在签章之后泄露",
        "the key was compromised later",
    ),
];
