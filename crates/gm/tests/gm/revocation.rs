use gm::{
    Algorithm, Finding, Outcome,
    certificate::{Revocation, RevocationList, RevocationReason},
    chain::{self, Purpose, Trust, check},
};
use jiff::Timestamp;

use crate::hierarchy::{Hierarchy, at, rng};

fn revocation(revoked_at: &str, reason: RevocationReason, invalid_since: Option<&str>) -> Revocation {
    Revocation {
        serial: vec![3],
        revoked_at: at(revoked_at),
        reason,
        invalid_since: invalid_since.map(at),
    }
}

fn list(hierarchy: &Hierarchy, from: &str, to: &str, entries: &[Revocation]) -> RevocationList {
    RevocationList::issue(&hierarchy.intermediate, 7, at(from), at(to), entries, &mut rng(5)).unwrap()
}

/// What is found about the leaf.
fn finding(hierarchy: &Hierarchy, lists: &[RevocationList], when: Timestamp) -> Finding {
    let roots = [hierarchy.root.certificate().clone()];
    let intermediates = [hierarchy.intermediate.certificate().clone()];
    // The root's own list, so that only the leaf is in question.
    let mut lists = lists.to_vec();
    let (from, to) = (at("2026-01-01T00:00:00Z"), at("2035-01-01T00:00:00Z"));
    lists.push(RevocationList::issue(&hierarchy.root, 1, from, to, &[], &mut rng(6)).unwrap());
    let trust = Trust {
        roots: &roots,
        intermediates: &intermediates,
        revocation_lists: &lists,
        ..Trust::default()
    };
    let report = chain::verify(&hierarchy.leaf, &trust, Purpose::Sealing, when);
    let mut found = report
        .findings
        .into_iter()
        .filter(|one| one.check == check::REVOCATION);
    found.next().unwrap()
}

#[test]
fn a_list_says_what_was_put_into_it() {
    let hierarchy = Hierarchy::new(Algorithm::Sm2WithSm3);
    let entry = revocation(
        "2026-06-01T00:00:00Z",
        RevocationReason::KeyCompromise,
        Some("2026-05-01T00:00:00Z"),
    );
    let list = list(
        &hierarchy,
        "2026-06-02T00:00:00Z",
        "2026-07-02T00:00:00Z",
        std::slice::from_ref(&entry),
    );
    let read = RevocationList::from_der(list.der()).unwrap();
    assert_eq!(read.find(&hierarchy.leaf), Some(&entry));
    assert_eq!(read.find(hierarchy.root.certificate()), None);
    assert_eq!(entry.effective_from(), at("2026-05-01T00:00:00Z"));
    assert_eq!(
        (read.this_update(), read.next_update()),
        (at("2026-06-02T00:00:00Z"), Some(at("2026-07-02T00:00:00Z")))
    );
    let key = hierarchy.intermediate.certificate().verifying_key().unwrap();
    read.verify_signature(key).unwrap();
    assert!(
        read.verify_signature(hierarchy.root.certificate().verifying_key().unwrap())
            .is_err()
    );
    let again = RevocationList::all_from_pem(&list.to_pem()).unwrap();
    assert_eq!(again[0].der(), list.der());
    let strict = <x509_cert::crl::CertificateList as der::Decode<'_>>::from_der(list.der()).unwrap();
    assert_eq!(der::Encode::to_der(&strict).unwrap(), list.der());
}

#[test]
fn what_was_signed_before_the_revocation_stands_and_what_came_after_falls() {
    let hierarchy = Hierarchy::new(Algorithm::Sm2WithSm3);
    let entry = revocation("2026-06-01T00:00:00Z", RevocationReason::Superseded, None);
    let lists = [list(
        &hierarchy,
        "2026-06-02T00:00:00Z",
        "2026-07-02T00:00:00Z",
        &[entry],
    )];
    let before = finding(&hierarchy, &lists, at("2026-05-31T23:59:59Z"));
    assert_eq!((before.outcome, before.reason), (Outcome::Pass, "revoked_later"));
    let after = finding(&hierarchy, &lists, at("2026-06-01T00:00:00Z"));
    assert_eq!((after.outcome, after.reason), (Outcome::Fail, "revoked"));
}

#[test]
fn a_compromise_counts_from_when_it_is_suspected() {
    let hierarchy = Hierarchy::new(Algorithm::Sm2WithSm3);
    let entry = revocation(
        "2026-06-01T00:00:00Z",
        RevocationReason::KeyCompromise,
        Some("2026-05-01T00:00:00Z"),
    );
    let lists = [list(
        &hierarchy,
        "2026-06-02T00:00:00Z",
        "2026-07-02T00:00:00Z",
        &[entry],
    )];
    let told = |when| {
        let found = finding(&hierarchy, &lists, at(when));
        (found.outcome, found.reason)
    };
    assert_eq!(told("2026-05-15T00:00:00Z"), (Outcome::Fail, "key_compromised"));
    assert_eq!(told("2026-04-30T00:00:00Z"), (Outcome::Pass, "compromised_later"));
}

/// A date since when a certificate is invalid reaches back for a compromise, and where nobody says why; a certificate
/// that was replaced stands until it was revoked.
#[test]
fn only_a_compromise_reaches_back() {
    let hierarchy = Hierarchy::new(Algorithm::Sm2WithSm3);
    let between = at("2026-05-15T00:00:00Z");
    for (reason, expected) in [
        (RevocationReason::KeyCompromise, "key_compromised"),
        (RevocationReason::AuthorityCompromise, "key_compromised"),
        (RevocationReason::Unspecified, "key_compromised"),
        (RevocationReason::Superseded, "revoked_later"),
        (RevocationReason::CessationOfOperation, "revoked_later"),
        (RevocationReason::AffiliationChanged, "revoked_later"),
    ] {
        let entry = revocation("2026-06-01T00:00:00Z", reason, Some("2026-05-01T00:00:00Z"));
        let lists = [list(
            &hierarchy,
            "2026-06-02T00:00:00Z",
            "2026-07-02T00:00:00Z",
            &[entry],
        )];
        assert_eq!(
            finding(&hierarchy, &lists, between).reason,
            expected,
            "{reason:?}"
        );
    }
}

#[test]
fn a_compromise_in_one_list_outweighs_another_reason_in_the_next() {
    let hierarchy = Hierarchy::new(Algorithm::Sm2WithSm3);
    let replaced = revocation("2026-06-01T00:00:00Z", RevocationReason::Superseded, None);
    let stolen = revocation("2026-06-10T00:00:00Z", RevocationReason::KeyCompromise, None);
    let lists = [
        list(
            &hierarchy,
            "2026-06-02T00:00:00Z",
            "2026-06-12T00:00:00Z",
            &[replaced],
        ),
        list(
            &hierarchy,
            "2026-06-11T00:00:00Z",
            "2026-07-11T00:00:00Z",
            &[stolen],
        ),
    ];
    let before = finding(&hierarchy, &lists, at("2026-05-15T00:00:00Z"));
    assert_eq!(
        (before.outcome, before.reason),
        (Outcome::Pass, "compromised_later")
    );
    let after = finding(&hierarchy, &lists, at("2026-06-05T00:00:00Z"));
    assert_eq!((after.outcome, after.reason), (Outcome::Fail, "revoked"));
}

#[test]
fn silence_acquits_only_while_the_list_is_current() {
    let hierarchy = Hierarchy::new(Algorithm::Sm2WithSm3);
    let lists = [list(
        &hierarchy,
        "2026-06-02T00:00:00Z",
        "2026-07-02T00:00:00Z",
        &[],
    )];
    assert_eq!(
        finding(&hierarchy, &lists, at("2026-05-01T00:00:00Z")).outcome,
        Outcome::Pass,
        "a later list knows more"
    );
    assert_eq!(
        finding(&hierarchy, &lists, at("2026-07-02T00:00:00Z")).outcome,
        Outcome::Pass
    );
    let stale = finding(&hierarchy, &lists, at("2026-07-02T00:00:01Z"));
    assert_eq!(
        (stale.outcome, stale.reason),
        (Outcome::CannotSay, "revocation_list_stale")
    );
    let none = finding(&hierarchy, &[], at("2026-06-02T00:00:00Z"));
    assert_eq!(
        (none.outcome, none.reason),
        (Outcome::CannotSay, "no_revocation_list")
    );
    // The leaf ends with 2029; a list from afterwards may have dropped its entry.
    let late = [list(
        &hierarchy,
        "2030-06-02T00:00:00Z",
        "2030-07-02T00:00:00Z",
        &[],
    )];
    assert_eq!(
        finding(&hierarchy, &late, at("2026-06-02T00:00:00Z")).reason,
        "expired_before_list"
    );
}

#[test]
fn a_hold_ends_with_the_list_that_drops_it_and_a_revocation_never_ends() {
    let hierarchy = Hierarchy::new(Algorithm::Sm2WithSm3);
    let when = at("2026-08-10T00:00:00Z");
    let with = |reason| {
        let old = list(
            &hierarchy,
            "2026-06-02T00:00:00Z",
            "2026-07-02T00:00:00Z",
            &[revocation("2026-06-01T00:00:00Z", reason, None)],
        );
        let new = list(&hierarchy, "2026-08-02T00:00:00Z", "2026-09-02T00:00:00Z", &[]);
        finding(&hierarchy, &[new, old], when).outcome
    };
    assert_eq!(with(RevocationReason::Hold), Outcome::Pass);
    assert_eq!(with(RevocationReason::Superseded), Outcome::Fail);
}

#[test]
fn a_list_of_someone_else_under_the_same_name_says_nothing() {
    let hierarchy = Hierarchy::new(Algorithm::Sm2WithSm3);
    let genuine = list(
        &hierarchy,
        "2026-06-02T00:00:00Z",
        "2026-07-02T00:00:00Z",
        &[revocation(
            "2026-06-01T00:00:00Z",
            RevocationReason::Superseded,
            None,
        )],
    );
    let mut tampered = genuine.der().to_vec();
    let entry = tampered
        .windows(3)
        .position(|window| window == [2, 1, 3])
        .unwrap();
    tampered[entry + 2] = 4;
    let tampered = RevocationList::from_der(&tampered).unwrap();
    assert_eq!(
        finding(&hierarchy, &[tampered], at("2026-06-10T00:00:00Z")).reason,
        "no_revocation_list"
    );
}

#[test]
fn any_mutation_is_refused_or_does_not_verify() {
    let hierarchy = Hierarchy::new(Algorithm::Sm2WithSm3);
    let entry = revocation(
        "2026-06-01T00:00:00Z",
        RevocationReason::KeyCompromise,
        Some("2026-05-01T00:00:00Z"),
    );
    let list = list(
        &hierarchy,
        "2026-06-02T00:00:00Z",
        "2026-07-02T00:00:00Z",
        &[entry],
    );
    let key = hierarchy.intermediate.certificate().verifying_key().unwrap();
    // Up to the signature every byte counts.
    let covered = list.der().len() - 90;
    for place in (4..covered).step_by(3) {
        let mut mutated = list.der().to_vec();
        mutated[place] ^= 0x11;
        if let Ok(read) = RevocationList::from_der(&mutated) {
            assert!(read.verify_signature(key).is_err(), "byte {place}");
        }
    }
}
