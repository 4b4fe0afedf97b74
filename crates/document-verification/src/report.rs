//! What verification of one file reports.

use std::fmt;

use domain::certificate::Purpose;
use domain::standing::DocumentStanding;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::facts::Facts;
use crate::finding::{Finding, Outcome};

/// What a file is by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FileKind {
    /// An OFD package (GB/T 33190).
    Ofd,
    /// A PDF file.
    Pdf,
    /// Neither.
    Unknown,
}

/// What the time of signing rests on, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TimeEvidence {
    /// A time-stamp token that verifies.
    TimeStamp,
    /// A checkpoint of the log, cosigned by a quorum, of a tree that holds the file.
    Checkpoint,
    /// The register has had the file's digest since then.
    DigestRecord,
    /// The signer's word.
    Claimed,
    /// Nothing states it.
    None,
}

/// One signature, in short.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct SignatureSummary {
    /// Its identifier in the file: `s001`, or the name of the PDF's field.
    pub id: String,
    /// Common name of the signer's certificate.
    pub signer: Option<String>,
    /// Organisation of the signer's certificate.
    pub organisation: Option<String>,
    /// Name on the seal.
    pub seal_name: Option<String>,
    /// esID of the seal.
    pub seal_id: Option<String>,
    /// The authority of the bundle as which the signer is recognised.
    pub authority: Option<String>,
    /// When it was signed.
    pub signed_at: Option<Timestamp>,
    /// What that rests on.
    pub evidence: TimeEvidence,
    /// Whether its certificates carry the specimen mark.
    pub specimen: bool,
    /// How it stands taken alone.
    pub standing: DocumentStanding,
    /// From when a key of the signer's path is said to be in other hands by what the file brings along.
    #[serde(skip)]
    pub(crate) compromised_from: Option<Timestamp>,
}

/// A signer may be a person: only the identifier and the standing are shown.
impl fmt::Debug for SignatureSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignatureSummary")
            .field("id", &self.id)
            .field("evidence", &self.evidence)
            .field("specimen", &self.specimen)
            .field("standing", &self.standing)
            .finish_non_exhaustive()
    }
}

/// What makes the file a use copy (加注件), by its own facts record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UseCopySummary {
    /// Its own id.
    pub copy_id: String,
    /// What for.
    pub purpose: Purpose,
    /// The last day of use.
    pub use_until: Date,
}

/// Everything that was found about one file.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// What it is.
    pub kind: FileKind,
    /// The verdict on the document, before the register is asked.
    pub document: DocumentStanding,
    /// Whether any signature carries the specimen mark: nothing that it says is in force.
    pub specimen: bool,
    /// Every check.
    pub findings: Vec<Finding>,
    /// Every signature.
    pub signatures: Vec<SignatureSummary>,
    /// The licence identifier that the file states (电子证照标识).
    pub licence_identifier: Option<String>,
    /// What makes it a use copy.
    pub use_copy: Option<UseCopySummary>,
    /// When the authority signed it.
    pub signed_at: Option<Timestamp>,
    /// What that rests on.
    pub time_evidence: TimeEvidence,
    /// Hex SHA-256 of the file: what the register knows issued files by.
    pub sha256: String,
    /// The facts it states. Personal.
    #[serde(skip)]
    pub facts: Facts,
}

impl Report {
    /// The findings of one check.
    pub fn of(&self, check: &str) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.check == check)
    }

    /// The worst outcome of one check; `None` if it was not made.
    #[must_use]
    pub fn outcome_of(&self, check: &str) -> Option<Outcome> {
        self.of(check).map(|finding| finding.result).max()
    }

    /// Findings that are not a plain pass.
    pub fn remarks(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.result != Outcome::Pass)
    }

    /// Whether a file just sealed may be given out (design §4 step 7): authentic and not one check failed. What cannot
    /// be said of a specimen without revocation lists remains.
    #[must_use]
    pub fn is_fit_to_issue(&self) -> bool {
        self.document == DocumentStanding::Authentic
            && self
                .findings
                .iter()
                .all(|finding| finding.result != Outcome::Fail)
    }
}
