//! What was looked at, and how it ended.

use crate::read::{ObjectNumber, ReadError};

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
    pub(super) reason: &'static str,
    pub(super) detail: String,
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

    pub(super) fn about(self, signature: ObjectNumber) -> Self {
        Self {
            signature: Some(signature),
            ..self
        }
    }
}
