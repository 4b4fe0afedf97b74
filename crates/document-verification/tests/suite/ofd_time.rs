//! Time stamps over the signature value of an OFD's seal (GB/T 38540 `timeStamp`): what they prove.

use document_verification::{DocumentStanding, Outcome, TimeEvidence, check};
use jiff::{SignedDuration, Timestamp};
use seal_format::SignedSeal;

use crate::archive::{change, unpack};
use crate::fixture::{OFFICE, ORIGINAL, Office, Plan, failures, judged, of, sealed_at};
use crate::pdf_time::token;

const SIGNED_VALUE: &str = "Doc_0/Signs/Sign_0/SignedValue.dat";

/// The signed seal of the original.
fn signed() -> SignedSeal {
    let files = unpack(&ORIGINAL.ofd);
    let (_, value) = files
        .iter()
        .find(|(name, _)| name == SIGNED_VALUE)
        .expect("it is sealed");
    SignedSeal::parse(value).expect("a signed seal")
}

/// The original with this token over its signature value.
fn with(token: &[u8]) -> Vec<u8> {
    let stamped = signed().with_time_stamp(token).expect("it has none yet");
    change(&ORIGINAL.ofd, SIGNED_VALUE, |content| *content = stamped)
}

fn stamped(office: &Office, when: Timestamp) -> Vec<u8> {
    with(&token(office, signed().signature(), when))
}

#[test]
fn a_stamp_in_the_seal_proves_its_time() {
    let when = sealed_at() + SignedDuration::from_secs(2);
    let report = judged(&stamped(&OFFICE, when));
    assert_eq!(
        report.document,
        DocumentStanding::Authentic,
        "{:?}",
        report.findings
    );
    assert_eq!(
        (report.signed_at, report.time_evidence),
        (Some(when), TimeEvidence::TimeStamp)
    );
    assert_eq!(of(&report, check::TIME_EVIDENCE).0, Outcome::Pass);
    assert!(report.is_fit_to_issue(), "{:?}", report.findings);
}

#[test]
fn a_stamp_of_strangers_proves_nothing_and_one_over_something_else_is_tampering() {
    let stranger = Office::open(Plan::new(2));
    let report = judged(&stamped(&stranger, sealed_at()));
    assert_eq!(
        of(&report, check::TIME_EVIDENCE),
        (Outcome::Warning, "time_stamp_not_trusted")
    );
    assert_eq!(report.time_evidence, TimeEvidence::Claimed);
    assert_eq!(report.document, DocumentStanding::Authentic);
    let report = judged(&with(&token(&OFFICE, b"another value", sealed_at())));
    assert_eq!(
        report.document,
        DocumentStanding::Altered,
        "{:?}",
        failures(&report)
    );
}
