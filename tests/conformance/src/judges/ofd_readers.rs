//! Readers of other makers open the OFD.

use std::path::Path;

use super::{each, file, studio};
use crate::{Objection, Tools, Verdict};

/// easyofd draws the page with the embedded fonts alone, and every character of the facts is on it.
pub fn easyofd(out: &Path, tools: &Tools) -> Verdict {
    each(|name| {
        let empty = studio()?;
        let picture = empty.path().join("page.png");
        tools
            .python(empty.path(), "draw.py", &[file(out, name, "ofd"), picture])?
            .well()
            .map(drop)
    })
}

/// sofd finds one valid seal that covers everything, and every digest as it was.
pub fn sofd(out: &Path, _: &Tools) -> Verdict {
    each(|name| {
        let path = file(out, name, "ofd");
        let read = || -> Result<_, Box<dyn std::error::Error>> {
            let mut document = sofd::Document::open_bytes(&std::fs::read(&path)?)?;
            Ok((
                document.verify_signatures()?,
                document.signature_coverage()?,
                document.seals()?,
            ))
        };
        let (statuses, coverage, seals) = read().map_err(|error| Objection::fault(error.to_string()))?;
        if statuses != [sofd::VerifyStatus::Valid] {
            return Err(Objection::fault(format!("signatures: {statuses:?}")));
        }
        let left = coverage.iter().flat_map(|one| &one.uncovered);
        let left: Vec<_> = left.filter(|file| !own(file)).collect();
        if !left.is_empty() {
            return Err(Objection::fault(format!("uncovered: {left:?}")));
        }
        digests(&path).map_err(|error| Objection::fault(format!("digests: {error}")))?;
        match seals.as_slice() {
            [seal] if seal.page == 0 && seal.sealed.is_some() => Ok(()),
            _ => Err(Objection::fault("not one seal with its picture on the page")),
        }
    })
}

/// A document of several pages with a riding seam: sofd finds its seal valid and shown on every page, ofdkit reads the
/// pages, easyofd draws them.
pub fn seams(out: &Path, tools: &Tools) -> Verdict {
    let path = out.join("ridden.ofd");
    let read = || -> Result<_, Box<dyn std::error::Error>> {
        let mut document = sofd::Document::open_bytes(&std::fs::read(&path)?)?;
        Ok((document.verify_signatures()?, document.seals()?))
    };
    let (statuses, seals) = read().map_err(|error| Objection::fault(error.to_string()))?;
    if statuses != [sofd::VerifyStatus::Valid] {
        return Err(Objection::fault(format!("signatures: {statuses:?}")));
    }
    let mut pages: Vec<_> = seals
        .iter()
        .filter(|seal| seal.sealed.is_some())
        .map(|seal| seal.page)
        .collect();
    pages.sort_unstable();
    if pages != [0, 0, 1, 2] {
        return Err(Objection::fault(format!("seals on pages {pages:?}")));
    }
    let empty = studio()?;
    let arguments = std::iter::once(path.into_os_string()).chain(crate::sample::PAGES.map(Into::into));
    let arguments: Vec<_> = arguments.collect();
    tools
        .python(empty.path(), "seams.py", &arguments)?
        .well()
        .map(drop)
}

/// Its verdict on a seal goes by the signed digest of `Signature.xml`; the digests there are asked for apart.
fn digests(path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut document = sofd::Document::open_bytes(&std::fs::read(path)?)?;
    for entry in document.signatures()? {
        let signature = sofd_sign::read_signature(document.package(), &entry.base_loc)?;
        if signature.references.is_empty() {
            return Err("there are none".into());
        }
        sofd_sign::signed_digest(document.package(), &signature)?.ok_or("not SM3")?;
    }
    Ok(())
}

/// Files that a signature cannot cover: its own.
fn own(file: &str) -> bool {
    file.ends_with("/Signature.xml") || file.ends_with("/SignedValue.dat")
}
