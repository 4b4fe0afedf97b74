//! Every check of domain §4.8 has the tampering that it alone notices.

use std::sync::OnceLock;

use gm::{
    Algorithm, Outcome, Signer as _,
    asn1::{Writer, generalized_time, tag},
    finding::overall,
    oid,
};
use proptest::prelude::*;
use seal_format::{Seal, SignedSeal, verify::check};

use crate::workshop::{PATH, Workshop, XML, at, during, failures, rng};

/// A `SES_Signature` written by hand, validly signed, whatever is in it.
fn signed_by_hand(workshop: &Workshop, eseal: &[u8], when: &str, hash: &[u8]) -> SignedSeal {
    let mut tbs = Writer::new();
    tbs.sequence(|tbs| {
        tbs.integer(4)
            .raw(eseal)
            .element(tag::GENERALIZED_TIME, generalized_time(at(when)).as_bytes());
        tbs.bits(hash).ia5(PATH);
    });
    let tbs = tbs.finish();
    let signature = workshop.signer_key.sign(&tbs, &mut rng(1)).unwrap().to_der();
    let mut out = Writer::new();
    out.sequence(|whole| {
        whole
            .raw(&tbs)
            .octets(workshop.signer.der())
            .oid(oid::SM2_WITH_SM3)
            .bits(&signature);
    });
    SignedSeal::parse(&out.finish()).unwrap()
}

/// One byte changed where `part` stands.
fn changed(whole: &[u8], part: &[u8]) -> Vec<u8> {
    let place = whole
        .windows(part.len())
        .position(|window| window == part)
        .unwrap();
    let mut changed = whole.to_vec();
    changed[place + part.len() / 2] ^= 1;
    changed
}

#[test]
fn a_changed_picture_breaks_the_makers_signature_and_the_signers() {
    let workshop = Workshop::new();
    let seal = workshop.seal();
    let file = changed(seal.der(), &[0x89; 200]);
    let signed = SignedSeal::parse(&changed(&workshop.sign(&seal, during()), &[0x89; 200])).unwrap();
    assert_eq!(
        failures(&workshop.findings(&signed, &file)),
        [
            (check::SIGNATURE, "mismatch"),
            (check::SEAL_SIGNATURE, "mismatch")
        ]
    );
}

#[test]
fn a_seal_forged_inside_a_valid_signature_is_the_makers_finding() {
    let workshop = Workshop::new();
    let forged = changed(workshop.seal().der(), &[0x89; 200]);
    let signed = signed_by_hand(&workshop, &forged, "2026-11-23T08:00:00Z", &gm::sm3::digest(XML));
    assert_eq!(
        failures(&workshop.findings(&signed, &forged)),
        [(check::SEAL_SIGNATURE, "mismatch")]
    );
}

#[test]
fn another_seal_file_is_noticed() {
    let workshop = Workshop::new();
    let signed = SignedSeal::parse(&workshop.sign(&workshop.seal(), during())).unwrap();
    // The same draft signed again: equal in all but the maker's signature.
    let twin = workshop
        .draft()
        .make(&workshop.maker, &workshop.maker_key, &mut rng(70))
        .unwrap();
    assert_eq!(
        failures(&workshop.findings(&signed, twin.der())),
        [(check::SEAL_FILE, "differs")]
    );
}

#[test]
fn another_signature_xml_is_noticed() {
    let workshop = Workshop::new();
    let seal = workshop.seal();
    let signed = signed_by_hand(&workshop, seal.der(), "2026-11-23T08:00:00Z", &[7; 32]);
    assert_eq!(
        failures(&workshop.findings(&signed, seal.der())),
        [(check::DATA_HASH, "mismatch")]
    );
}

#[test]
fn a_signing_time_outside_of_the_seals_validity_is_noticed() {
    let workshop = Workshop::new();
    let seal = workshop.seal();
    let hash = gm::sm3::digest(XML);
    let late = signed_by_hand(&workshop, seal.der(), "2028-02-01T00:00:01Z", &hash);
    assert_eq!(
        failures(&workshop.findings(&late, seal.der())),
        [
            (check::TIME_IN_SEAL, "outside_validity"),
            (check::SEAL_VALIDITY, "expired")
        ]
    );
    let early = signed_by_hand(&workshop, seal.der(), "2026-01-31T23:59:59Z", &hash);
    assert_eq!(
        failures(&workshop.findings(&early, seal.der())),
        [
            (check::TIME_IN_SEAL, "outside_validity"),
            (check::SEAL_VALIDITY, "not_yet_valid")
        ]
    );
    let dead = signed_by_hand(&workshop, seal.der(), "2029-01-01T00:00:00Z", &hash);
    assert_eq!(
        failures(&workshop.findings(&dead, seal.der())),
        [
            (check::TIME_IN_CERTIFICATE, "outside_validity"),
            (check::TIME_IN_SEAL, "outside_validity"),
            (check::SEAL_VALIDITY, "expired"),
        ]
    );
}

#[test]
fn a_signer_that_the_seal_does_not_list_is_noticed() {
    let workshop = Workshop::new();
    let mut draft = workshop.draft();
    draft.signers = vec![workshop.maker.clone()];
    let seal = draft
        .make(&workshop.maker, &workshop.maker_key, &mut rng(1))
        .unwrap();
    let signed = signed_by_hand(
        &workshop,
        seal.der(),
        "2026-11-23T08:00:00Z",
        &gm::sm3::digest(XML),
    );
    assert_eq!(
        failures(&workshop.findings(&signed, seal.der())),
        [(check::SIGNER_LISTED, "signer_not_listed")]
    );
}

#[test]
fn a_raw_signature_value_is_accepted_as_one_vendor_writes_it() {
    let workshop = Workshop::new();
    let seal = workshop.seal();
    let der = workshop.sign(&seal, during());
    let value = SignedSeal::parse(&der).unwrap().signature().to_vec();
    let raw = gm::Signature::parse(Algorithm::Sm2WithSm3, &value)
        .unwrap()
        .to_raw();
    let signed = SignedSeal::parse(&der).unwrap();
    let mut out = Writer::new();
    out.sequence(|whole| {
        whole
            .raw(signed.signed_bytes())
            .octets(signed.signer_der())
            .oid(oid::SM2_WITH_SM3)
            .bits(&raw);
    });
    let signed = SignedSeal::parse(&out.finish()).unwrap();
    assert_eq!(overall(&workshop.findings(&signed, seal.der())), Outcome::Pass);
}

fn fixture() -> &'static (Workshop, Vec<u8>, Vec<u8>) {
    static FIXTURE: OnceLock<(Workshop, Vec<u8>, Vec<u8>)> = OnceLock::new();
    FIXTURE.get_or_init(|| {
        let workshop = Workshop::new();
        // A small picture, so that random places often hit the structure.
        let mut draft = workshop.draft();
        draft.picture.bytes = vec![0x89; 16];
        let seal = draft
            .make(&workshop.maker, &workshop.maker_key, &mut rng(7))
            .unwrap();
        let signed = workshop.sign(&seal, during());
        (workshop, seal.der().to_vec(), signed)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_changed_byte_of_a_signed_seal_passes(place in any::<prop::sample::Index>(), change in 1..=255u8) {
        let (workshop, seal, signed) = fixture();
        let mut mutated = signed.clone();
        let place = place.index(mutated.len());
        mutated[place] ^= change;
        if let Ok(read) = SignedSeal::parse(&mutated) {
            prop_assert_ne!(overall(&workshop.findings(&read, seal)), Outcome::Pass, "byte {}", place);
        }
    }

    #[test]
    fn no_changed_byte_of_a_seal_passes(place in any::<prop::sample::Index>(), change in 1..=255u8) {
        let (workshop, seal, _) = fixture();
        let mut mutated = seal.clone();
        let place = place.index(mutated.len());
        mutated[place] ^= change;
        if let Ok(read) = Seal::parse(&mutated) {
            let report = seal_format::verify::seal(&read, &workshop.trust(), during());
            prop_assert_ne!(report.outcome(), Outcome::Pass, "byte {}", place);
        }
    }

    #[test]
    fn a_truncated_or_extended_structure_is_refused(cut in any::<prop::sample::Index>(), more in 1..9usize) {
        let (_, seal, signed) = fixture();
        prop_assert!(Seal::parse(&seal[..cut.index(seal.len())]).is_err());
        prop_assert!(SignedSeal::parse(&signed[..cut.index(signed.len())]).is_err());
        prop_assert!(Seal::parse(&[seal.as_slice(), &vec![0; more]].concat()).is_err());
        prop_assert!(SignedSeal::parse(&[signed.as_slice(), &vec![0; more]].concat()).is_err());
    }

    #[test]
    fn no_input_makes_a_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = (Seal::parse(&bytes), SignedSeal::parse(&bytes), seal_format::PlainSignature::parse(&bytes));
    }
}
