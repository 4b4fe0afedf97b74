//! Validators of other makers accept the PDF.

use std::path::{Path, PathBuf};

use super::{each, file};
use crate::{Objection, Tools, Verdict};

/// Poppler with NSS, where only our root is trusted: valid, trusted, the whole file.
pub fn pdfsig(out: &Path, tools: &Tools) -> Verdict {
    let folder = tempfile::tempdir()?;
    let database = format!("sql:{}", folder.path().display());
    tools
        .run(out, "certutil", &["-N", "-d", &database, "--empty-password"])?
        .well()?;
    let root = root(out)?;
    std::fs::write(folder.path().join("root.pem"), root)?;
    let add = [
        "-A", "-d", &database, "-n", "root", "-t", "C,C,C", "-a", "-i", "root.pem",
    ];
    tools.run(folder.path(), "certutil", &add)?.well()?;
    each(|name| {
        let arguments = [
            PathBuf::from("-nssdir"),
            PathBuf::from(&database),
            file(out, name, "pdf"),
        ];
        let said = tools.run(out, "pdfsig", &arguments)?.well()?;
        let count = said.matches("Signature #").count();
        let wanted = [
            "Total document signed",
            "Signature is Valid.",
            "Certificate is Trusted.",
        ];
        match wanted.iter().find(|line| !said.contains(**line)) {
            None if count == 1 => Ok(()),
            None => Err(Objection::fault(format!("{count} signatures"))),
            Some(missing) => Err(Objection::fault(format!("no “{missing}” in\n{said}"))),
        }
    })
}

/// QPDF finds nothing to complain of.
pub fn qpdf(out: &Path, tools: &Tools) -> Verdict {
    each(|name| {
        let said = tools
            .run(out, "qpdf", &[PathBuf::from("--check"), file(out, name, "pdf")])?
            .well()?;
        match said.contains("No syntax or stream encoding errors found") {
            true => Ok(()),
            false => Err(Objection::fault(said)),
        }
    })
}

/// pyHanko: intact, valid, trusted, the entire file.
pub fn pyhanko(out: &Path, tools: &Tools) -> Verdict {
    let root = out.join("trust/pdf-root.pem");
    each(|name| {
        tools
            .python(out, "pades.py", &[file(out, name, "pdf"), root.clone()])?
            .well()
            .map(drop)
    })
}

/// The first certificate of the bundle.
fn root(out: &Path) -> Result<String, Objection> {
    let pem = std::fs::read_to_string(out.join("trust/pdf-root.pem"))?;
    let end = "-----END CERTIFICATE-----\n";
    let at = pem
        .find(end)
        .ok_or_else(|| Objection::fault("pdf-root.pem holds no certificate"))?;
    Ok(pem.split_at(at + end.len()).0.to_owned())
}
