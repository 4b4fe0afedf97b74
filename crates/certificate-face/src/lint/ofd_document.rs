//! The OFD, opened by the reader that judges uploads.

use ofd::{Document, GlyphState, Package, PageContent};

use super::{Expected, Fault, Form, PHOTO, SIGNATURE_IMAGE, code, copy};
use crate::extract::{extract, ofd_text};
use crate::geometry::Rect;
use crate::layout::Field;
use crate::metadata::{self, ATTACHMENT};

const FORM: Form = Form::Ofd;

pub(super) fn check(
    opened: Result<Package<'_>, ofd::Refusal>,
    expected: &Expected<'_, '_>,
    faults: &mut Vec<Fault>,
) {
    if let Err(refusal) = opened.and_then(|package| examine(&package, expected, faults)) {
        faults.push(Fault::Structure(FORM, refusal.to_string()));
    }
}

fn examine(
    package: &Package<'_>,
    expected: &Expected<'_, '_>,
    faults: &mut Vec<Fault>,
) -> Result<(), ofd::Refusal> {
    let documents = package.documents()?;
    let [document] = documents.as_slice() else {
        faults.push(Fault::Structure(FORM, "not exactly one document".to_owned()));
        return Ok(());
    };
    if document.pages.len() != 1 {
        faults.push(Fault::Structure(FORM, "not exactly one page".to_owned()));
    }
    let page = package.page(document, 0)?;
    let odd = package
        .findings()
        .iter()
        .chain(&document.findings)
        .chain(&page.findings);
    faults.extend(odd.map(|finding| Fault::Structure(FORM, format!("{finding:?}"))));
    coverage(package, document, expected, faults)?;
    glyphs(package, document, &page, faults)?;
    let texts = ofd_text(&page);
    expected.compare(FORM, &extract(&expected.layout, &texts), faults);
    copy::check(FORM, &texts, expected, faults);
    tags(document, &page, expected, faults);
    metadata(document, expected, faults);
    attachment(package, document, expected, faults);
    pictures(package, document, &page, expected, faults);
    symbol(package, document, expected, faults);
    Ok(())
}

/// Every file but the signature's own two is covered with its digest, and the list of signatures among them.
fn coverage(
    package: &Package<'_>,
    document: &Document,
    expected: &Expected<'_, '_>,
    faults: &mut Vec<Fault>,
) -> Result<(), ofd::Refusal> {
    let signatures = package.signatures(document)?;
    let [signature] = signatures.as_slice() else {
        faults.push(Fault::Structure(FORM, "not exactly one signature".to_owned()));
        return Ok(());
    };
    let report = package.check_references(signature, &signatures);
    let wrong = report
        .references
        .iter()
        .filter(|r| r.outcome != ofd::ReferenceOutcome::Matches);
    faults.extend(wrong.map(|r| Fault::Coverage(FORM, r.path.clone())));
    faults.extend(
        report
            .uncovered
            .iter()
            .map(|u| Fault::Coverage(FORM, u.path.clone())),
    );
    if !report.closed {
        faults.push(Fault::Coverage(FORM, "Signatures.xml".to_owned()));
    }
    let seal = expected.layout.seal();
    let stamped = matches!(signature.stamps.as_slice(), [stamp] if at(&stamp.boundary, seal));
    if !stamped {
        faults.push(Fault::Stamp(FORM));
    }
    Ok(())
}

fn at(bounds: &ofd::Bounds, rect: Rect) -> bool {
    let near = |a: f64, b: f64| (a - b).abs() < 0.01;
    near(bounds.x, rect.x)
        && near(bounds.y, rect.y)
        && near(bounds.width, rect.width)
        && near(bounds.height, rect.height)
}

/// Every character of every run, the template page's too, has an outline in the font that the run names.
fn glyphs(
    package: &Package<'_>,
    document: &Document,
    page: &PageContent,
    faults: &mut Vec<Fault>,
) -> Result<(), ofd::Refusal> {
    for resource in &document.fonts {
        let fault = |detail: String| Fault::Glyph(FORM, format!("{}: {detail}", resource.name));
        let Some(bytes) = package.font_bytes(document, resource.id)? else {
            faults.push(fault("not embedded".to_owned()));
            continue;
        };
        let font = match ofd::Font::parse(bytes) {
            Ok(font) => font,
            Err(error) => {
                faults.push(fault(error.to_string()));
                continue;
            }
        };
        faults.extend(font.faults().into_iter().map(|found| fault(found.to_string())));
        for run in page.runs.iter().filter(|run| run.font == resource.id) {
            let undrawn = run.text.chars().find(|&c| match font.state(c) {
                GlyphState::Drawn => false,
                GlyphState::Blank => !c.is_whitespace(),
                GlyphState::Missing => true,
            });
            if undrawn.is_some() || !run.glyphs.is_empty() {
                let code = undrawn.map_or(0, u32::from);
                faults.push(fault(format!("U+{code:04X}")));
            }
        }
    }
    Ok(())
}

/// The index leads to objects whose text is the field's.
fn tags(document: &Document, page: &PageContent, expected: &Expected<'_, '_>, faults: &mut Vec<Fault>) {
    let mut tagged: Vec<(&str, String)> = Vec::new();
    for field in document.custom_tags.iter().flat_map(|tag| &tag.fields) {
        let objects: Vec<u64> = field.objects.iter().map(|&(_, object)| object).collect();
        tagged.push((&field.name, page.text_of(&objects)));
    }
    let mut wanted: Vec<(&'static str, String)> = Vec::new();
    for field in expected.layout.fields() {
        if field == Field::UsePeriod && expected.facts.copy.is_none() {
            continue;
        }
        wanted.extend(expected.value(field).map(|value| (metadata::tag(field), value)));
    }
    for name in metadata::TAG_NAMES {
        let found: String = tagged
            .iter()
            .filter(|(tag, _)| *tag == name)
            .map(|(_, text)| text.as_str())
            .collect();
        let right: String = wanted
            .iter()
            .filter(|(tag, _)| *tag == name)
            .map(|(_, text)| text.as_str())
            .collect();
        if found != right {
            faults.push(Fault::Tag(FORM, name));
        }
    }
}

fn metadata(document: &Document, expected: &Expected<'_, '_>, faults: &mut Vec<Fault>) {
    let found = &document.info.custom_datas;
    for (index, (name, value)) in expected.facts.metadata.iter().enumerate() {
        let same = found
            .get(index)
            .is_some_and(|data| data.name == *name && data.value == *value);
        if !same {
            faults.push(Fault::Metadata(FORM, (*name).to_owned()));
        }
    }
    let surplus = found.iter().skip(expected.facts.metadata.len());
    faults.extend(surplus.map(|data| Fault::Metadata(FORM, data.name.clone())));
}

fn attachment(
    package: &Package<'_>,
    document: &Document,
    expected: &Expected<'_, '_>,
    faults: &mut Vec<Fault>,
) {
    let right = match document.attachments.as_slice() {
        [attached] => {
            attached.path.ends_with(ATTACHMENT)
                && package
                    .file(&attached.path)
                    .is_ok_and(|bytes| bytes == expected.attachment.as_bytes())
        }
        _ => false,
    };
    if !right {
        faults.push(Fault::Attachment(FORM));
    }
}

fn pictures(
    package: &Package<'_>,
    document: &Document,
    page: &PageContent,
    expected: &Expected<'_, '_>,
    faults: &mut Vec<Fault>,
) {
    let wanted = [
        (
            PHOTO,
            expected.layout.photo(),
            expected.pictures.photo.part.bytes(),
        ),
        (
            SIGNATURE_IMAGE,
            expected.layout.signature(),
            expected.pictures.signature.part.bytes(),
        ),
    ];
    for (name, place, bytes) in wanted {
        let right = page
            .images
            .iter()
            .filter(|image| at(&image.boundary, place))
            .any(|image| {
                let resource = document
                    .images
                    .iter()
                    .find(|resource| resource.id == image.resource);
                resource.is_some_and(|resource| package.file(&resource.path).is_ok_and(|file| file == bytes))
            });
        if !right || page.images.len() != 2 {
            faults.push(Fault::Picture(FORM, name));
        }
    }
}

fn symbol(package: &Package<'_>, document: &Document, expected: &Expected<'_, '_>, faults: &mut Vec<Fault>) {
    let right = expected.code.is_some_and(|code| {
        let page = document
            .pages
            .first()
            .and_then(|page| package.file(&page.path).ok());
        let room = code.place(expected.layout.code());
        page.is_some_and(|page| code::is_in_ofd(page, room, code))
    });
    if !right {
        faults.push(Fault::Code(FORM));
    }
}
