//! Archives and the structure of OFD packages.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    ("ofd.not-an-archive", "不是完整的压缩包", "not a complete archive"),
    ("ofd.archive-damaged", "压缩包已损坏", "the archive is damaged"),
    (
        "ofd.archive-ambiguous",
        "压缩包可作两种解读",
        "the archive can be read in two ways",
    ),
    (
        "ofd.archive-split",
        "压缩包不完整",
        "the archive is spread over several files",
    ),
    ("ofd.encrypted", "压缩包已加密", "an entry is encrypted"),
    (
        "ofd.compression-method",
        "压缩方式不受支持",
        "a compression method that is not supported",
    ),
    (
        "ofd.duplicate-entry",
        "压缩包中有重名文件",
        "two entries of one name",
    ),
    (
        "ofd.overlapping-entries",
        "压缩包中的文件相互重叠",
        "two entries share bytes",
    ),
    (
        "ofd.header-mismatch",
        "压缩包目录与文件头不一致",
        "local header and directory disagree",
    ),
    (
        "ofd.entry-name",
        "压缩包中的文件名不正确",
        "an entry name is not plain",
    ),
    ("ofd.too-large", "超出大小限制", "a limit of size is exceeded"),
    ("ofd.missing-file", "文件缺失", "a file is missing"),
    ("ofd.unreadable-file", "文件无法读取", "a file cannot be read"),
    (
        "ofd.location",
        "文件位置不正确",
        "a location climbs out of the package",
    ),
    ("ofd.xml", "XML 不正确", "not well-formed XML"),
    (
        "ofd.doctype",
        "XML 含有文档类型声明",
        "a document type declaration",
    ),
    ("ofd.xml-too-large", "XML 过大", "the XML is too large"),
    (
        "ofd.unexpected-root",
        "XML 根元素不正确",
        "an unexpected root element",
    ),
    (
        "ofd.missing-element",
        "缺少必需的元素",
        "a required element is missing",
    ),
    ("ofd.repeated-element", "元素重复", "an element is repeated"),
    ("ofd.value", "数值不正确", "a value is invalid"),
    (
        "ofd.prepended-bytes",
        "文件前部有多余数据",
        "bytes before the archive",
    ),
    (
        "ofd.trailing-bytes",
        "文件尾部有多余数据",
        "bytes after the archive",
    ),
    (
        "ofd.unlisted-bytes",
        "文件之间有多余数据",
        "bytes between the entries",
    ),
    (
        "ofd.archive-comment",
        "压缩包含有注释",
        "the archive has a comment",
    ),
    (
        "ofd.unreadable-entry",
        "文件无法解压",
        "an entry cannot be inflated",
    ),
    ("ofd.entry-crc", "文件校验码不相符", "an entry's CRC does not fit"),
    (
        "ofd.directory-with-bytes",
        "目录项带有数据",
        "a directory entry with bytes",
    ),
    ("ofd.several-documents", "文件中有多个文档", "several documents"),
    (
        "ofd.document-versions",
        "文档有多个版本",
        "the document has recorded versions",
    ),
    (
        "ofd.unknown-namespace",
        "命名空间不是 OFD 的",
        "a namespace that is not of OFD",
    ),
    ("ofd.mixed-namespaces", "命名空间混杂", "mixed namespaces"),
    (
        "ofd.named-file-missing",
        "所引用的文件缺失",
        "a file that is named is missing",
    ),
    (
        "ofd.unusual-location",
        "文件位置写法不规范",
        "a location that fits another folder only",
    ),
    (
        "ofd.unreadable-part",
        "有部分内容无法读取",
        "a part could not be read",
    ),
    (
        "ofd.relative-reference",
        "签章引用使用了相对路径",
        "a reference by a relative path",
    ),
    (
        "ofd.repeated-reference",
        "同一文件被重复引用",
        "two references name one file",
    ),
    (
        "ofd.repeated-id",
        "对象编号重复",
        "an object number is used twice",
    ),
    ("ofd.actions", "文档含有动作", "the document runs actions"),
    (
        "ofd.name-encoding",
        "文件名编码不明确",
        "the encoding of a file name is left open",
    ),
    (
        "ofd.external-location",
        "指向文件之外的位置（未访问）",
        "leads out of the file; it was not followed",
    ),
];
