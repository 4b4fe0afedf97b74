//! Rules of PDF/A-2 and PDF/A-3 level U that can be told from the objects (ISO 19005-2, clause numbers below).
//!
//! A lint of our own output, not a validator: it knows the constructs this crate writes and refuses the rest that
//! is likely to come up. Glyphs are checked by [`super::text`].

use super::{
    Pdf,
    error::ReadError,
    object::{Dictionary, Object, ObjectNumber},
};

/// A rule that the file breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ArchivalFault {
    /// 6.1.2: the header stands at offset 0, a comment of four bytes above 127 after it.
    Header,
    /// 6.1.3: the trailer has an ID.
    TrailerId,
    /// 6.6.2, 6.6.4: an unfiltered XMP packet states part 2 or 3 and level U.
    Identification,
    /// 6.2.3, 6.2.4: an output intent with an embedded profile.
    OutputIntent,
    /// 6.2.11.4: every font is embedded.
    FontNotEmbedded,
    /// 6.2.11.3.2: a CIDFontType2 has a CIDToGIDMap.
    CidToGidMap,
    /// 6.2.11.7.2: every font has a ToUnicode map (level U).
    ToUnicode,
    /// 6.3.2: an annotation is printed, and not hidden.
    AnnotationFlags,
    /// 6.3.3: an annotation with an area has exactly a normal appearance.
    AnnotationAppearance,
    /// 6.5.1, 6.5.2: actions of the forbidden kinds, or additional actions.
    Action,
    /// 6.1.7: data in another file, or LZW or Crypt filters.
    StreamFilter,
    /// 6.2.8: image interpolation, alternates or OPI.
    Image,
    /// 6.4.1: NeedAppearances or an XFA form.
    Form,
    /// 6.1.12: keys in Perms other than DocMDP and UR3.
    Permissions,
    /// 6.8 of part 2 and 3: embedded files, unless this is part 3 and they are associated.
    EmbeddedFile,
}

impl ArchivalFault {
    /// A stable name for findings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Header => "pdfa.header",
            Self::TrailerId => "pdfa.trailer-id",
            Self::Identification => "pdfa.identification",
            Self::OutputIntent => "pdfa.output-intent",
            Self::FontNotEmbedded => "pdfa.font-not-embedded",
            Self::CidToGidMap => "pdfa.cid-to-gid-map",
            Self::ToUnicode => "pdfa.to-unicode",
            Self::AnnotationFlags => "pdfa.annotation-flags",
            Self::AnnotationAppearance => "pdfa.annotation-appearance",
            Self::Action => "pdfa.action",
            Self::StreamFilter => "pdfa.stream-filter",
            Self::Image => "pdfa.image",
            Self::Form => "pdfa.form",
            Self::Permissions => "pdfa.permissions",
            Self::EmbeddedFile => "pdfa.embedded-file",
        }
    }
}

const FORBIDDEN_ACTIONS: [&[u8]; 12] = [
    b"Launch",
    b"Sound",
    b"Movie",
    b"ResetForm",
    b"ImportData",
    b"Hide",
    b"SetOCGState",
    b"Rendition",
    b"Trans",
    b"GoTo3DView",
    b"JavaScript",
    b"GoToE",
];

/// Faults with the number of the object at fault, 0 for the file as a whole.
pub fn faults(pdf: &Pdf<'_>) -> Result<Vec<(ArchivalFault, ObjectNumber)>, ReadError> {
    let mut faults = Vec::new();
    let part = check_document(pdf, &mut faults)?;
    for number in pdf.object_numbers().collect::<Vec<_>>() {
        let object = pdf.object(number)?;
        let Some(dictionary) = object.as_dictionary() else {
            continue;
        };
        let mut found = Vec::new();
        check_object(pdf, dictionary, part, &mut found)?;
        faults.extend(found.into_iter().map(|fault| (fault, number)));
    }
    faults.sort_unstable();
    faults.dedup();
    Ok(faults)
}

/// Gives the part of the standard that the file claims.
fn check_document(pdf: &Pdf<'_>, faults: &mut Vec<(ArchivalFault, ObjectNumber)>) -> Result<u8, ReadError> {
    let mut require = |sound: bool, fault| {
        if !sound {
            faults.push((fault, 0));
        }
    };
    let comment = pdf.bytes().get(9..14).unwrap_or_default();
    let binary = comment.first() == Some(&b'%') && comment.iter().skip(1).all(|byte| *byte > 127);
    require(
        pdf.header_offset() == 0 && comment.len() == 5 && binary,
        ArchivalFault::Header,
    );
    require(
        pdf.array(pdf.trailer(), "ID")?.len() == 2,
        ArchivalFault::TrailerId,
    );
    let catalog = pdf.catalog()?;
    let filtered = match pdf.value(&catalog, "Metadata")? {
        Object::Stream(stream) => stream.dictionary.get("Filter").is_some(),
        _ => true,
    };
    let xmp = pdf.xmp()?.unwrap_or_default();
    let part = match xmp.part.as_deref() {
        Some("2") => 2,
        Some("3") => 3,
        _ => 0,
    };
    require(
        part > 0 && !filtered && xmp.conformance.as_deref() == Some("U"),
        ArchivalFault::Identification,
    );
    let mut intent = false;
    for value in pdf.array(&catalog, "OutputIntents")? {
        if let Object::Dictionary(value) = pdf.resolve(&value)? {
            let profile = matches!(pdf.value(&value, "DestOutputProfile")?, Object::Stream(_));
            intent |= value.is_name("S", "GTS_PDFA1") && profile;
        }
    }
    require(intent, ArchivalFault::OutputIntent);
    let form = pdf.dictionary(&catalog, "AcroForm")?;
    let live = form.get("NeedAppearances") == Some(&Object::Boolean(true)) || form.get("XFA").is_some();
    require(!live, ArchivalFault::Form);
    let permissions = pdf.dictionary(&catalog, "Perms")?;
    let known = permissions
        .iter()
        .all(|(key, _)| matches!(key, b"DocMDP" | b"UR3"));
    require(known, ArchivalFault::Permissions);
    Ok(part)
}

fn check_object(
    pdf: &Pdf<'_>,
    object: &Dictionary,
    part: u8,
    faults: &mut Vec<ArchivalFault>,
) -> Result<(), ReadError> {
    let subtype = object
        .get("Subtype")
        .and_then(Object::as_name)
        .unwrap_or_default();
    let kind = object.get("Type").and_then(Object::as_name).unwrap_or_default();
    match (kind, subtype) {
        (b"Font", b"Type0") if object.get("ToUnicode").is_none() => faults.push(ArchivalFault::ToUnicode),
        (b"Font", b"CIDFontType2") if object.get("CIDToGIDMap").is_none() => {
            faults.push(ArchivalFault::CidToGidMap);
        }
        (b"FontDescriptor", _) => check_embedding(pdf, object, faults)?,
        (b"Annot", _) | (_, b"Widget") => check_annotation(pdf, object, faults)?,
        (b"EmbeddedFile", _) if part != 3 => faults.push(ArchivalFault::EmbeddedFile),
        (b"Filespec", _) if object.get("EF").is_some() && object.get("AFRelationship").is_none() => {
            faults.push(ArchivalFault::EmbeddedFile);
        }
        (_, b"Image") => check_image(object, faults),
        _ => {}
    }
    let action = object.get("S").and_then(Object::as_name).unwrap_or_default();
    let is_action = kind == b"Action" || kind.is_empty();
    if (is_action && FORBIDDEN_ACTIONS.contains(&action)) || object.get("AA").is_some() {
        faults.push(ArchivalFault::Action);
    }
    if object.get("Length").is_some() {
        let filters = match pdf.value(object, "Filter")? {
            Object::Array(filters) => filters,
            single => vec![single],
        };
        let forbidden = |filter: &Object| matches!(filter.as_name(), Some(b"LZWDecode" | b"Crypt"));
        if filters.iter().any(forbidden) || ["F", "FFilter"].iter().any(|key| object.get(key).is_some()) {
            faults.push(ArchivalFault::StreamFilter);
        }
    }
    Ok(())
}

fn check_embedding(
    pdf: &Pdf<'_>,
    descriptor: &Dictionary,
    faults: &mut Vec<ArchivalFault>,
) -> Result<(), ReadError> {
    for key in ["FontFile", "FontFile2", "FontFile3"] {
        if matches!(pdf.value(descriptor, key)?, Object::Stream(_)) {
            return Ok(());
        }
    }
    faults.push(ArchivalFault::FontNotEmbedded);
    Ok(())
}

fn check_image(image: &Dictionary, faults: &mut Vec<ArchivalFault>) {
    let interpolated = image.get("Interpolate") == Some(&Object::Boolean(true));
    if interpolated || image.get("Alternates").is_some() || image.get("OPI").is_some() {
        faults.push(ArchivalFault::Image);
    }
}

fn check_annotation(
    pdf: &Pdf<'_>,
    annotation: &Dictionary,
    faults: &mut Vec<ArchivalFault>,
) -> Result<(), ReadError> {
    // Bits 1 invisible, 2 hidden, 3 print, 6 no view, 9 toggle no view.
    let flags = annotation.get("F").and_then(Object::as_integer).unwrap_or(0);
    if flags & 0b1_0010_0111 != 0b100 {
        faults.push(ArchivalFault::AnnotationFlags);
    }
    let rect: Vec<f64> = pdf
        .array(annotation, "Rect")?
        .iter()
        .filter_map(Object::as_number)
        .collect();
    let has_area = match *rect.as_slice() {
        [left, bottom, right, top] => left != right && bottom != top,
        _ => true,
    };
    let appearance = pdf.dictionary(annotation, "AP")?;
    let normal = appearance.get("N").is_some() && appearance.iter().count() == 1;
    if has_area && !normal {
        faults.push(ArchivalFault::AnnotationAppearance);
    }
    Ok(())
}
