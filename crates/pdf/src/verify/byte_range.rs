//! One signature: its dictionary, its byte range, its CMS.

use super::{Check, Coverage, Fault, Finding, Signature, SignatureKind, fields::FilledField, text};
use crate::read::{Dictionary, Object, ObjectNumber, Pdf, PdfString, ReadError};

/// SubFilters whose `/Contents` is a CMS over the byte range.
const CMS_PROFILES: [&str; 3] = ["ETSI.CAdES.detached", "adbe.pkcs7.detached", "ETSI.RFC3161"];

pub(super) fn examine<'a>(
    pdf: &Pdf<'a>,
    field: &FilledField,
    certifying: Option<ObjectNumber>,
) -> (Option<Signature<'a>>, Vec<Finding>) {
    let mut findings = Vec::new();
    let dictionary = match dictionary(pdf, field.object) {
        Ok(found) => found,
        Err(detail) => return (None, vec![Finding::new(Check::Dictionary, Err(detail))]),
    };
    let sub_filter = name(&dictionary.values, "SubFilter");
    let kind = match sub_filter.as_str() {
        "ETSI.RFC3161" => SignatureKind::DocumentTimeStamp,
        _ => SignatureKind::Signature,
    };
    findings.push(Finding::new(
        Check::Dictionary,
        check_type(&dictionary.values, kind),
    ));
    let known = CMS_PROFILES.contains(&sub_filter.as_str());
    let profile = if known {
        Ok(())
    } else {
        Err(match sub_filter.as_str() {
            "adbe.pkcs7.sha1" | "adbe.x509.rsa_sha1" => Fault::new("weak_algorithm", "a profile with SHA-1"),
            _ => Fault::new("sub_filter_unknown", "not a CMS profile this reader knows"),
        })
    };
    findings.push(Finding::new(Check::SubFilter, profile));

    let range = byte_range(pdf, &dictionary.values);
    findings.push(Finding::new(
        Check::ByteRange,
        range.as_ref().map(|_| ()).map_err(Clone::clone),
    ));
    let gap = range
        .clone()
        .and_then(|range| check_gap(pdf, range, &dictionary.contents));
    findings.push(Finding::new(Check::Gap, gap.clone()));
    let cms = check_cms(pdf, &dictionary.contents);
    findings.push(Finding::new(
        Check::Contents,
        cms.as_ref().map(|_| ()).map_err(Clone::clone),
    ));
    let mut coverage = Coverage::Unsound;
    if let (Ok(range), Ok(())) = (&range, gap) {
        let found = reach(pdf, *range);
        findings.push(Finding::new(
            Check::Coverage,
            found.as_ref().map(|_| ()).map_err(Clone::clone),
        ));
        coverage = found.unwrap_or(Coverage::Unsound);
    }
    let doc_mdp = doc_mdp(pdf, &dictionary.values).unwrap_or_else(|error| {
        findings.push(Finding::new(Check::Dictionary, Err(Fault::from(error))));
        None
    });
    let signature = Signature {
        field: field.name.clone(),
        object: field.object,
        kind,
        sub_filter,
        byte_range: range.unwrap_or_default(),
        coverage,
        cms: cms.unwrap_or_default(),
        doc_mdp,
        certifying: certifying == Some(field.object),
        claimed_time: text(dictionary.values.get("M")),
        claimed_name: text(dictionary.values.get("Name")),
        reason: text(dictionary.values.get("Reason")),
        later: None,
        file: pdf.bytes(),
    };
    (Some(signature), findings)
}

struct SignatureDictionary {
    values: Dictionary,
    contents: PdfString,
}

fn dictionary(pdf: &Pdf<'_>, number: ObjectNumber) -> Result<SignatureDictionary, Fault> {
    let object = pdf.object(number)?;
    let Object::Dictionary(values) = object else {
        return Err("not a dictionary".to_owned().into());
    };
    match values.get("Contents") {
        Some(Object::String(contents)) => Ok(SignatureDictionary {
            contents: contents.clone(),
            values,
        }),
        _ => Err(Fault::new(
            "contents_elsewhere",
            "Contents is not a direct string",
        )),
    }
}

fn name(values: &Dictionary, key: &str) -> String {
    String::from_utf8_lossy(values.get(key).and_then(Object::as_name).unwrap_or_default()).into_owned()
}

fn check_type(values: &Dictionary, kind: SignatureKind) -> Result<(), String> {
    let stated = name(values, "Type");
    let expected = match kind {
        SignatureKind::Signature => "Sig",
        SignatureKind::DocumentTimeStamp => "DocTimeStamp",
    };
    // Type is optional (ISO 32000-1 table 252).
    if stated == expected || (stated.is_empty() && kind == SignatureKind::Signature) {
        if values.get("Filter").and_then(Object::as_name).is_none() {
            return Err("Filter is missing".to_owned());
        }
        return Ok(());
    }
    Err(format!("Type is not {expected}"))
}

/// Four direct whole numbers, the first 0, in order and within the file.
fn byte_range(pdf: &Pdf<'_>, values: &Dictionary) -> Result<[usize; 4], Fault> {
    let Some(Object::Array(numbers)) = values.get("ByteRange") else {
        return Err("not a direct array".to_owned().into());
    };
    let numbers: Option<Vec<usize>> = numbers
        .iter()
        .map(|number| number.as_integer().and_then(|value| usize::try_from(value).ok()))
        .collect();
    let range: [usize; 4] = numbers
        .and_then(|numbers| numbers.try_into().ok())
        .ok_or_else(|| Fault::new("range_not_two_parts", "not four whole numbers"))?;
    let [start, first, second, length] = range;
    let end = second.checked_add(length);
    if start != 0 {
        return Err(Fault::new("range_not_from_the_start", "does not start at 0"));
    }
    if first >= second {
        return Err(Fault::new(
            "ranges_overlap",
            "the second part begins before the first ends",
        ));
    }
    if end.is_none_or(|end| end > pdf.bytes().len()) {
        return Err(Fault::new("range_outside_the_file", "ends after the file"));
    }
    Ok(range)
}

fn check_gap(pdf: &Pdf<'_>, [_, first, second, _]: [usize; 4], contents: &PdfString) -> Result<(), Fault> {
    if contents.span != Some(first..second) {
        return Err(Fault::new(
            "more_left_out_than_the_signature",
            "what is left out is not the string of Contents",
        ));
    }
    let inner = pdf
        .bytes()
        .get(first..second)
        .and_then(|gap| gap.strip_prefix(b"<")?.strip_suffix(b">"));
    match inner {
        Some(digits) if digits.len() % 2 == 0 && digits.iter().all(u8::is_ascii_hexdigit) => Ok(()),
        _ => Err(Fault::new(
            "contents_not_hexadecimal",
            "Contents is not a plain hexadecimal string",
        )),
    }
}

/// The DER value without the zeros after it.
fn check_cms(pdf: &Pdf<'_>, contents: &PdfString) -> Result<Vec<u8>, Fault> {
    if contents.bytes.len() > pdf.limits().file_bytes {
        return Err("too long".to_owned().into());
    }
    if contents.bytes.iter().all(|byte| *byte == 0) {
        return Err("not signed yet: only zeros".to_owned().into());
    }
    let length = der_length(&contents.bytes).ok_or_else(|| "not a DER sequence".to_owned())?;
    let (value, padding) = contents
        .bytes
        .split_at_checked(length)
        .ok_or_else(|| "DER is cut short".to_owned())?;
    if padding.iter().any(|byte| *byte != 0) {
        return Err(Fault::new(
            "bytes_after_the_signature",
            "bytes other than zero after the DER value",
        ));
    }
    Ok(value.to_vec())
}

/// Length of a definite-length SEQUENCE with its header.
fn der_length(bytes: &[u8]) -> Option<usize> {
    let [0x30, first, rest @ ..] = bytes else {
        return None;
    };
    if *first < 0x80 {
        return Some(2 + usize::from(*first));
    }
    let count = usize::from(first & 0x7F);
    let digits = rest.get(..count).filter(|_| (1..=4).contains(&count))?;
    let length = digits
        .iter()
        .fold(0usize, |value, byte| value << 8 | usize::from(*byte));
    length.checked_add(2 + count)
}

fn reach(pdf: &Pdf<'_>, [_, _, second, length]: [usize; 4]) -> Result<Coverage, Fault> {
    let end = second + length;
    if end == pdf.bytes().len() {
        return Ok(Coverage::WholeFile);
    }
    let index = pdf.revisions().iter().position(|revision| revision.ends_at(end));
    let index = index.ok_or_else(|| {
        Fault::new(
            "range_ends_within_a_revision",
            "ends neither with the file nor with a revision",
        )
    })?;
    let later = pdf
        .revisions()
        .iter()
        .filter(|revision| revision.section >= end)
        .count();
    if later == 0 {
        return Err(Fault::new(
            "bytes_after_the_signed_revision",
            "bytes after the signed revision belong to no revision",
        ));
    }
    Ok(Coverage::Revision { index, later })
}

/// The level in the signature's own `Reference` (ISO 32000-1 §12.8.2.2).
fn doc_mdp(pdf: &Pdf<'_>, values: &Dictionary) -> Result<Option<u8>, ReadError> {
    let mut level = None;
    for reference in pdf.array(values, "Reference")? {
        let Object::Dictionary(reference) = pdf.resolve(&reference)? else {
            continue;
        };
        if !reference.is_name("TransformMethod", "DocMDP") {
            continue;
        }
        let parameters = pdf.dictionary(&reference, "TransformParams")?;
        let stated = match pdf.value(&parameters, "P")? {
            Object::Null => 2,
            other => other.as_integer().unwrap_or(0),
        };
        level = Some(u8::try_from(stated).ok().filter(|level| (1..=3).contains(level)));
    }
    level.map_or(Ok(None), |level| {
        level.map(Some).ok_or(ReadError::WrongType("P of DocMDP"))
    })
}
