//! The PDF signed with SM2 in the dress of GB/T 35275: a file of its own with the same face.

use document_verification::{DocumentStanding, Outcome, Policy, Report, TimeEvidence, verify};
use gm::{Algorithm, cades};
use pdf::Unsigned;

use crate::fixture::{BUNDLE, OFFICE, ORIGINAL, Office, Plan, now, of, rng, sealed_at};
use crate::pdf_tampering::contents;
use crate::pdf_time::token;

/// The original as it was before it was signed, signed by the signer of an office's seal.
fn signed_by(office: &Office) -> Vec<u8> {
    signed_and(office, |cms| cms)
}

fn signed_and(office: &Office, then: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let mut bytes = ORIGINAL.pdf.clone();
    bytes[contents(&ORIGINAL.pdf)].fill(b'0');
    let unsigned = Unsigned::reopen(bytes).expect("it waits for a signature");
    let digest = Algorithm::Sm2WithSm3.digest(&unsigned.signed_parts().concat());
    let chain = [
        office.signer.certificate.clone(),
        office.seal_ca.certificate.clone(),
    ];
    let cms = cades::sign_gm(&digest, &office.signer.key, &chain, &mut rng(80)).expect("a signature");
    assert!(cades::is_gm(&cms));
    unsigned.sign(&then(cms)).expect("room")
}

fn judged(bytes: &[u8]) -> Report {
    verify(bytes, &BUNDLE, now(), &Policy::default())
}

#[test]
fn the_signer_of_the_seal_signs_the_same_face() {
    let report = judged(&signed_by(&OFFICE));
    assert_eq!(
        report.document,
        DocumentStanding::Authentic,
        "{:?}",
        report.findings
    );
    assert_eq!(of(&report, "cades.signature"), (Outcome::Pass, "ok"));
}

/// The authority stands below the PDF root, the signer below the seal root.
#[test]
fn a_stamp_beside_the_signature_proves_its_time() {
    let report = judged(&signed_and(&OFFICE, |cms| {
        let value = cades::signature_value(&cms).expect("a value");
        let token = token(&OFFICE, &value, sealed_at());
        cades::with_time_stamp(&cms, &token).expect("a CMS")
    }));
    assert_eq!(
        (report.document, report.time_evidence),
        (DocumentStanding::Authentic, TimeEvidence::TimeStamp),
        "{:?}",
        report.findings
    );
    assert!(report.is_fit_to_issue(), "{:?}", report.findings);
}

#[test]
fn a_lookalike_or_a_changed_byte_is_told() {
    let report = judged(&signed_by(&Office::open(Plan::new(4))));
    assert_eq!(
        report.document,
        DocumentStanding::WrongAuthority,
        "{:?}",
        report.findings
    );
    let mut bytes = signed_by(&OFFICE);
    let place = bytes
        .windows(8)
        .position(|window| window == b"/MediaBo")
        .expect("a page");
    bytes[place + 10] = b'1';
    let report = judged(&bytes);
    assert_eq!(of(&report, "cades.message_digest"), (Outcome::Fail, "mismatch"));
    assert_eq!(report.document, DocumentStanding::Altered);
}
