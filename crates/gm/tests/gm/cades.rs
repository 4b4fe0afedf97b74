use der::{Decode as _, Encode as _};
use gm::{
    Algorithm, Certificate, Outcome,
    cades::{self, check},
    certificate::Profile,
    chain::Trust,
};
use proptest::prelude::*;

use crate::hierarchy::{Hierarchy, during, key, request, rng};

const CONTENT: &[u8] = b"%PDF-1.7 the signed ranges";

struct Signed {
    der: Vec<u8>,
    hierarchy: Hierarchy,
    roots: [Certificate; 1],
}

fn signed(algorithm: Algorithm) -> Signed {
    let hierarchy = Hierarchy::new(algorithm);
    let certificates = [
        hierarchy.leaf.clone(),
        hierarchy.intermediate.certificate().clone(),
    ];
    let digest = algorithm.digest(CONTENT);
    let der = cades::sign(&digest, &hierarchy.leaf_key, &certificates, &mut rng(4)).unwrap();
    assert!(der.len() <= cades::maximum_length(algorithm, &certificates));
    Signed {
        der,
        roots: [hierarchy.root.certificate().clone()],
        hierarchy,
    }
}

impl Signed {
    fn verify(&self, der: &[u8], content: &[&[u8]]) -> cades::Report {
        cades::verify(
            der,
            content,
            &Trust {
                roots: &self.roots,
                ..Trust::default()
            },
            during(),
        )
    }
}

fn failures(report: &cades::Report) -> Vec<(&'static str, &'static str)> {
    let failing = report
        .findings
        .iter()
        .filter(|finding| finding.outcome == Outcome::Fail);
    failing.map(|finding| (finding.check, finding.reason)).collect()
}

#[test]
fn a_signature_verifies_with_both_algorithms_and_over_split_ranges() {
    for algorithm in [Algorithm::EcdsaP256Sha256, Algorithm::Sm2WithSm3] {
        let signed = signed(algorithm);
        let (first, second) = CONTENT.split_at(7);
        let report = signed.verify(&signed.der, &[first, second]);
        assert_eq!(failures(&report), []);
        assert!(report.specimen());
        assert_eq!(report.signer.unwrap().subject().common_name(), Some("样本签章人"));
        // As a PDF pads it.
        let padded = [signed.der.as_slice(), &[0; 50]].concat();
        assert_eq!(failures(&signed.verify(&padded, &[CONTENT])), []);
        assert_eq!(
            failures(&signed.verify(&[padded, vec![1]].concat(), &[CONTENT])),
            [(check::FORMAT, "malformed")]
        );
    }
}

#[test]
fn the_strict_cms_parser_reads_the_same_bytes() {
    let signed = signed(Algorithm::EcdsaP256Sha256);
    let info = cms::content_info::ContentInfo::from_der(&signed.der).unwrap();
    assert_eq!(info.to_der().unwrap(), signed.der);
    let data: cms::signed_data::SignedData = info.content.decode_as().unwrap();
    assert_eq!(data.certificates.unwrap().0.len(), 2);
    let signers = data.signer_infos.0;
    let attributes = signers.get(0).unwrap().signed_attrs.as_ref().unwrap();
    let kinds: Vec<String> = attributes
        .iter()
        .map(|attribute| attribute.oid.to_string())
        .collect();
    assert_eq!(
        kinds,
        [
            "1.2.840.113549.1.9.3",
            "1.2.840.113549.1.9.4",
            "1.2.840.113549.1.9.16.2.47"
        ],
        "no signing time"
    );
}

#[test]
fn other_content_fails_at_the_digest_alone() {
    let signed = signed(Algorithm::EcdsaP256Sha256);
    let report = signed.verify(&signed.der, &[CONTENT, b" and more"]);
    assert_eq!(failures(&report), [(check::MESSAGE_DIGEST, "mismatch")]);
}

#[test]
fn a_certificate_of_another_key_is_refused_when_signing() {
    let hierarchy = Hierarchy::new(Algorithm::EcdsaP256Sha256);
    let other = key(Algorithm::EcdsaP256Sha256, 50);
    assert!(
        cades::sign(
            &[0; 32],
            &other,
            std::slice::from_ref(&hierarchy.leaf),
            &mut rng(1)
        )
        .is_err()
    );
    assert!(cades::sign(&[0; 32], &other, &[], &mut rng(1)).is_err());
}

#[test]
fn a_certificate_put_in_place_of_the_signers_is_noticed() {
    let algorithm = Algorithm::EcdsaP256Sha256;
    let signed = signed(algorithm);
    let hierarchy = &signed.hierarchy;
    let original = hierarchy.leaf.der();
    // Same key, issuer and serial number, another name of the subject, and by luck the same length.
    let twin_request = request(Profile::PdfSigner, "样本签章甲", &hierarchy.leaf_key, 3);
    let twin = (0..50)
        .map(|seed| {
            hierarchy
                .intermediate
                .issue(&twin_request, &mut rng(seed))
                .unwrap()
        })
        .find(|twin| twin.der().len() == original.len())
        .unwrap();
    let place = signed
        .der
        .windows(original.len())
        .position(|window| window == original)
        .unwrap();
    let mut exchanged = signed.der.clone();
    exchanged[place..place + original.len()].copy_from_slice(twin.der());
    let report = signed.verify(&exchanged, &[CONTENT]);
    assert_eq!(failures(&report), [(check::SIGNING_CERTIFICATE, "mismatch")]);
}

#[test]
fn an_indefinite_length_is_unsupported_and_no_forgery() {
    let signed = signed(Algorithm::EcdsaP256Sha256);
    let mut indefinite = signed.der.clone();
    indefinite[1] = 0x80;
    let report = signed.verify(&indefinite, &[CONTENT]);
    assert_eq!(
        (report.outcome(), report.findings[0].reason),
        (Outcome::CannotSay, "unsupported_encoding")
    );
}

#[test]
fn an_unknown_signer_is_told_apart_from_a_forgery() {
    let signed = signed(Algorithm::EcdsaP256Sha256);
    let report = cades::verify(&signed.der, &[CONTENT], &Trust::default(), during());
    assert_eq!(failures(&report), [(gm::chain::check::ANCHOR, "no_trusted_root")]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_mutation_panics_and_none_of_the_attributes_or_value_verifies(
        place in any::<prop::sample::Index>(), byte in 1..=255u8,
    ) {
        static SIGNED: std::sync::OnceLock<Signed> = std::sync::OnceLock::new();
        let signed = SIGNED.get_or_init(|| signed(Algorithm::EcdsaP256Sha256));
        let mut mutated = signed.der.clone();
        let place = place.index(mutated.len());
        mutated[place] ^= byte;
        let report = signed.verify(&mutated, &[CONTENT]);
        // Attributes and value are the last 240 bytes; before them some bytes do not matter (another certificate).
        if place >= mutated.len() - 240 {
            prop_assert_ne!(report.outcome(), Outcome::Pass);
            prop_assert!(!failures(&report).is_empty() || report.signer.is_none() || report.findings.iter().any(|f| f.check == check::SIGNATURE && f.outcome == Outcome::CannotSay), "{:?}", report.findings);
        }
    }
}
