//! The extracted text is character for character the facts of the signed record.

use std::path::{Path, PathBuf};

use super::{each, file};
use crate::{Objection, Tools, Verdict};

/// ofdkit finds every fact as one text object.
pub fn ofd_text(out: &Path, tools: &Tools) -> Verdict {
    each(|name| {
        tools
            .python(out, "ofd_text.py", &[file(out, name, "ofd")])?
            .well()
            .map(drop)
    })
}

/// pdftotext finds every fact of the OFD as one word.
pub fn pdf_text(out: &Path, tools: &Tools) -> Verdict {
    let folder = tempfile::tempdir()?;
    let words = folder.path().join("words.html");
    each(|name| {
        let arguments = [PathBuf::from("-bbox"), file(out, name, "pdf"), words.clone()];
        tools.run(out, "pdftotext", &arguments)?.well()?;
        if !words.exists() {
            return Err(Objection::fault("pdftotext wrote nothing"));
        }
        tools
            .python(out, "pdf_text.py", &[file(out, name, "ofd"), words.clone()])?
            .well()
            .map(drop)
    })
}
