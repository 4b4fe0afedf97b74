//! Any file.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    ("ok", "通过", "pass"),
    (
        "neither_ofd_nor_pdf",
        "既不是 OFD 也不是 PDF",
        "neither OFD nor PDF",
    ),
    (
        "two_formats_in_one",
        "文件同时是 PDF 和压缩包，不同程序会显示不同内容",
        "the file is a PDF and an archive at once: programs may show different things",
    ),
];
