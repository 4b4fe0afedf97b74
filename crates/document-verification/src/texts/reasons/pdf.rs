//! PDF files, their signatures and archival rules.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    (
        "unsigned_parts_unusual",
        "签名数据中有未受保护的异常内容",
        "unsigned parts of the signature data are unusual",
    ),
    (
        "changes_not_forbidden",
        "没有禁止签名后改动",
        "changes after signing are not forbidden",
    ),
    (
        "long_term_data_appended",
        "签名后附加了长期验证数据",
        "long-term validation data were appended",
    ),
    ("structure_unsound", "结构不正确", "the structure is unsound"),
    ("not_decided", "无法判断", "it cannot be decided"),
    (
        "signed_revision_unreadable",
        "被签名的版本无法读取",
        "the signed revision cannot be read",
    ),
    ("too_large", "文件过大", "the file is too large"),
    ("encrypted", "文件已加密", "the file is encrypted"),
    ("pdfa.header", "文件头不符合 PDF/A", "the header is not of PDF/A"),
    (
        "pdfa.trailer-id",
        "缺少文件标识",
        "the file identifier is missing",
    ),
    ("pdfa.identification", "未声明 PDF/A", "PDF/A is not declared"),
    (
        "pdfa.output-intent",
        "缺少输出意图",
        "the output intent is missing",
    ),
    ("pdfa.font-not-embedded", "字体未嵌入", "a font is not embedded"),
    (
        "pdfa.cid-to-gid-map",
        "字形映射不正确",
        "the glyph map is missing",
    ),
    ("pdfa.to-unicode", "缺少文字映射", "a font has no Unicode map"),
    ("pdfa.annotation-flags", "注释标志不正确", "an annotation's flags"),
    (
        "pdfa.annotation-appearance",
        "注释没有外观",
        "an annotation without appearance",
    ),
    ("pdfa.action", "含有禁止的动作", "a forbidden action"),
    (
        "pdfa.stream-filter",
        "含有禁止的过滤器",
        "a forbidden stream filter",
    ),
    ("pdfa.image", "图像不符合 PDF/A", "an image is not of PDF/A"),
    ("pdfa.form", "表单不符合 PDF/A", "the form is not of PDF/A"),
    ("pdfa.permissions", "权限字典不正确", "the permissions dictionary"),
    (
        "pdfa.embedded-file",
        "附件不符合 PDF/A",
        "an embedded file is not of PDF/A",
    ),
];
