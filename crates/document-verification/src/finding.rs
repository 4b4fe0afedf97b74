//! Findings: one check, how it ended, and what it was about.

use std::fmt;

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::texts;

/// Stable names of the checks that this crate makes itself. Those of `gm`, `seal_format` and `pdf` keep their names:
/// `chain.*`, `cades.*`, `plain.*`, `seal.*`, `signature.*`, `pdf.*`.
pub mod check {
    /// OFD or PDF at all.
    pub const FORMAT: &str = "container.format";
    /// The archive, or the file's cross-references, can be read in one way only.
    pub const CONTAINER: &str = "container.structure";
    /// Nothing stands before, after or between what the container lists.
    pub const SURPLUS: &str = "container.surplus";
    /// The documents in the container can be read.
    pub const DOCUMENT: &str = "document.structure";
    /// The pages can be read.
    pub const PAGE: &str = "document.page";
    /// Nothing odd about the document that readers could take in different ways.
    pub const ODDITY: &str = "document.oddity";
    /// One document is in the package, in one version: what a signature covers is what a reader shows.
    pub const DISPLAYED: &str = "document.displayed";
    /// Nothing is drawn over the text and the pictures of a page by annotations or templates.
    pub const OVERLAY: &str = "document.overlay";
    /// Nothing in the document acts or leads out of it. The verifier follows none of it.
    pub const ACTIVE: &str = "document.active_content";
    /// Pictures are of the formats that they are said to be, and of a bounded size.
    pub const PICTURES: &str = "document.pictures";
    /// The digests of a signature are of an algorithm that is stated and sound.
    pub const CHECK_METHOD: &str = "integrity.check_method";
    /// Every reference of a signature has its digest.
    pub const REFERENCES: &str = "integrity.references";
    /// Every file is covered by the signature.
    pub const COVERAGE: &str = "coverage.files";
    /// Every page is named by the signature.
    pub const PAGES: &str = "coverage.pages";
    /// The list of signatures is covered: nobody can sign further.
    pub const CLOSED: &str = "coverage.closed";
    /// There is a signature.
    pub const PRESENT: &str = "signature.present";
    /// The signature's own files can be read.
    pub const READABLE: &str = "signature.readable";
    /// Each stamp stands on a page of the document, whole, in the size of its seal.
    pub const STAMP: &str = "signature.stamp";
    /// The seal's picture is a picture of the format that it is said to be.
    pub const SEAL_PICTURE: &str = "seal.picture";
    /// The trust bundle is in force.
    pub const BUNDLE: &str = "authority.bundle";
    /// The signer is an issuing authority of the bundle.
    pub const SIGNER: &str = "authority.signer";
    /// That authority may issue this licence, and is the one that the licence names.
    pub const LICENCE: &str = "authority.licence";
    /// Whether the time of signing is proved or only claimed.
    pub const TIME_EVIDENCE: &str = "time.evidence";
    /// A checkpoint of the log, handed in beside the file.
    pub const CHECKPOINT: &str = "time.checkpoint";
    /// What a use copy brings along of the log: that its version is there.
    pub const LOG_ENTRY: &str = "copy.log_entry";
    /// The time of signing is not ahead of the present.
    pub const TIME_PRESENT: &str = "time.present";
    /// The time that `Signature.xml` states is that of the signed seal.
    pub const TIME_STATED: &str = "time.stated";
    /// The specimen mark.
    pub const SPECIMEN: &str = "specimen.mark";
    /// The attachment with metadata and facts record is there and readable.
    pub const ATTACHMENT: &str = "facts.attachment";
    /// The facts record is canonical and agrees with itself.
    pub const RECORD: &str = "facts.record";
    /// The metadata of the attachment are those of the record.
    pub const METADATA: &str = "facts.metadata";
    /// The metadata outside of the attachment (`CustomDatas`, XMP) are the same.
    pub const OUTER_METADATA: &str = "facts.outer_metadata";
    /// What stands on the page is what the record says.
    pub const FACE: &str = "facts.face";
    /// Every character on the page is drawn by the font it names.
    pub const GLYPHS: &str = "facts.glyphs";
    /// The photo on the page is the one that the record names.
    pub const PHOTO: &str = "facts.photo";
    /// The use period of a copy, by the file itself.
    pub const USE_PERIOD: &str = "copy.use_period";
    /// The integrity list of GM/T 0099 names exactly the files there are.
    pub const LIST_FILES: &str = "integrity_list.files";
    /// The signature over that list.
    pub const LIST_SIGNATURE: &str = "integrity_list.signature";
    /// The CMS has the form in which it was made, with nothing unsigned put beside.
    pub const CMS_FORM: &str = "cades.form";
    /// The PDF is certified against any change (DocMDP level 1).
    pub const CERTIFIED: &str = "pdf.certified";
    /// Certificates and revocation lists that the PDF brings along (DSS).
    pub const VALIDATION_DATA: &str = "pdf.validation-data";
    /// A time stamp of the whole PDF (DocTimeStamp).
    pub const DOCUMENT_TIME_STAMP: &str = "time.document_stamp";
    /// The PDF keeps the archival rules that were checked (PDF/A).
    pub const ARCHIVAL: &str = "pdf.archival";
    /// The register issued this very file.
    pub const ISSUED_FILE: &str = "register.issued_file";
    /// The facts in the file are those of the register for this version.
    pub const REGISTER_FACTS: &str = "register.facts";
    /// The version is the current one.
    pub const VERSION: &str = "register.version";
    /// The registration's status.
    pub const REGISTRATION: &str = "register.registration";
    /// One specialty's standing.
    pub const SPECIALTY: &str = "register.specialty";
    /// The place of the file in a status list that was handed in with it.
    pub const STATUS_LIST: &str = "register.status_list";
    /// The use copy's standing in the register.
    pub const COPY: &str = "register.use_copy";
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// It holds.
    Pass,
    /// It holds, with a remark that a reader should see.
    Warning,
    /// It could not be made.
    CannotSay,
    /// It does not hold.
    Fail,
}

/// One check with its outcome. `check` and `reason` are stable names; texts for people come from [`Finding::zh`] and
/// [`Finding::en`].
#[derive(Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which check.
    pub check: &'static str,
    /// How it ended.
    pub result: Outcome,
    /// Why; `ok` when there is nothing to add.
    pub reason: &'static str,
    /// The signature concerned, where it is about one: its identifier in the file.
    pub signature: Option<String>,
    /// What it is about: a path in the package, a field, an organisation. Never a value of the holder's facts.
    pub subject: Option<String>,
}

impl Finding {
    /// A finding about the whole file.
    #[must_use]
    pub const fn new(check: &'static str, result: Outcome, reason: &'static str) -> Self {
        Self {
            check,
            result,
            reason,
            signature: None,
            subject: None,
        }
    }

    /// The check holds.
    #[must_use]
    pub const fn pass(check: &'static str) -> Self {
        Self::new(check, Outcome::Pass, "ok")
    }

    /// The check holds with a remark.
    #[must_use]
    pub const fn warning(check: &'static str, reason: &'static str) -> Self {
        Self::new(check, Outcome::Warning, reason)
    }

    /// The check does not hold.
    #[must_use]
    pub const fn fail(check: &'static str, reason: &'static str) -> Self {
        Self::new(check, Outcome::Fail, reason)
    }

    /// The check could not be made.
    #[must_use]
    pub const fn cannot_say(check: &'static str, reason: &'static str) -> Self {
        Self::new(check, Outcome::CannotSay, reason)
    }

    /// Pass or fail by a condition.
    #[must_use]
    pub const fn decide(check: &'static str, holds: bool, reason_if_not: &'static str) -> Self {
        if holds {
            Self::pass(check)
        } else {
            Self::fail(check, reason_if_not)
        }
    }

    /// The same finding about `subject`.
    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// The same finding for a signature.
    #[must_use]
    pub fn of(mut self, signature: &str) -> Self {
        self.signature = Some(signature.to_owned());
        self
    }

    /// The finding in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        let (check, reason) = (texts::check(self.check).0, texts::reason(self.reason).0);
        match (self.result, &self.subject) {
            (Outcome::Pass, None) => format!("{check}：通过"),
            (Outcome::Pass, Some(subject)) => format!("{check}：通过（{subject}）"),
            (_, None) => format!("{check}：{reason}"),
            (_, Some(subject)) => format!("{check}：{reason}（{subject}）"),
        }
    }

    /// The finding in English.
    #[must_use]
    pub fn en(&self) -> String {
        let (check, reason) = (texts::check(self.check).1, texts::reason(self.reason).1);
        match (self.result, &self.subject) {
            (Outcome::Pass, None) => format!("{check}: pass"),
            (Outcome::Pass, Some(subject)) => format!("{check}: pass ({subject})"),
            (_, None) => format!("{check}: {reason}"),
            (_, Some(subject)) => format!("{check}: {reason} ({subject})"),
        }
    }
}

/// Without the subject, which may name a signer.
impl fmt::Debug for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} {}", self.check, self.result, self.reason)
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Finding", 7)?;
        out.serialize_field("check", self.check)?;
        out.serialize_field("result", &self.result)?;
        out.serialize_field("reason", self.reason)?;
        out.serialize_field("signature", &self.signature)?;
        out.serialize_field("subject", &self.subject)?;
        out.serialize_field("zh", &self.zh())?;
        out.serialize_field("en", &self.en())?;
        out.end()
    }
}
