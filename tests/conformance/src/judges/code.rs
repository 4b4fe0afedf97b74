//! The QR symbol, as a scanner reads it off the drawn page.

use std::path::{Path, PathBuf};

use super::{each, file, studio};
use crate::{Objection, Tools, Verdict};

/// Both formats show one address with a host and a token.
pub fn code(out: &Path, tools: &Tools) -> Verdict {
    each(|name| {
        let folder = studio()?;
        let pdf = folder.path().join("pdf");
        let draw = ["-r", "200", "-png", "-singlefile"].map(PathBuf::from);
        let arguments = [draw.as_slice(), &[file(out, name, "pdf"), pdf.clone()]].concat();
        tools.run(out, "pdftoppm", &arguments)?.well()?;
        let from_pdf = scan(&pdf.with_extension("png"), tools)?;
        let picture = folder.path().join("ofd.png");
        tools
            .python(
                folder.path(),
                "draw.py",
                &[file(out, name, "ofd"), picture.clone()],
            )?
            .well()?;
        let from_ofd = scan(&picture, tools)?;
        if from_ofd != from_pdf {
            return Err(Objection::fault(format!(
                "OFD says {from_ofd}, PDF says {from_pdf}"
            )));
        }
        let address = from_pdf
            .split_once("://")
            .filter(|(scheme, _)| ["http", "https"].contains(scheme))
            .and_then(|(_, rest)| rest.split_once("/q/"));
        match address {
            Some((host, behind)) if !host.is_empty() && said(behind) => Ok(()),
            _ => Err(Objection::fault(format!(
                "no address with host and token: {from_pdf}"
            ))),
        }
    })
}

/// A token, and behind `#` a payload if there is one.
fn said(behind: &str) -> bool {
    let (token, payload) = behind.split_once('#').unwrap_or((behind, "-"));
    let plain = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    token.len() >= 27 && !payload.is_empty() && plain(token) && plain(payload)
}

fn scan(picture: &Path, tools: &Tools) -> Result<String, Objection> {
    let arguments = [PathBuf::from("--raw"), PathBuf::from("-q"), picture.to_owned()];
    let said = tools
        .run(picture.parent().unwrap_or(picture), "zbarimg", &arguments)?
        .well()?;
    let mut lines = said.lines();
    match (lines.next(), lines.next()) {
        (Some(line), None) => Ok(line.to_owned()),
        _ => Err(Objection::fault(format!("not one symbol: {said}"))),
    }
}
