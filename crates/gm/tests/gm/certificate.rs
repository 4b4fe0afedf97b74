use der::{Decode as _, Encode as _};
use gm::{
    Algorithm, Certificate, Signer as _,
    asn1::Error,
    certificate::{Authority, IssueError, KeyUsage, Marking, Profile},
    oid,
};
use proptest::prelude::*;

use crate::hierarchy::{Hierarchy, at, key, request, rng};

const ALGORITHMS: [Algorithm; 2] = [Algorithm::Sm2WithSm3, Algorithm::EcdsaP256Sha256];

#[test]
fn what_was_asked_for_is_what_the_certificate_says() {
    for algorithm in ALGORITHMS {
        let hierarchy = Hierarchy::spoilt(
            algorithm,
            |_| {},
            |_| {},
            |leaf| leaf.crl_locations = vec!["http://crl.invalid/seal.crl".to_owned()],
        );
        let leaf = &hierarchy.leaf;
        assert_eq!(leaf.subject().common_name(), Some("样本签章人"));
        assert_eq!(leaf.subject().organization(), Some("样本机关"));
        assert_eq!(leaf.issuer(), hierarchy.intermediate.certificate().subject());
        assert_eq!(leaf.serial(), [3]);
        assert_eq!(
            (leaf.not_before(), leaf.not_after()),
            (at("2026-01-01T00:00:00Z"), at("2029-12-31T23:59:59Z"))
        );
        assert_eq!(leaf.public_key(), Some(hierarchy.leaf_key.public_key()));
        assert!(
            leaf.key_usage()
                .unwrap()
                .allows_all(KeyUsage::DIGITAL_SIGNATURE.with(KeyUsage::NON_REPUDIATION))
        );
        assert!(
            !leaf
                .key_usage()
                .unwrap()
                .allows_any(KeyUsage::KEY_CERT_SIGN.with(KeyUsage::CRL_SIGN))
        );
        assert!(!leaf.is_authority());
        assert!(leaf.is_specimen());
        assert_eq!(leaf.policies(), Some(&[oid::SPECIMEN_POLICY][..]));
        assert_eq!(
            leaf.authority_key_id(),
            hierarchy.intermediate.certificate().subject_key_id()
        );
        assert_eq!(leaf.crl_locations(), ["http://crl.invalid/seal.crl"]);
        assert!(!leaf.has_unknown_critical_extension());
        let root = hierarchy.root.certificate();
        assert!(root.is_authority() && root.is_self_issued());
        assert!(
            root.key_usage()
                .unwrap()
                .allows_all(KeyUsage::KEY_CERT_SIGN.with(KeyUsage::CRL_SIGN))
        );
        assert_eq!(root.basic_constraints().unwrap().path_length, Some(1));
    }
}

#[test]
fn an_independent_strict_parser_reads_the_same_bytes() {
    for algorithm in ALGORITHMS {
        let hierarchy = Hierarchy::new(algorithm);
        for certificate in [
            hierarchy.root.certificate(),
            hierarchy.intermediate.certificate(),
            &hierarchy.leaf,
        ] {
            let read = x509_cert::Certificate::from_der(certificate.der()).unwrap();
            assert_eq!(read.to_der().unwrap(), certificate.der(), "strict DER");
            assert_eq!(read.tbs_certificate().to_der().unwrap(), certificate.tbs());
            assert_eq!(
                read.tbs_certificate().serial_number().as_bytes(),
                certificate.serial()
            );
            let seconds = read
                .tbs_certificate()
                .validity()
                .not_after
                .to_unix_duration()
                .as_secs();
            assert_eq!(
                i64::try_from(seconds).unwrap(),
                certificate.not_after().as_second()
            );
        }
    }
}

#[test]
fn pem_and_der_hold_the_same_certificate() {
    let hierarchy = Hierarchy::new(Algorithm::Sm2WithSm3);
    let pem = hierarchy.leaf.to_pem() + "text between\n" + &hierarchy.root.certificate().to_pem();
    let all = Certificate::all_from_pem(&pem).unwrap();
    assert_eq!(
        all,
        [hierarchy.leaf.clone(), hierarchy.root.certificate().clone()]
    );
    assert!(Certificate::from_pem("nothing").is_err());
}

#[test]
fn neither_debug_form_shows_a_name() {
    let hierarchy = Hierarchy::new(Algorithm::Sm2WithSm3);
    let shown = format!("{:?} {:?}", hierarchy.leaf, hierarchy.leaf.subject());
    assert!(!shown.contains("样本"), "{shown}");
}

#[test]
fn a_request_that_contradicts_its_issuer_is_refused() {
    let hierarchy = Hierarchy::new(Algorithm::Sm2WithSm3);
    let leaf_key = key(Algorithm::Sm2WithSm3, 9);
    let good = request(Profile::SealMaker, "样本制章人", &leaf_key, 9);
    let refuse = |change: &dyn Fn(&mut gm::certificate::Request)| {
        let mut request = good.clone();
        change(&mut request);
        matches!(
            hierarchy.root.issue(&request, &mut rng(1)),
            Err(IssueError::Refused(_))
        )
    };
    assert!(!refuse(&|_| {}));
    assert!(
        refuse(&|one| one.marking = Marking::Unmarked),
        "the mark follows the key"
    );
    assert!(
        refuse(&|one| one.validity.until = at("2031-01-01T00:00:00Z")),
        "outlives its issuer"
    );
    assert!(refuse(&|one| one.validity.from = at("2025-01-01T00:00:00Z")));
    assert!(refuse(
        &|one| one.validity.until = at("2026-01-01T00:00:00Z") - jiff::SignedDuration::from_secs(1)
    ));
    assert!(refuse(&|one| one.serial = vec![0, 0]));
    assert!(
        refuse(&|one| one.serial = vec![0x80; 20]),
        "21 bytes with its sign"
    );
    assert!(refuse(&|one| one.profile = Profile::SealRoot));
    assert!(Authority::self_signed(key(Algorithm::Sm2WithSm3, 8), &good, &mut rng(1)).is_err());
    assert!(
        Authority::new(hierarchy.leaf.clone(), key(Algorithm::Sm2WithSm3, 3)).is_err(),
        "a leaf issues nothing"
    );
    assert!(
        Authority::new(
            hierarchy.root.certificate().clone(),
            key(Algorithm::Sm2WithSm3, 3)
        )
        .is_err()
    );
}

#[test]
fn a_certificate_once_verified_still_fails_under_another_key() {
    let hierarchy = Hierarchy::new(Algorithm::Sm2WithSm3);
    let (right, wrong) = (hierarchy.intermediate.certificate(), hierarchy.root.certificate());
    let verifies = |leaf: &Certificate, issuer: &Certificate| {
        leaf.verify_signature(issuer.verifying_key().unwrap()).is_ok()
    };
    for _ in 0..2 {
        assert!(verifies(&hierarchy.leaf, right) && !verifies(&hierarchy.leaf, wrong));
    }
    let fresh = Certificate::from_der(hierarchy.leaf.der()).unwrap();
    for _ in 0..2 {
        assert!(!verifies(&fresh, wrong) && verifies(&fresh, right));
    }
}

#[test]
fn validity_from_2050_is_a_generalized_time() {
    let until = at("2050-01-01T00:00:00Z");
    let hierarchy = Hierarchy::spoilt(
        Algorithm::Sm2WithSm3,
        |root| root.validity.until = until,
        |_| {},
        |_| {},
    );
    assert_eq!(hierarchy.root.certificate().not_after(), until);
    assert!(x509_cert::Certificate::from_der(hierarchy.root.certificate().der()).is_ok());
}

#[test]
fn trailing_bytes_and_repeated_extensions_are_refused() {
    let leaf = Hierarchy::new(Algorithm::Sm2WithSm3).leaf;
    let longer = [leaf.der(), &[0]].concat();
    assert_eq!(Certificate::from_der(&longer).unwrap_err(), Error::Trailing);
    // keyUsage (2.5.29.15) renamed to basicConstraints (2.5.29.19): now there are two of those.
    let mut repeated = leaf.der().to_vec();
    let place = repeated
        .windows(3)
        .position(|window| window == [0x55, 0x1d, 0x0f])
        .unwrap();
    repeated[place + 2] = 0x13;
    assert!(Certificate::from_der(&repeated).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_mutation_makes_the_parser_panic_or_verifies(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), cut in 0..8usize,
    ) {
        // Built once: proptest runs the body often.
        static LEAF: std::sync::OnceLock<(Vec<u8>, gm::VerifyingKey)> = std::sync::OnceLock::new();
        let (der, issuer) = LEAF.get_or_init(|| {
            let hierarchy = Hierarchy::new(Algorithm::Sm2WithSm3);
            let issuer = hierarchy.intermediate.certificate().verifying_key().unwrap().clone();
            (hierarchy.leaf.der().to_vec(), issuer)
        });
        let mut mutated = der.clone();
        for (place, byte) in &edits {
            let place = place.index(mutated.len());
            mutated[place] = *byte;
        }
        mutated.truncate(mutated.len() - cut);
        if let Ok(read) = Certificate::from_der(&mutated) && read.tbs() != Certificate::from_der(der).unwrap().tbs() {
            prop_assert!(read.verify_signature(issuer).is_err());
        }
    }
}
