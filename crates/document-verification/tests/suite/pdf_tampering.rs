//! The tamper matrix of the PDF.

use document_verification::{DocumentStanding, FileKind, Outcome, check};
use proptest::prelude::*;

use crate::fixture::{OFFICE, ORIGINAL, VERIFIER, failures, judged, now, of};

/// Where `/Contents` stands: the digits between the angle brackets.
pub(crate) fn contents(pdf: &[u8]) -> std::ops::Range<usize> {
    let text = pdf
        .windows(10)
        .rposition(|window| window == b"/ByteRange")
        .expect("a signature");
    let numbers: Vec<usize> = String::from_utf8_lossy(&pdf[text + 10..text + 80])
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .take(4)
        .map(|part| part.parse().expect("a number"))
        .collect();
    numbers[1] + 1..numbers[2] - 1
}

pub(crate) fn cms(pdf: &[u8]) -> Vec<u8> {
    let digits = &pdf[contents(pdf)];
    let mut der = hex::decode(digits).expect("digits");
    let length = 4 + (usize::from(der[2]) << 8 | usize::from(der[3]));
    der.truncate(length);
    der
}

/// The file with another CMS.
pub(crate) fn with_cms(cms: &[u8]) -> Vec<u8> {
    let mut bytes = ORIGINAL.pdf.clone();
    let range = contents(&bytes);
    let mut digits = hex::encode(cms).into_bytes();
    digits.resize(range.len(), b'0');
    bytes[range].copy_from_slice(&digits);
    bytes
}

#[test]
fn the_same_cms_put_back_changes_nothing() {
    let bytes = with_cms(&cms(&ORIGINAL.pdf));
    assert_eq!(judged(&bytes).document, DocumentStanding::Authentic);
}

#[test]
fn every_byte_of_the_signature_counts() {
    let der = cms(&ORIGINAL.pdf);
    for at in (0..der.len()).step_by(3) {
        let mut changed = der.clone();
        changed[at] ^= 1;
        let report = VERIFIER.verify(&with_cms(&changed), now());
        assert!(
            matches!(
                report.document,
                DocumentStanding::Altered | DocumentStanding::WrongAuthority | DocumentStanding::CannotSay
            ),
            "byte {at}: {:?}",
            report.findings
        );
    }
}

#[test]
fn the_signature_of_another_certificate_does_not_fit() {
    let other = OFFICE.seal(&certificate_face::specimen::original(3)).pdf;
    let report = judged(&with_cms(&cms(&other)));
    assert_eq!(of(&report, "cades.message_digest"), (Outcome::Fail, "mismatch"));
    assert_eq!(
        of(&report, "cades.signature"),
        (Outcome::Pass, "ok"),
        "it is genuine, of something else"
    );
    assert_eq!(report.document, DocumentStanding::Altered);
}

#[test]
fn bytes_before_or_after_alter_the_file() {
    let after = [ORIGINAL.pdf.as_slice(), b"\n%%EOF\n"].concat();
    let before = [b"\n".as_slice(), &ORIGINAL.pdf].concat();
    for bytes in [after, before] {
        let report = judged(&bytes);
        assert_eq!(
            report.document,
            DocumentStanding::Altered,
            "{:?}",
            report.findings
        );
    }
}

#[test]
fn an_appended_revision_alters_the_file() {
    // A new page tree's page content would do; an object of the signed revision written again is enough.
    let text = String::from_utf8_lossy(&ORIGINAL.pdf);
    let startxref: usize = text
        .rsplit_once("startxref")
        .and_then(|(_, tail)| tail.split_ascii_whitespace().next()?.parse().ok())
        .expect("a cross-reference section");
    let mut bytes = ORIGINAL.pdf.clone();
    let at = bytes.len();
    bytes.extend_from_slice(b"1 0 obj\n<</Type/Catalog>>\nendobj\n");
    let section = bytes.len();
    bytes.extend_from_slice(format!("xref\n1 1\n{at:010} 00000 n \n").as_bytes());
    bytes.extend_from_slice(
        format!("trailer\n<</Size 200/Root 1 0 R/Prev {startxref}>>\nstartxref\n{section}\n%%EOF\n")
            .as_bytes(),
    );
    let report = judged(&bytes);
    assert_eq!(
        report.document,
        DocumentStanding::Altered,
        "{:?}",
        report.findings
    );
}

#[test]
fn a_truncated_file_was_signed_once_over_more() {
    for part in 1..40 {
        let report = judged(&ORIGINAL.pdf[..ORIGINAL.pdf.len() * part / 40]);
        assert_ne!(report.document, DocumentStanding::Authentic);
        assert_eq!(report.kind, FileKind::Pdf);
    }
    let report = judged(&ORIGINAL.pdf[..ORIGINAL.pdf.len() - 8]);
    assert_eq!(
        report.document,
        DocumentStanding::Altered,
        "{:?}",
        report.findings
    );
}

#[test]
fn a_changed_byte_in_each_part_of_the_file_is_altered() {
    let signed = contents(&ORIGINAL.pdf);
    let mut told = 0;
    for at in (10..ORIGINAL.pdf.len())
        .step_by(397)
        .filter(|at| !signed.contains(at))
    {
        let mut bytes = ORIGINAL.pdf.clone();
        bytes[at] ^= 1;
        let report = VERIFIER.verify(&bytes, now());
        assert_eq!(
            report.document,
            DocumentStanding::Altered,
            "byte {at}: {:?}",
            failures(&report)
        );
        told += usize::from(
            report
                .of("cades.message_digest")
                .any(|one| one.result == Outcome::Fail),
        );
    }
    assert!(told > 20, "most files stay readable and are told by their digest");
}

#[test]
fn an_unsigned_pdf_is_none_of_this_register() {
    let plain =
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/unsigned.pdf")).expect("a file");
    let report = judged(&plain);
    assert_eq!(
        of(&report, check::PRESENT),
        (Outcome::Fail, "unsigned"),
        "{:?}",
        report.findings
    );
    assert_eq!(report.document, DocumentStanding::WrongAuthority);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    /// Wherever a bit flips, the file is authentic no more, unless it is the case of a digit of the signature.
    #[test]
    fn a_flipped_bit_is_never_authentic(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut bytes = ORIGINAL.pdf.clone();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let report = VERIFIER.verify(&bytes, now());
        if report.document == DocumentStanding::Authentic {
            prop_assert!(contents(&ORIGINAL.pdf).contains(&at), "byte {} bit {}", at, bit);
            prop_assert!(bytes[at].eq_ignore_ascii_case(&ORIGINAL.pdf[at]), "byte {} bit {}", at, bit);
        }
    }
}
