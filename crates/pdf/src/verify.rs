//! What a file's signature fields cover, and what was appended after signing.
//!
//! The structure alone is judged here: whether a byte range starts at 0, leaves out exactly the hexadecimal string
//! of `/Contents` and ends with a revision; whether anything follows. The CMS itself is checked elsewhere, over
//! [`Signature::signed_parts`].

mod byte_range;
mod fields;
mod finding;
mod later;
mod signature;
mod store;
mod survey;

pub(crate) use finding::Fault;
pub use finding::{Check, Finding, Outcome};
pub use later::LaterChanges;
pub use signature::{Coverage, Signature, SignatureKind};
pub use store::ValidationStore;
pub use survey::ActiveContent;

use crate::read::{Object, ObjectNumber, Pdf, ReadError};

/// Everything [`examine`] found.
#[derive(Debug, Clone)]
pub struct Examination<'a> {
    /// All checks that were made, with their outcomes.
    pub findings: Vec<Finding>,
    /// All signature fields that hold a signature, in the form's order.
    pub signatures: Vec<Signature<'a>>,
    /// Names of signature fields without a signature.
    pub empty_fields: Vec<String>,
    /// Bytes after the last revision: signed by nobody.
    pub trailing_bytes: usize,
    /// The certifying level in force, from the signature that `Perms` names.
    pub doc_mdp: Option<u8>,
    /// Certificates and revocation lists that the file brings along (DSS).
    pub validation: Option<ValidationStore>,
    objects_fault: Option<ReadError>,
}

impl Examination<'_> {
    /// Whether every check passed.
    pub fn is_sound(&self) -> bool {
        self.faults().next().is_none()
    }

    /// Why the form or an object cannot be read, if one cannot.
    pub fn objects_fault(&self) -> Option<ReadError> {
        self.objects_fault
    }

    /// The checks that did not pass.
    pub fn faults(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| !matches!(finding.outcome, Outcome::Pass | Outcome::Remark))
    }

    /// Whether there is exactly one signature, it covers the entire file and every check passed.
    pub fn is_wholly_signed_once(&self) -> bool {
        self.is_sound()
            && matches!(self.signatures.as_slice(), [only] if only.coverage == Coverage::WholeFile)
    }
}

/// Reports on all signature fields of a file. A form that cannot be read has none; the rest is reported all the same.
pub fn examine<'a>(pdf: &Pdf<'a>) -> Result<Examination<'a>, ReadError> {
    pdf.catalog()?;
    let mut findings = vec![header(pdf)];
    let (file_end, trailing_bytes) = file_end(pdf);
    findings.push(file_end);
    let mut objects_fault = None;
    let fields = match fields::find(pdf) {
        Ok(fields) => fields,
        Err(error) => {
            objects_fault = Some(error);
            findings.push(Finding::new(Check::Objects, Err(error)));
            fields::Fields::default()
        }
    };
    findings.push(hybrid(pdf));
    let survey = survey::Survey::of(pdf, &fields);
    findings.extend(survey.findings());
    let survey_fault = survey.fault();
    let present = if fields.filled.is_empty() {
        Err("no signature field holds a signature".to_owned())
    } else {
        Ok(())
    };
    findings.push(Finding::new(Check::SignaturePresent, present));
    findings.push(no_stray(&fields, survey.stray));
    let mut signatures = Vec::new();
    for field in &fields.filled {
        let (signature, about) = byte_range::examine(pdf, field, fields.certifying);
        findings.extend(about.into_iter().map(|finding| finding.about(field.object)));
        signatures.extend(signature);
    }
    findings.push(certification(&fields, &signatures));
    for signature in &mut signatures {
        if let Some(revision) = signature.signed_revision() {
            let (changes, about) = later::assess(pdf, signature, revision);
            findings.extend(about.into_iter().map(|finding| finding.about(signature.object)));
            signature.later = Some(changes);
        }
    }
    let doc_mdp = signatures
        .iter()
        .find(|signature| signature.certifying)
        .and_then(|found| found.doc_mdp);
    let validation = store::read(pdf);
    findings.push(Finding::new(
        Check::ValidationData,
        validation.as_ref().map(|_| ()).map_err(|error| *error),
    ));
    Ok(Examination {
        validation: validation.unwrap_or_default(),
        objects_fault: objects_fault.or(survey_fault),
        findings,
        signatures,
        empty_fields: fields.empty,
        trailing_bytes,
        doc_mdp,
    })
}

fn hybrid(pdf: &Pdf<'_>) -> Finding {
    let result = if pdf.is_hybrid() {
        Err(Fault::new(
            "hybrid_cross_reference",
            "readers that know cross-reference streams see other objects",
        ))
    } else {
        Ok(())
    };
    Finding::new(Check::CrossReference, result)
}

fn header(pdf: &Pdf<'_>) -> Finding {
    let result = match pdf.header_offset() {
        0 => Ok(()),
        offset => Err(Fault::new(
            "bytes_before_the_header",
            format!("{offset} bytes before the header"),
        )),
    };
    Finding::new(Check::Header, result)
}

fn file_end(pdf: &Pdf<'_>) -> (Finding, usize) {
    let length = pdf.bytes().len();
    let missing = pdf
        .revisions()
        .iter()
        .filter(|revision| revision.end.is_none())
        .count();
    let last = pdf
        .revisions()
        .iter()
        .filter_map(|revision| revision.end)
        .map(|(_, line)| line)
        .max();
    let trailing = length.saturating_sub(last.unwrap_or(0));
    let result = if missing > 0 {
        Err(Fault::from(format!("{missing} revisions without %%EOF")))
    } else if trailing > 0 {
        Err(Fault::new(
            "bytes_after_the_end",
            format!("{trailing} bytes after the last %%EOF"),
        ))
    } else {
        Ok(())
    };
    (Finding::new(Check::FileEnd, result), trailing)
}

fn no_stray(fields: &fields::Fields, mut stray: Vec<ObjectNumber>) -> Finding {
    let mut objects: Vec<ObjectNumber> = fields.filled.iter().map(|field| field.object).collect();
    objects.sort_unstable();
    stray.extend(objects.windows(2).filter_map(|pair| match pair {
        [first, second] if first == second => Some(*first),
        _ => None,
    }));
    let result = if stray.is_empty() {
        Ok(())
    } else {
        Err(Fault::new(
            "signature_outside_the_form",
            format!("signature dictionaries outside the form or in two fields: objects {stray:?}"),
        ))
    };
    Finding::new(Check::NoStraySignature, result)
}

fn certification(fields: &fields::Fields, signatures: &[Signature<'_>]) -> Finding {
    let stated: Vec<ObjectNumber> = signatures
        .iter()
        .filter(|signature| signature.doc_mdp.is_some())
        .map(|signature| signature.object)
        .collect();
    let result = match (stated.as_slice(), fields.certifying) {
        ([], None) => Ok(()),
        ([only], Some(named)) if *only == named => Ok(()),
        (stated, named) => Err(format!(
            "DocMDP is stated by objects {stated:?} and Perms names object {named:?}"
        )),
    };
    Finding::new(Check::Certification, result)
}

/// The text of a string value.
fn text(object: Option<&Object>) -> Option<String> {
    match object {
        Some(Object::String(string)) => Some(string.to_text()),
        _ => None,
    }
}
