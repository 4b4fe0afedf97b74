use gm::{
    Algorithm, Certificate, Outcome, PrivateKey,
    certificate::{Authority, Marking, Profile},
    chain::{self, Purpose, Report, Trust, check},
    oid,
};

use crate::hierarchy::{Hierarchy, at, during, key, request, rng};

fn verify(hierarchy: &Hierarchy, leaf: &Certificate, when: &str) -> Report {
    let (roots, intermediates) = (
        [hierarchy.root.certificate().clone()],
        [hierarchy.intermediate.certificate().clone()],
    );
    let trust = Trust {
        roots: &roots,
        intermediates: &intermediates,
        revocation_lists: &[],
        ..Trust::default()
    };
    chain::verify(leaf, &trust, Purpose::Sealing, at(when))
}

/// The checks that fail, with reason and position.
fn failures(report: &Report) -> Vec<(&'static str, &'static str, Option<usize>)> {
    let failing = report
        .findings
        .iter()
        .filter(|finding| finding.outcome == Outcome::Fail);
    failing
        .map(|finding| (finding.check, finding.reason, finding.position))
        .collect()
}

#[test]
fn a_good_path_passes_every_check_and_shows_its_mark() {
    for algorithm in [Algorithm::Sm2WithSm3, Algorithm::EcdsaP256Sha256] {
        let hierarchy = Hierarchy::new(algorithm);
        let report = verify(&hierarchy, &hierarchy.leaf, "2026-11-23T08:00:00Z");
        assert_eq!(failures(&report), []);
        assert_eq!(report.path.len(), 3);
        assert!(report.specimen);
        assert_eq!(report.policies, [oid::SPECIMEN_POLICY]);
        let doubts: Vec<_> = report
            .findings
            .iter()
            .filter(|one| one.outcome == Outcome::CannotSay)
            .collect();
        assert!(
            doubts.iter().all(|one| one.reason == "no_revocation_list"),
            "{doubts:?}"
        );
        assert_eq!(report.outcome_of(check::SIGNATURE), Some(Outcome::Pass));
    }
}

#[test]
fn a_chain_without_the_mark_is_no_specimen() {
    let unmarked = |request: &mut gm::certificate::Request| request.marking = Marking::Unmarked;
    let hierarchy = Hierarchy::spoilt(Algorithm::Sm2WithSm3, unmarked, unmarked, unmarked);
    let report = verify(&hierarchy, &hierarchy.leaf, "2026-11-23T08:00:00Z");
    assert!(!report.specimen && report.policies.is_empty());
    assert_eq!(failures(&report), []);
    // A marked leaf below an unmarked issuer is still reported.
    let hierarchy = Hierarchy::spoilt(Algorithm::Sm2WithSm3, unmarked, unmarked, |_| {});
    let report = verify(&hierarchy, &hierarchy.leaf, "2026-11-23T08:00:00Z");
    assert!(report.specimen);
    assert!(report.policies.is_empty(), "the intermediate allows no policy");
}

#[test]
fn every_expired_certificate_is_a_finding_of_its_own() {
    let hierarchy = Hierarchy::spoilt(
        Algorithm::Sm2WithSm3,
        |_| {},
        |one| one.validity.until = at("2027-12-31T00:00:00Z"),
        |one| one.validity.until = at("2026-12-31T00:00:00Z"),
    );
    let report = verify(&hierarchy, &hierarchy.leaf, "2028-01-01T00:00:00Z");
    assert_eq!(
        failures(&report),
        [
            (check::VALIDITY, "expired", Some(0)),
            (check::VALIDITY, "expired", Some(1))
        ]
    );
    let report = verify(&hierarchy, &hierarchy.leaf, "2025-12-31T23:59:59Z");
    let early = [0, 1, 2].map(|position| (check::VALIDITY, "not_yet_valid", Some(position)));
    assert_eq!(failures(&report), early);
    let last_second = verify(&hierarchy, &hierarchy.leaf, "2026-12-31T00:00:00Z");
    assert_eq!(failures(&last_second), [], "the last second counts");
}

#[test]
fn a_root_that_is_not_trusted_is_said_and_nothing_else() {
    let hierarchy = Hierarchy::new(Algorithm::Sm2WithSm3);
    let intermediates = [
        hierarchy.intermediate.certificate().clone(),
        hierarchy.root.certificate().clone(),
    ];
    let trust = Trust {
        roots: &[],
        intermediates: &intermediates,
        revocation_lists: &[],
        ..Trust::default()
    };
    let report = chain::verify(&hierarchy.leaf, &trust, Purpose::Sealing, during());
    assert_eq!(failures(&report), [(check::ANCHOR, "no_trusted_root", None)]);
    assert_eq!(report.path.len(), 3, "the path is built as far as it goes");
    let alone = chain::verify(&hierarchy.leaf, &Trust::default(), Purpose::Sealing, during());
    assert_eq!(failures(&alone), [(check::ANCHOR, "no_trusted_root", None)]);
    assert_eq!(alone.outcome_of(check::SIGNATURE), Some(Outcome::CannotSay));
}

#[test]
fn a_lookalike_root_with_the_same_name_does_not_sign_for_the_real_one() {
    let hierarchy = Hierarchy::new(Algorithm::Sm2WithSm3);
    let false_key = key(Algorithm::Sm2WithSm3, 77);
    let lookalike = Authority::self_signed(
        false_key,
        &request(Profile::SealRoot, "样本根", &key(Algorithm::Sm2WithSm3, 77), 1),
        &mut rng(1),
    )
    .unwrap();
    let leaf_key = key(Algorithm::Sm2WithSm3, 78);
    let forged = lookalike
        .issue(
            &request(Profile::SealSigner, "样本签章人", &leaf_key, 3),
            &mut rng(1),
        )
        .unwrap();
    let report = verify(&hierarchy, &forged, "2026-11-23T08:00:00Z");
    // The key identifiers differ, so the real root is not even a candidate.
    assert_eq!(failures(&report), [(check::ANCHOR, "no_trusted_root", None)]);
    assert_eq!(report.path.len(), 1);
}

#[test]
fn a_changed_certificate_is_not_signed_by_its_issuer() {
    let hierarchy = Hierarchy::new(Algorithm::Sm2WithSm3);
    let mut der = hierarchy.leaf.der().to_vec();
    let serial = der.windows(3).position(|window| window == [2, 1, 3]).unwrap();
    der[serial + 2] = 4;
    let report = verify(
        &hierarchy,
        &Certificate::from_der(&der).unwrap(),
        "2026-11-23T08:00:00Z",
    );
    assert_eq!(
        failures(&report),
        [
            (check::ANCHOR, "no_trusted_root", None),
            (check::SIGNATURE, "not_signed_by_issuer", Some(0))
        ]
    );
}

/// A leaf's key signs another certificate: it is no authority, may not certify, and makes the path too long.
#[test]
fn a_leaf_cannot_issue() {
    let hierarchy = Hierarchy::new(Algorithm::Sm2WithSm3);
    // An authority certificate for the leaf's key under the leaf's name, so that the library signs for it.
    let disguise = Authority::self_signed(
        PrivateKey::from_pkcs8_pem(&hierarchy.leaf_key.to_pkcs8_pem()).unwrap(),
        &request(Profile::SealRoot, "样本签章人", &hierarchy.leaf_key, 3),
        &mut rng(1),
    )
    .unwrap();
    let victim_key = key(Algorithm::Sm2WithSm3, 79);
    let victim = disguise
        .issue(&request(Profile::SealSigner, "冒名", &victim_key, 5), &mut rng(1))
        .unwrap();
    let roots = [hierarchy.root.certificate().clone()];
    let intermediates = [
        hierarchy.intermediate.certificate().clone(),
        hierarchy.leaf.clone(),
    ];
    let trust = Trust {
        roots: &roots,
        intermediates: &intermediates,
        revocation_lists: &[],
        ..Trust::default()
    };
    let report = chain::verify(&victim, &trust, Purpose::Sealing, during());
    assert_eq!(
        failures(&report),
        [
            (check::AUTHORITY, "not_an_authority", Some(1)),
            (check::PATH_LENGTH, "path_too_long", Some(2)),
            (check::PATH_LENGTH, "path_too_long", Some(3)),
            (check::KEY_USAGE, "key_may_not_certify", Some(1)),
        ]
    );
}

#[test]
fn an_authority_does_not_sign_documents() {
    let hierarchy = Hierarchy::new(Algorithm::Sm2WithSm3);
    let report = verify(
        &hierarchy,
        &hierarchy.intermediate.certificate().clone(),
        "2026-11-23T08:00:00Z",
    );
    assert_eq!(
        failures(&report),
        [
            (check::KEY_USAGE, "key_may_not_sign", Some(0)),
            (check::PURPOSE, "authority_used_as_signer", Some(0)),
        ]
    );
}

#[test]
fn purposes_are_kept_apart() {
    let hierarchy = Hierarchy::new(Algorithm::EcdsaP256Sha256);
    let stamping_key = key(Algorithm::EcdsaP256Sha256, 5);
    let stamping = hierarchy
        .intermediate
        .issue(
            &request(Profile::TimeStamping, "样本时间戳", &stamping_key, 5),
            &mut rng(1),
        )
        .unwrap();
    let roots = [hierarchy.root.certificate().clone()];
    let intermediates = [hierarchy.intermediate.certificate().clone()];
    let trust = Trust {
        roots: &roots,
        intermediates: &intermediates,
        revocation_lists: &[],
        ..Trust::default()
    };
    let purpose = |leaf: &Certificate, purpose| {
        chain::verify(leaf, &trust, purpose, during())
            .outcome_of(check::PURPOSE)
            .unwrap()
    };
    assert_eq!(purpose(&hierarchy.leaf, Purpose::PdfSigning), Outcome::Pass);
    assert_eq!(purpose(&hierarchy.leaf, Purpose::TimeStamping), Outcome::Fail);
    assert_eq!(purpose(&stamping, Purpose::TimeStamping), Outcome::Pass);
    assert_eq!(purpose(&stamping, Purpose::PdfSigning), Outcome::Fail);
}

/// Cross-certified authorities with equal names and keys would make a naive search exponential.
#[test]
fn a_heap_of_cross_certificates_ends_within_bounds() {
    let algorithm = Algorithm::Sm2WithSm3;
    let keys: Vec<PrivateKey> = (0..4).map(|seed| key(algorithm, 200 + seed)).collect();
    let authorities: Vec<Authority<&PrivateKey>> = keys
        .iter()
        .map(|key| {
            Authority::self_signed(key, &request(Profile::SealRoot, "同名", key, 1), &mut rng(1)).unwrap()
        })
        .collect();
    let mut heap = Vec::new();
    for issuer in &authorities {
        for (index, key) in keys.iter().enumerate() {
            let serial = u8::try_from(index + 2).unwrap();
            heap.push(
                issuer
                    .issue(
                        &request(Profile::SealIntermediate, "同名", key, serial),
                        &mut rng(1),
                    )
                    .unwrap(),
            );
        }
    }
    let leaf_key = key(algorithm, 300);
    let leaf = authorities[0]
        .issue(&request(Profile::SealSigner, "叶", &leaf_key, 9), &mut rng(1))
        .unwrap();
    let trust = Trust {
        roots: &[],
        intermediates: &heap,
        revocation_lists: &[],
        ..Trust::default()
    };
    let report = chain::verify(&leaf, &trust, Purpose::Sealing, during());
    assert_eq!(report.outcome_of(check::ANCHOR), Some(Outcome::Fail));
    assert!(report.path.len() <= chain::MAX_DEPTH);
}
