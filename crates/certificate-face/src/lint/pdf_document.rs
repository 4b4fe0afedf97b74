//! The PDF, opened by the reader that judges uploads.

use pdf::{KnownPrefix, Limits, Object, Page, Pdf, ReadError, Stream, archival, text, verify};

use super::{Expected, Fault, Form, PHOTO, SIGNATURE_IMAGE, code, copy};
use crate::extract::{extract, pdf_text};
use crate::wording;

const FORM: Form = Form::Pdf;

pub(super) fn check(
    bytes: &[u8],
    known: Option<&KnownPrefix>,
    expected: &Expected<'_, '_>,
    faults: &mut Vec<Fault>,
) {
    let opened = Pdf::open_knowing(bytes, Limits::default(), known);
    if let Err(error) = opened.and_then(|pdf| examine(&pdf, expected, faults)) {
        faults.push(Fault::Structure(FORM, error.to_string()));
    }
}

fn examine(pdf: &Pdf<'_>, expected: &Expected<'_, '_>, faults: &mut Vec<Fault>) -> Result<(), ReadError> {
    let broken = archival::faults(pdf)?;
    faults.extend(
        broken
            .into_iter()
            .map(|(fault, _)| Fault::Structure(FORM, fault.name().to_owned())),
    );
    coverage(pdf, faults)?;
    let pages = pdf.pages()?;
    let [page] = pages.as_slice() else {
        faults.push(Fault::Structure(FORM, "not exactly one page".to_owned()));
        return Ok(());
    };
    let text = text::page_text(pdf, page)?;
    let undrawn = text.faults.iter();
    faults.extend(
        undrawn.map(|(font, cid, fault)| Fault::Glyph(FORM, format!("{font} {cid}: {}", fault.name()))),
    );
    let texts = pdf_text(&text);
    expected.compare(FORM, &extract(&expected.layout, &texts), faults);
    copy::check(FORM, &texts, expected, faults);
    identity(pdf, expected, faults)?;
    if attached(pdf)?.is_none_or(|bytes| bytes != expected.attachment.as_bytes()) {
        faults.push(Fault::Attachment(FORM));
    }
    pictures(pdf, page, expected, faults)?;
    symbol(pdf, page, expected, faults)
}

/// One signature field whose byte range is the whole file; its value is still zeros.
fn coverage(pdf: &Pdf<'_>, faults: &mut Vec<Fault>) -> Result<(), ReadError> {
    let examination = verify::examine(pdf)?;
    let odd = examination
        .faults()
        .filter(|finding| finding.check != verify::Check::Contents);
    faults.extend(odd.map(|finding| Fault::Coverage(FORM, finding.check.name().to_owned())));
    let [signature] = examination.signatures.as_slice() else {
        faults.push(Fault::Coverage(FORM, "not exactly one signature".to_owned()));
        return Ok(());
    };
    if signature.coverage != verify::Coverage::WholeFile {
        faults.push(Fault::Coverage(FORM, "byte range".to_owned()));
    }
    Ok(())
}

fn identity(pdf: &Pdf<'_>, expected: &Expected<'_, '_>, faults: &mut Vec<Fault>) -> Result<(), ReadError> {
    let xmp = pdf.xmp()?;
    let facts = expected.facts;
    let wanted = [
        (
            "dc:identifier",
            xmp.as_ref().and_then(|x| x.identifier.as_deref()),
            facts.licence_identifier,
        ),
        (
            "dc:title",
            xmp.as_ref().and_then(|x| x.title.as_deref()),
            wording::title(facts),
        ),
        (
            "dc:creator",
            xmp.as_ref().and_then(|x| x.creator.as_deref()),
            facts.issuer,
        ),
    ];
    for (name, found, right) in wanted {
        if found != Some(right) {
            faults.push(Fault::Metadata(FORM, name.to_owned()));
        }
    }
    Ok(())
}

/// The one associated file.
fn attached(pdf: &Pdf<'_>) -> Result<Option<Vec<u8>>, ReadError> {
    let files = pdf.array(&pdf.catalog()?, "AF")?;
    let [file] = files.as_slice() else { return Ok(None) };
    let Object::Dictionary(file) = pdf.resolve(file)? else {
        return Ok(None);
    };
    let embedded = pdf.dictionary(&file, "EF")?;
    match pdf.value(&embedded, "F")? {
        Object::Stream(stream) => pdf.decode(&stream).map(|file| Some(file.into_owned())),
        _ => Ok(None),
    }
}

/// The photo is embedded byte for byte; the signature image as the ink of its pixels.
fn pictures(
    pdf: &Pdf<'_>,
    page: &Page,
    expected: &Expected<'_, '_>,
    faults: &mut Vec<Fault>,
) -> Result<(), ReadError> {
    let images = pdf.dictionary(&page.resources, "XObject")?;
    let (mut photo, mut signature) = (false, false);
    for (_, image) in images.iter() {
        let Object::Stream(stream) = pdf.resolve(image)? else {
            continue;
        };
        photo |= pdf.bytes().get(stream.data.clone()) == Some(expected.pictures.photo.part.bytes());
        if let Object::Stream(mask) = pdf.value(&stream.dictionary, "SMask")? {
            let wanted = &expected.pictures.signature;
            signature |= is_plain_zlib(pdf, &mask, &wanted.packed) || *pdf.decode(&mask)? == *wanted.ink;
        }
    }
    let found = [(PHOTO, photo), (SIGNATURE_IMAGE, signature)];
    faults.extend(
        found
            .into_iter()
            .filter(|(_, found)| !found)
            .map(|(name, _)| Fault::Picture(FORM, name)),
    );
    Ok(())
}

/// Whether a stream holds these very bytes, to be unpacked and nothing else.
fn is_plain_zlib(pdf: &Pdf<'_>, stream: &Stream, packed: &[u8]) -> bool {
    let dictionary = &stream.dictionary;
    let plain = ["DecodeParms", "F"]
        .iter()
        .all(|key| dictionary.get(key).is_none());
    plain
        && dictionary.is_name("Filter", "FlateDecode")
        && pdf.bytes().get(stream.data.clone()) == Some(packed)
}

fn symbol(
    pdf: &Pdf<'_>,
    page: &Page,
    expected: &Expected<'_, '_>,
    faults: &mut Vec<Fault>,
) -> Result<(), ReadError> {
    let Some(code) = expected.code else {
        faults.push(Fault::Code(FORM));
        return Ok(());
    };
    let room = code.place(expected.layout.code());
    let mut right = false;
    for content in pdf.array(&page.dictionary, "Contents")? {
        if let Object::Stream(stream) = pdf.resolve(&content)? {
            let content = pdf.decode(&stream)?;
            right |= code::is_in_pdf(&content, room, code);
        }
    }
    if !right {
        faults.push(Fault::Code(FORM));
    }
    Ok(())
}
