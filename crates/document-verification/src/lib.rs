//! Findings and a verdict on a certificate file, as design §5 lists them. Bytes in, report out: no I/O, no clock.
//!
//! [`Verifier::verify`] reads an OFD or a PDF of any producer and makes every check that it can; none stops the others.
//! A [`Report`] names the document `AUTHENTIC`, `ALTERED`, `WRONG_AUTHORITY` or `CANNOT_SAY`:
//!
//! - **altered**: a digest, a signature value or the structure that a signature covers does not hold; or the file is
//!   sealed by an authority of the bundle and lacks the form in which that authority seals (everything covered, closed
//!   to further signatures, nothing around it);
//! - **wrong authority**: the file is whole, but nobody whom the [`TrustBundle`] names for this licence sealed it: a
//!   lookalike, a revoked or expired signer, an unsigned file;
//! - **cannot say**: a check without which neither can be excluded could not be made;
//! - **authentic**: none of these.
//!
//! What the register says is joined by [`conclude`]. A revocation list that is missing leaves a specimen authentic and
//! anything else at "cannot say", unless the [`Policy`] says otherwise.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod authority;
mod cache;
mod conclusion;
mod facts;
mod finding;
mod judgement;
mod mapping;
mod ofd_file;
mod pdf_file;
mod policy;
pub mod qr;
mod report;
mod status_list;
mod texts;
mod time_evidence;
pub mod trust;
mod verifier;

pub use cache::Cache;
pub use conclusion::{Conclusion, IssuedFile, OfflineStanding, RegisterAnswer, conclude, offline_standing};
pub use domain::standing::{DocumentStanding, Verdict};
pub use facts::{Facts, FactsLabel};
pub use finding::{Finding, Outcome, check};
pub use policy::{MakerExpiry, Policy, RevocationRule};
pub use report::{FileKind, Report, SignatureSummary, TimeEvidence, UseCopySummary};
pub use status_list::{Consulted, ListStatus, Listing, conclude_listed, consult};
pub use texts::{known_checks, known_reasons};
pub use time_evidence::Proofs;
pub use trust::TrustBundle;
pub use verifier::{Verifier, verify};
