//! The judges, one file each.

mod code;
mod command;
mod digests;
mod ofd_readers;
mod pdf;
mod signatures;
mod text;

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::{DOCUMENTS, Judge, Verdict};

pub use code::code;
pub use command::verify_command;
pub use digests::references;
pub use ofd_readers::{easyofd, seams, sofd};
pub use pdf::{pdfsig, pyhanko, qpdf};
pub use signatures::{chains, signatures};
pub use text::{ofd_text, pdf_text};

/// Every judge of the documents.
pub const OF_DOCUMENTS: &[(&str, Judge)] = &[
    ("text by ofdkit", ofd_text),
    ("text by pdftotext", pdf_text),
    ("drawn by easyofd", easyofd),
    ("read by sofd", sofd),
    ("digests of References", references),
    ("SM2 signatures by OpenSSL", signatures),
    ("SM2 certificates by OpenSSL", chains),
    ("PDF by pdfsig", pdfsig),
    ("PDF by qpdf", qpdf),
    ("PDF by pyHanko", pyhanko),
    ("QR symbol by zbarimg", code),
];

/// Judges every document of the folder on its own.
fn each(judge: impl Fn(&str) -> Verdict) -> Verdict {
    DOCUMENTS
        .iter()
        .try_for_each(|name| judge(name).map_err(|objection| objection.about(name)))
}

/// An empty directory to draw in, without a dot in its name: `judges/draw.py` says why.
fn studio() -> std::io::Result<TempDir> {
    tempfile::Builder::new().prefix("jianzheng-drawn-").tempdir()
}

/// `<out>/<name>.<ending>`
fn file(out: &Path, name: &str, ending: &str) -> PathBuf {
    out.join(format!("{name}.{ending}"))
}
