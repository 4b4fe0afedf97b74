//! What a file's signature fields cover, and what was appended after signing.
//!
//! The structure alone is judged here: whether a byte range starts at 0, leaves out exactly the hexadecimal string
//! of `/Contents` and ends with a revision; whether anything follows. The CMS itself is checked elsewhere, over
//! [`Signature::signed_parts`].

mod byte_range;
mod fields;
mod later;
mod store;
mod survey;

use sha2::{Digest as _, Sha256};

pub use later::LaterChanges;
pub use store::ValidationStore;
pub use survey::ActiveContent;

use crate::read::{Object, ObjectNumber, Pdf, ReadError};

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// Nothing stands before the header.
    Header,
    /// Nothing stands after the last `%%EOF`, which every revision has.
    FileEnd,
    /// The catalog, the form and every object can be read.
    Objects,
    /// There is a signature that a field shows.
    SignaturePresent,
    /// Every signature dictionary belongs to a field of the form, and each to one field only.
    NoStraySignature,
    /// At most one certifying signature, and it is the one that `Perms` names.
    Certification,
    /// The signature dictionary has its keys with the right types.
    Dictionary,
    /// `/ByteRange` is `[0 a b c]` within the file.
    ByteRange,
    /// What the byte range leaves out is exactly the hexadecimal string of `/Contents`.
    Gap,
    /// `/Contents` holds one DER value and zeros after it.
    Contents,
    /// `/SubFilter` is a known CMS profile.
    SubFilter,
    /// The byte range ends with the file, or with a revision.
    Coverage,
    /// What came after the signature's revision is nothing, or only long-term validation data.
    LaterChanges,
    /// The document security store, if there is one, can be read.
    ValidationData,
    /// Every reader sees the same cross-reference sections.
    CrossReference,
    /// Nothing in the file does anything. One finding for each kind of what does.
    ActiveContent,
    /// Every object is reached from the catalog.
    HiddenObjects,
}

impl Check {
    /// A stable name for findings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Header => "pdf.header",
            Self::FileEnd => "pdf.file-end",
            Self::Objects => "pdf.objects",
            Self::SignaturePresent => "pdf.signature.present",
            Self::NoStraySignature => "pdf.signature.no-stray",
            Self::Certification => "pdf.signature.certification",
            Self::Dictionary => "pdf.signature.dictionary",
            Self::ByteRange => "pdf.signature.byte-range",
            Self::Gap => "pdf.signature.gap",
            Self::Contents => "pdf.signature.contents",
            Self::SubFilter => "pdf.signature.sub-filter",
            Self::Coverage => "pdf.signature.coverage",
            Self::LaterChanges => "pdf.signature.later-changes",
            Self::ValidationData => "pdf.validation-data",
            Self::CrossReference => "pdf.cross-reference",
            Self::ActiveContent => "pdf.active-content",
            Self::HiddenObjects => "pdf.hidden-objects",
        }
    }
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// As it must be.
    Pass,
    /// Not as it must be.
    Fail,
    /// The reader does not know enough to say.
    CannotSay,
    /// Nothing is wrong with it, but people should know.
    Remark,
}

/// One check and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub check: Check,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, as a stable name; `ok` when it passed.
    pub reason: &'static str,
    /// Number of the signature dictionary's object, if it is about one signature.
    pub signature: Option<ObjectNumber>,
    /// For people who look into it, English, without personal data; empty when it passed.
    pub detail: String,
}

/// Why a check does not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    reason: &'static str,
    detail: String,
}

impl Fault {
    pub(crate) fn new(reason: &'static str, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
        }
    }
}

impl From<String> for Fault {
    fn from(detail: String) -> Self {
        Self::new("structure_unsound", detail)
    }
}

impl From<ReadError> for Fault {
    fn from(error: ReadError) -> Self {
        Self::new(error.reason(), error.to_string())
    }
}

impl Finding {
    pub(crate) fn new<F: Into<Fault>>(check: Check, result: Result<(), F>) -> Self {
        match result {
            Ok(()) => Self::pass(check),
            Err(fault) => {
                let Fault { reason, detail } = fault.into();
                Self {
                    check,
                    outcome: Outcome::Fail,
                    reason,
                    signature: None,
                    detail,
                }
            }
        }
    }

    pub(crate) fn pass(check: Check) -> Self {
        Self {
            check,
            outcome: Outcome::Pass,
            reason: "ok",
            signature: None,
            detail: String::new(),
        }
    }

    fn about(self, signature: ObjectNumber) -> Self {
        Self {
            signature: Some(signature),
            ..self
        }
    }
}

/// What kind of signature a dictionary holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureKind {
    /// Somebody signs.
    Signature,
    /// A time stamp over the document (`ETSI.RFC3161`).
    DocumentTimeStamp,
}

/// How far a signature reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// The entire file.
    WholeFile,
    /// An earlier revision; so many came later.
    Revision {
        /// Index in [`Pdf::revisions`].
        index: usize,
        /// Revisions after it.
        later: usize,
    },
    /// Neither: nothing can be said to be signed.
    Unsound,
}

/// A signature field that holds a signature.
#[derive(Clone)]
pub struct Signature<'a> {
    /// Full name of the field.
    pub field: String,
    /// Object number of the signature dictionary.
    pub object: ObjectNumber,
    /// Kind.
    pub kind: SignatureKind,
    /// `/SubFilter`, empty if absent.
    pub sub_filter: String,
    /// `[0 a b c]`.
    pub byte_range: [usize; 4],
    /// How far it reaches. [`Coverage::Unsound`] if any of the range checks failed.
    pub coverage: Coverage,
    /// The CMS without its padding.
    pub cms: Vec<u8>,
    /// The certifying level (1 to 3) that its own reference states.
    pub doc_mdp: Option<u8>,
    /// The catalog's `Perms` names it as the certifying signature.
    pub certifying: bool,
    /// `/M` as written: a claim.
    pub claimed_time: Option<String>,
    /// `/Name` as written: a claim.
    pub claimed_name: Option<String>,
    /// `/Reason` as written: a claim.
    pub reason: Option<String>,
    /// What was appended after its revision; `None` if unsound.
    pub later: Option<LaterChanges>,
    file: &'a [u8],
}

/// Claims may name a person.
impl std::fmt::Debug for Signature<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signature")
            .field("object", &self.object)
            .field("kind", &self.kind)
            .field("sub_filter", &self.sub_filter)
            .field("byte_range", &self.byte_range)
            .field("coverage", &self.coverage)
            .field("doc_mdp", &self.doc_mdp)
            .finish_non_exhaustive()
    }
}

impl<'a> Signature<'a> {
    /// The two parts of the file that are signed, in order; `None` if the byte range is unsound.
    pub fn signed_parts(&self) -> Option<[&'a [u8]; 2]> {
        let [start, first, second, length] = self.byte_range;
        if self.coverage == Coverage::Unsound {
            return None;
        }
        Some([
            self.file.get(start..first)?,
            self.file.get(second..second.checked_add(length)?)?,
        ])
    }

    /// SHA-256 over the signed parts: what the CMS's message digest must equal.
    pub fn sha256(&self) -> Option<[u8; 32]> {
        let [before, after] = self.signed_parts()?;
        Some(
            Sha256::new()
                .chain_update(before)
                .chain_update(after)
                .finalize()
                .into(),
        )
    }

    /// The file as it was when signed. What it shows is to be read from here, not from later revisions.
    pub fn signed_revision(&self) -> Option<&'a [u8]> {
        let [_, _, second, length] = self.byte_range;
        self.signed_parts()?;
        self.file.get(..second.checked_add(length)?)
    }
}

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
