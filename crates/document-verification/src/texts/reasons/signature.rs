//! Signature values, seals and what they cover.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    (
        "no_references",
        "签章没有保护任何文件",
        "the signature covers nothing",
    ),
    ("digest_differs", "文件内容已被改动", "the file was changed"),
    ("file_missing", "文件缺失", "the file is missing"),
    ("file_unreadable", "文件无法读取", "the file cannot be read"),
    ("digest_malformed", "摘要格式不正确", "the digest is malformed"),
    (
        "unsupported_algorithm",
        "使用了不支持的密码算法",
        "an algorithm that is not supported",
    ),
    (
        "file_not_covered",
        "文件不在签章保护范围内",
        "the file is not covered by the signature",
    ),
    (
        "file_not_listed",
        "文件不在完整性清单中（夹带）",
        "the file is not listed: smuggled in",
    ),
    (
        "other_signature",
        "属于另一个签章的文件",
        "a file of another signature",
    ),
    (
        "integrity_list",
        "完整性清单的文件",
        "a file of the integrity list",
    ),
    (
        "open_to_further_signatures",
        "允许追加签章",
        "further signatures can be added",
    ),
    (
        "signed_value_malformed",
        "签章数据无法解析",
        "the signature data cannot be read",
    ),
    ("mismatch", "不相符", "it does not fit"),
    ("differs", "不相同", "it differs"),
    ("absent", "缺失", "it is absent"),
    ("malformed", "格式不正确", "it is malformed"),
    ("missing", "缺失", "it is missing"),
    ("not_detached", "签名内嵌了内容", "the content is embedded"),
    ("signer_count", "签名人数量不正确", "not exactly one signer"),
    (
        "unsupported_encoding",
        "编码方式不受支持",
        "the encoding is not supported",
    ),
    (
        "bare_signature_value",
        "只有签名值，没有证书",
        "a bare signature value without certificate",
    ),
    ("algorithm_mismatch", "算法不一致", "the algorithms do not agree"),
    (
        "validity_reversed",
        "印章有效期起止颠倒",
        "the seal's validity is reversed",
    ),
    ("picture_missing", "印章没有图像", "the seal has no picture"),
    (
        "unusual_version_number",
        "版本号不常见",
        "an unusual version number",
    ),
    (
        "created_after_use",
        "制章时间晚于签章时间",
        "the seal was made after it was used",
    ),
    (
        "maker_not_valid_at_creation",
        "制章时制章者证书无效",
        "the maker's certificate was not valid when the seal was made",
    ),
    (
        "expired_since_creation",
        "制章者证书在制章后过期",
        "the maker's certificate has expired since",
    ),
    (
        "revoked_since_creation",
        "制章者证书在制章后被吊销",
        "the maker's certificate was revoked since",
    ),
    (
        "stamped_before_creation",
        "时间戳早于制章时间",
        "stamped before the seal was made",
    ),
    (
        "signer_not_listed",
        "签章人证书不在印章的证书名单中",
        "the seal does not list the signer's certificate",
    ),
    ("outside_validity", "不在有效期内", "outside of the validity"),
    (
        "names_something_else",
        "保护范围说明与实际不符",
        "the stated protection range names something else",
    ),
    (
        "compromised_since_creation",
        "制章密钥已泄露，制章时间仅为自述",
        "the seal maker's key was compromised, and only its word dates the seal before it",
    ),
    (
        "check_method_absent",
        "没有写明摘要算法（按标准默认为 MD5），不作依据",
        "no digest method is stated, which means MD5: it proves nothing",
    ),
    (
        "check_method_broken",
        "摘要算法已被攻破，不作依据",
        "the digest method is broken: it proves nothing",
    ),
    (
        "no_page_covered",
        "签章没有保护任何页面",
        "the signature covers no page",
    ),
    (
        "page_not_covered",
        "该页面不在签章保护范围内",
        "the page is not covered by the signature",
    ),
];
