//! OFD: a whole package, and one part of an otherwise sound one.

use std::io::{Cursor, Write as _};

use ofd::{Limits, Package};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// What one input may cost: small, so that an input that costs more than it should is found by its time or memory.
pub(crate) const LIMITS: Limits = Limits {
    archive: 1 << 20,
    entries: 200,
    entry: 8 << 20,
    inflated: 16 << 20,
    ratio: 400,
    name: 512,
    depth: 64,
    nodes: 100_000,
    parsed: 8 << 20,
    items: 64,
};

/// A sound package, part by part; the first byte of an input says which of them the rest stands for.
const PARTS: &[(&str, &[u8])] = &[
    ("OFD.xml", include_bytes!("../../base/OFD.xml")),
    ("Doc_0/Document.xml", include_bytes!("../../base/Document.xml")),
    ("Doc_0/PublicRes.xml", include_bytes!("../../base/PublicRes.xml")),
    (
        "Doc_0/DocumentRes.xml",
        include_bytes!("../../base/DocumentRes.xml"),
    ),
    (
        "Doc_0/Tpls/Tpl_0/Content.xml",
        include_bytes!("../../base/Template.xml"),
    ),
    (
        "Doc_0/Pages/Page_0/Content.xml",
        include_bytes!("../../base/Page.xml"),
    ),
    (
        "Doc_0/Annots/Annotations.xml",
        include_bytes!("../../base/Annotations.xml"),
    ),
    (
        "Doc_0/Annots/Page_0/Annotation.xml",
        include_bytes!("../../base/Annotation.xml"),
    ),
    (
        "Doc_0/Tags/CustomTags.xml",
        include_bytes!("../../base/CustomTags.xml"),
    ),
    (
        "Doc_0/Tags/CustomTag_0.xml",
        include_bytes!("../../base/CustomTag.xml"),
    ),
    (
        "Doc_0/Attachs/Attachments.xml",
        include_bytes!("../../base/Attachments.xml"),
    ),
    (
        "Doc_0/Attachs/certificate.xml",
        include_bytes!("../../base/certificate.xml"),
    ),
    (
        "Doc_0/Signs/Signatures.xml",
        include_bytes!("../../base/Signatures.xml"),
    ),
    (
        "Doc_0/Signs/Sign_0/Signature.xml",
        include_bytes!("../../base/Signature.xml"),
    ),
    ("OFDEntries.xml", include_bytes!("../../base/OFDEntries.xml")),
    ("Doc_0/Res/font.ttf", include_bytes!("../../base/font.ttf")),
    ("Doc_0/Res/image.png", include_bytes!("../../base/image.png")),
    ("Doc_0/Res/image.jpg", include_bytes!("../../base/image.jpg")),
    ("Doc_0/Signs/Sign_0/Seal.esl", b"30"),
    ("Doc_0/Signs/Sign_0/SignedValue.dat", b"30"),
];

/// The input is a package.
pub(crate) fn package(input: &[u8]) {
    read(input);
}

/// The input is one part of a package.
pub(crate) fn part(input: &[u8]) {
    if let Some(bytes) = with_part(input) {
        read(&bytes);
    }
}

/// The sound package with the part that an input stands for.
pub(crate) fn with_part(input: &[u8]) -> Option<Vec<u8>> {
    let (which, rest) = input.split_first()?;
    let chosen = usize::from(*which) % PARTS.len();
    let mut zip = ZipWriter::new(Cursor::new(Vec::with_capacity(64 << 10)));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (index, (name, bytes)) in PARTS.iter().enumerate() {
        zip.start_file(*name, stored).ok()?;
        zip.write_all(if index == chosen { rest } else { bytes }).ok()?;
    }
    zip.finish().ok().map(Cursor::into_inner)
}

fn read(bytes: &[u8]) {
    let Ok(package) = Package::open(bytes, &LIMITS) else {
        return;
    };
    let _ = package.integrity_list();
    for document in package.documents().unwrap_or_default() {
        for index in 0..document.pages.len() {
            if let Ok(page) = package.page(&document, index) {
                let _ = (page.text(), page.text_of(&[1, 2, 3]));
            }
        }
        for font in &document.fonts {
            if let Ok(Some(bytes)) = package.font_bytes(&document, font.id) {
                super::plain::font(bytes);
            }
        }
        if let Ok(signatures) = package.signatures(&document) {
            for signature in &signatures {
                let _ = package.check_references(signature, &signatures).intact();
            }
        }
    }
}
