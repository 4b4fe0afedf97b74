//! What an OFD says: attachment, metadata, the page.

use certificate_face::extract::ofd_text;
use certificate_face::metadata::ATTACHMENT;
use ofd::{Bounds, Document, Package, PageContent, TextSource};

use super::{glyphs, picture};
use crate::facts::{self, Attachment};
use crate::finding::{Finding, check};
use crate::mapping::{self, printable};
use crate::verifier::Examined;

/// Pairs of boxes compared on one page; more are made to cost time.
const MOST_COMPARISONS: usize = 1_000_000;

/// Returns the areas of the pages, where they state their own.
pub(super) fn examine(package: &Package<'_>, document: &Document, out: &mut Examined) -> Vec<Option<Bounds>> {
    let (areas, pages) = pages(package, document, &mut out.findings);
    out.findings.extend(overlays(&pages));
    out.findings.extend(picture::of_document(package, document));
    out.findings.extend(glyphs::examine(package, document, &pages));
    facts(package, document, &pages, out);
    areas
}

fn facts(package: &Package<'_>, document: &Document, pages: &[PageContent], out: &mut Examined) {
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
    if out.facts.record.is_some() {
        out.findings.extend(glyphs::of_the_pack(package, document, pages));
    }
    out.findings.extend(photo(package, document, pages, out));
}

fn pages(
    package: &Package<'_>,
    document: &Document,
    findings: &mut Vec<Finding>,
) -> (Vec<Option<Bounds>>, Vec<PageContent>) {
    let (mut areas, mut pages) = (vec![None; document.pages.len()], Vec::new());
    for (index, page) in document.pages.iter().enumerate() {
        match package.page(document, index) {
            Ok(content) => {
                findings.extend(content.findings.iter().map(mapping::oddity));
                if let Some(area) = areas.get_mut(index) {
                    *area = content.area;
                }
                pages.push(content);
            }
            Err(refusal) => {
                findings.push(Finding::fail(check::PAGE, refusal.reason.name()).about(printable(&page.path)));
            }
        }
    }
    if document.pages.is_empty() {
        findings.push(Finding::fail(check::PAGE, "document_without_pages"));
    } else if pages.len() == document.pages.len() {
        findings.push(Finding::pass(check::PAGE));
    }
    (areas, pages)
}

/// Whether annotations, or templates in the foreground, are drawn over what the pages say.
fn overlays(pages: &[PageContent]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (number, page) in pages.iter().enumerate() {
        let said = page.runs.len() + page.images.len();
        if page.overlays.len().saturating_mul(said) > MOST_COMPARISONS {
            found.push(
                Finding::cannot_say(check::OVERLAY, "too_much_drawn_over").about((number + 1).to_string()),
            );
            continue;
        }
        for (source, reason) in [
            (TextSource::Annotation, "annotation_over_content"),
            (TextSource::Template, "template_over_content"),
        ] {
            let covers = |one: &&ofd::Overlay| one.source == source && covers_content(page, one);
            if page.overlays.iter().any(|one| covers(&one)) {
                found.push(Finding::fail(check::OVERLAY, reason).about((number + 1).to_string()));
            }
        }
    }
    if found.is_empty() {
        found.push(Finding::pass(check::OVERLAY));
    }
    found
}

/// Content of the same source is not covered by itself: an annotation's text stands on its own background.
fn covers_content(page: &PageContent, overlay: &ofd::Overlay) -> bool {
    let of_text = page
        .runs
        .iter()
        .filter(|run| run.visible && run.source != overlay.source && !run.text.trim().is_empty())
        .map(|run| Bounds {
            x: run.x,
            y: run.baseline - run.size,
            width: run.width,
            height: run.size,
        });
    let of_images = page
        .images
        .iter()
        .filter(|image| image.source != overlay.source)
        .map(|image| image.boundary);
    of_text
        .chain(of_images)
        .any(|bounds| meet(&bounds, &overlay.boundary))
}

fn meet(one: &Bounds, other: &Bounds) -> bool {
    let apart = |a: f64, width: f64, b: f64| a + width <= b;
    !(apart(one.x, one.width, other.x)
        || apart(other.x, other.width, one.x)
        || apart(one.y, one.height, other.y)
        || apart(other.y, other.height, one.y))
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
    let there = |bounds: &Bounds| {
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
