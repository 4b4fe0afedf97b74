//! What a PDF says: attachment, metadata, the page.

use certificate_face::extract::pdf_text;
use certificate_face::metadata::ATTACHMENT;
use pdf::{Object, Pdf, ReadError, text};

use crate::facts::{self, Attachment};
use crate::finding::{Finding, check};
use crate::verifier::Examined;

pub(super) fn examine(pdf: &Pdf<'_>, out: &mut Examined) {
    let pages = match pdf.pages() {
        Ok(pages) => {
            out.findings.push(Finding::pass(check::PAGE));
            pages
        }
        Err(_) => {
            out.findings.push(Finding::fail(check::PAGE, "structure_unsound"));
            Vec::new()
        }
    };
    let texts: Vec<_> = pages.iter().map(|page| text::page_text(pdf, page)).collect();
    out.findings.push(glyphs(&texts));
    let attachment = match attached(pdf) {
        Ok(Some(bytes)) => Attachment::parse(&bytes),
        Ok(None) => {
            out.findings
                .push(Finding::warning(check::ATTACHMENT, "no_metadata"));
            return;
        }
        Err(_) => None,
    };
    let Some(attachment) = attachment else {
        out.findings.push(Finding::fail(check::ATTACHMENT, "unreadable"));
        return;
    };
    out.findings.push(Finding::pass(check::ATTACHMENT));
    out.findings.push(identifier(pdf, &attachment.items));
    let placed = texts
        .first()
        .and_then(|text| text.as_ref().ok())
        .map(pdf_text)
        .unwrap_or_default();
    out.facts = facts::compare(attachment, &placed, pages.len(), &mut out.findings);
    if let Some(record) = &out.facts.record {
        let finding = photo(pdf, &pages, &record.photo_sm3);
        out.findings
            .push(finding.unwrap_or_else(|_| Finding::cannot_say(check::PHOTO, "structure_unsound")));
    }
}

/// Text in fonts that are not read here is other producers'; what is read must be drawn.
fn glyphs(texts: &[Result<text::PageText, ReadError>]) -> Finding {
    if texts.iter().any(Result::is_err) {
        return Finding::warning(check::GLYPHS, "font_not_understood");
    }
    let drawn = texts.iter().flatten().all(|text| text.faults.is_empty());
    Finding::decide(check::GLYPHS, drawn, "glyph_missing")
}

/// The XMP packet names the same licence, once.
fn identifier(pdf: &Pdf<'_>, items: &[(String, String)]) -> Finding {
    let stated = items
        .iter()
        .find(|(name, _)| name == "ZZBS")
        .map(|(_, value)| value.as_str());
    let same = match pdf.xmp() {
        Ok(Some(xmp)) => !xmp.ambiguous_identifier && stated.is_some() && xmp.identifier.as_deref() == stated,
        Ok(None) | Err(_) => false,
    };
    Finding::decide(check::OUTER_METADATA, same, "metadata_differ_from_each_other")
}

/// The associated file of our name; a second one of the name is none.
fn attached(pdf: &Pdf<'_>) -> Result<Option<Vec<u8>>, ReadError> {
    let mut found = None;
    for file in pdf.array(&pdf.catalog()?, "AF")? {
        let Object::Dictionary(file) = pdf.resolve(&file)? else {
            continue;
        };
        let name = match pdf.value(&file, "UF")? {
            Object::String(name) => name.to_text(),
            _ => continue,
        };
        if name != ATTACHMENT {
            continue;
        }
        let embedded = pdf.dictionary(&file, "EF")?;
        let Object::Stream(stream) = pdf.value(&embedded, "F")? else {
            continue;
        };
        if found.replace(pdf.decode(&stream)?.into_owned()).is_some() {
            return Err(ReadError::WrongType("AF"));
        }
    }
    Ok(found)
}

/// The photo is embedded byte for byte.
fn photo(pdf: &Pdf<'_>, pages: &[pdf::Page], sm3: &str) -> Result<Finding, ReadError> {
    for page in pages {
        let images = pdf.dictionary(&page.resources, "XObject")?;
        for (_, image) in images.iter() {
            let Object::Stream(stream) = pdf.resolve(image)? else {
                continue;
            };
            let data = pdf.bytes().get(stream.data.clone()).unwrap_or_default();
            if hex::encode(gm::sm3::digest(data)) == sm3 {
                return Ok(Finding::pass(check::PHOTO));
            }
        }
    }
    Ok(Finding::fail(check::PHOTO, "photo_differs"))
}
