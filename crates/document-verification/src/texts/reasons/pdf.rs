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
    (
        "javascript",
        "含有 JavaScript 脚本，本核验不执行",
        "it contains JavaScript, which is not run here",
    ),
    (
        "launch_action",
        "含有启动外部程序的动作，本核验不执行",
        "it would start a program, which is not done here",
    ),
    (
        "open_action",
        "含有打开文件时执行的动作",
        "it does something when it is opened",
    ),
    (
        "additional_actions",
        "含有由事件触发的动作",
        "it does something on events",
    ),
    (
        "xfa_form",
        "含有 XFA 表单，显示内容可能与页面不同",
        "it has an XFA form, which may show something else than the pages",
    ),
    (
        "optional_content",
        "含有可显示或隐藏的图层",
        "it has layers that can be shown and hidden",
    ),
    (
        "submit_form",
        "含有提交表单的动作，本核验不执行",
        "it would send a form, which is not done here",
    ),
    ("form_action", "含有改变表单的动作", "it would change a form"),
    (
        "external_file",
        "引用外部文件，本核验不读取",
        "it refers to another file, which is not read here",
    ),
    (
        "external_link",
        "含有网络地址，本核验不访问",
        "it has an address on the network, which is not followed here",
    ),
    (
        "multimedia",
        "含有多媒体内容",
        "it contains sound, film or scenes",
    ),
    (
        "appearances_drawn_anew",
        "要求阅读器重新绘制表单",
        "it has the reader draw form fields anew",
    ),
    (
        "objects_that_nothing_shows",
        "含有页面不显示的对象，后续修改可能使其显示",
        "it has objects that nothing shows; a later revision could",
    ),
    (
        "hybrid_cross_reference",
        "混合交叉引用：不同阅读器会看到不同的对象",
        "hybrid cross-references: readers see different objects",
    ),
    (
        "cross_reference_unsound",
        "交叉引用不正确",
        "the cross-references are unsound",
    ),
    ("reference_loop", "引用形成循环", "references form a loop"),
    (
        "bytes_before_the_header",
        "文件头之前有多余数据",
        "there are bytes before the header",
    ),
    (
        "bytes_after_the_end",
        "文件尾之后有多余数据",
        "there are bytes after the end",
    ),
    (
        "signature_outside_the_form",
        "有不属于任何签名域的签名",
        "there is a signature that no field shows",
    ),
    (
        "contents_elsewhere",
        "签名值不在签名字典内",
        "the signature value is not in its dictionary",
    ),
    (
        "range_not_two_parts",
        "签名范围不是两段",
        "the byte range has not two parts",
    ),
    (
        "range_not_from_the_start",
        "签名范围不是从文件开头开始",
        "the byte range does not begin with the file",
    ),
    (
        "ranges_overlap",
        "签名范围重叠",
        "the parts of the byte range overlap",
    ),
    (
        "range_outside_the_file",
        "签名范围超出文件",
        "the byte range goes beyond the file",
    ),
    (
        "range_ends_within_a_revision",
        "签名范围在某一版本中间结束",
        "the byte range ends within a revision",
    ),
    (
        "bytes_after_the_signed_revision",
        "被签名的版本之后有不属于任何版本的数据",
        "bytes after the signed revision belong to no revision",
    ),
    (
        "more_left_out_than_the_signature",
        "签名范围留出的空隙不只是签名值",
        "the byte range leaves out more than the signature",
    ),
    (
        "contents_not_hexadecimal",
        "签名空隙中有十六进制数字以外的内容",
        "the gap holds something else than hexadecimal digits",
    ),
    (
        "bytes_after_the_signature",
        "签名值之后藏有数据",
        "bytes are hidden after the signature value",
    ),
    (
        "weak_algorithm",
        "使用了已不安全的密码算法（MD5、SHA-1）",
        "an algorithm that is broken (MD5, SHA-1)",
    ),
    (
        "sub_filter_unknown",
        "签名格式未知",
        "the signature is of an unknown profile",
    ),
    (
        "later_revision_unsound",
        "签名后附加的版本无法与被签名的版本比较",
        "the later revision cannot be compared with the signed one",
    ),
    (
        "object_removed_later",
        "签名后删除了对象",
        "an object was removed after signing",
    ),
    (
        "object_replaced_later",
        "签名后替换了对象",
        "an object was replaced after signing",
    ),
    (
        "hidden_object_shown_later",
        "签名后补入了签名时空缺的对象",
        "an object that was missing when signed was put in later",
    ),
    (
        "annotation_added_later",
        "签名后添加了批注或域",
        "an annotation or field was added after signing",
    ),
    (
        "catalog_replaced_later",
        "签名后替换了文档目录",
        "the catalog was replaced after signing",
    ),
    (
        "page_content_replaced_later",
        "签名后替换了页面内容",
        "the content of a page was replaced after signing",
    ),
    (
        "page_replaced_later",
        "签名后替换了页面",
        "a page was replaced after signing",
    ),
    (
        "font_replaced_later",
        "签名后替换了字体",
        "a font was replaced after signing",
    ),
    (
        "picture_replaced_later",
        "签名后替换了图像",
        "a picture was replaced after signing",
    ),
    (
        "field_replaced_later",
        "签名后替换了表单域",
        "a form field was replaced after signing",
    ),
    (
        "validation_data_unreadable",
        "部分长期验证数据无法读取",
        "some validation data cannot be read",
    ),
    (
        "content_type_differs",
        "签名内容类型不一致",
        "the content type attribute differs",
    ),
    (
        "purpose_not_critical",
        "时间戳证书的用途未标为关键",
        "the purpose of the time-stamping certificate is not critical",
    ),
];
