//! What an OFD says: attachment, metadata, the page.

use certificate_face::extract::ofd_text;
use certificate_face::metadata::ATTACHMENT;
use ofd::{Document, GlyphState, Package, PageContent};

use crate::facts::{self, Attachment};
use crate::finding::{Finding, check};
use crate::mapping::{self, printable};
use crate::verifier::Examined;

pub(super) fn examine(package: &Package<'_>, document: &Document, out: &mut Examined) {
    let pages = pages(package, document, &mut out.findings);
    out.findings.extend(glyphs(package, document, &pages));
    let Some(attachment) = attachment(package, document, &mut out.findings) else {
        return;
    };
    let custom = document
        .info
        .custom_datas
        .iter()
        .map(|data| (data.name.as_str(), data.value.as_str()));
    out.findings.push(facts::same_entries(&attachment.items, custom));
    let text = pages.first().map(ofd_text).unwrap_or_default();
    out.facts = facts::compare(attachment, &text, pages.len(), &mut out.findings);
    out.findings.extend(photo(package, document, &pages, out));
}

fn pages(package: &Package<'_>, document: &Document, findings: &mut Vec<Finding>) -> Vec<PageContent> {
    let mut pages = Vec::new();
    for (index, page) in document.pages.iter().enumerate() {
        match package.page(document, index) {
            Ok(content) => {
                findings.extend(content.findings.iter().map(mapping::oddity));
                pages.push(content);
            }
            Err(refusal) => {
                findings.push(Finding::fail(check::PAGE, refusal.reason.name()).about(printable(&page.path)));
            }
        }
    }
    if pages.len() == document.pages.len() {
        findings.push(Finding::pass(check::PAGE));
    }
    pages
}

fn attachment(package: &Package<'_>, document: &Document, findings: &mut Vec<Finding>) -> Option<Attachment> {
    let named = |path: &str| path.rsplit('/').next() == Some(ATTACHMENT);
    let mut attached = document
        .attachments
        .iter()
        .filter(|attached| named(&attached.path));
    let (first, second) = (attached.next(), attached.next());
    let finding = match (first, second) {
        (None, _) => Finding::warning(check::ATTACHMENT, "no_metadata"),
        (_, Some(_)) => Finding::fail(check::ATTACHMENT, "repeated"),
        (Some(only), None) => match package.file(&only.path).ok().and_then(Attachment::parse) {
            Some(attachment) => {
                findings.push(Finding::pass(check::ATTACHMENT));
                return Some(attachment);
            }
            None => Finding::fail(check::ATTACHMENT, "unreadable"),
        },
    };
    findings.push(finding);
    None
}

/// Every character of every run is drawn by an embedded font. Fonts of the reader's own, as other producers use them,
/// draw what the reader has.
fn glyphs(package: &Package<'_>, document: &Document, pages: &[PageContent]) -> Vec<Finding> {
    let mut found = Vec::new();
    for resource in &document.fonts {
        let mut runs = pages
            .iter()
            .flat_map(|page| &page.runs)
            .filter(|run| run.font == resource.id)
            .peekable();
        if runs.peek().is_none() {
            continue;
        }
        let name = printable(&resource.name).into_owned();
        let font = match package.font_bytes(document, resource.id) {
            Ok(None) => {
                found.push(Finding::warning(check::GLYPHS, "font_not_embedded").about(name));
                continue;
            }
            Ok(Some(bytes)) => ofd::Font::parse(bytes).ok(),
            Err(_) => None,
        };
        let Some(font) = font else {
            found.push(Finding::warning(check::GLYPHS, "font_not_understood").about(name));
            continue;
        };
        let (mut undrawn, mut transformed) = (false, false);
        for run in runs {
            undrawn |= run.text.chars().any(|c| match font.state(c) {
                GlyphState::Drawn => false,
                GlyphState::Blank => !c.is_whitespace(),
                GlyphState::Missing => true,
            });
            transformed |= !run.glyphs.is_empty();
        }
        if transformed {
            found.push(Finding::warning(check::GLYPHS, "glyphs_chosen_by_number").about(name));
        } else if undrawn {
            found.push(Finding::fail(check::GLYPHS, "glyph_missing").about(name));
        }
    }
    if found.is_empty() {
        found.push(Finding::pass(check::GLYPHS));
    }
    found
}

/// The picture in the photo's place is the one whose digest the record names.
fn photo(
    package: &Package<'_>,
    document: &Document,
    pages: &[PageContent],
    out: &Examined,
) -> Option<Finding> {
    let record = out.facts.record.as_ref()?;
    let place = facts::layout(record)?.photo();
    let near = |a: f64, b: f64| (a - b).abs() < 0.01;
    let there = |bounds: &ofd::Bounds| {
        near(bounds.x, place.x)
            && near(bounds.y, place.y)
            && near(bounds.width, place.width)
            && near(bounds.height, place.height)
    };
    let placed: Vec<_> = pages
        .iter()
        .flat_map(|page| &page.images)
        .filter(|image| there(&image.boundary))
        .collect();
    let same = |image: &&ofd::PlacedImage| {
        let resource = document
            .images
            .iter()
            .find(|resource| resource.id == image.resource);
        let digest = resource
            .and_then(|resource| package.entry(&resource.path))
            .and_then(ofd::Entry::digest);
        digest.is_some_and(|digest| hex::encode(digest) == record.photo_sm3)
    };
    Some(match placed.as_slice() {
        [only] => Finding::decide(check::PHOTO, same(only), "photo_differs"),
        _ => Finding::fail(check::PHOTO, "photo_not_in_its_place"),
    })
}
