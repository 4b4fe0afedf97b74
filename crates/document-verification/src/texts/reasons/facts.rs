//! The facts that a file states.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    (
        "several_documents",
        "文件中有多个文档",
        "there are several documents in the file",
    ),
    ("no_metadata", "没有证照元数据", "there are no licence metadata"),
    ("repeated", "出现多次", "it occurs more than once"),
    ("unreadable", "无法读取", "it cannot be read"),
    (
        "record_format_unknown",
        "证照信息格式版本未知",
        "the format of the facts record is unknown",
    ),
    (
        "record_not_understood",
        "证照信息无法理解",
        "the facts record is not understood",
    ),
    (
        "record_not_canonical",
        "证照信息不是规范格式",
        "the facts record is not canonical",
    ),
    (
        "record_contradicts_itself",
        "证照信息自相矛盾",
        "the facts record contradicts itself",
    ),
    (
        "metadata_differ_from_record",
        "元数据与证照信息不一致",
        "the metadata differ from the facts record",
    ),
    (
        "metadata_differ_from_each_other",
        "附件与文件属性中的元数据不一致",
        "the metadata in the attachment and in the file differ",
    ),
    ("layout_unknown", "版面版本未知", "the layout is unknown"),
    (
        "not_one_page",
        "证书应当只有一页",
        "a certificate has exactly one page",
    ),
    (
        "face_differs_from_record",
        "证面文字与证照信息不一致",
        "the text on the page differs from the facts record",
    ),
    (
        "photo_differs",
        "照片与证照信息不一致",
        "the photo is not the one in the facts record",
    ),
    (
        "photo_not_in_its_place",
        "照片不在规定位置",
        "the photo is not in its place",
    ),
    ("use_period_over", "使用有效期已过", "the use period has ended"),
];
