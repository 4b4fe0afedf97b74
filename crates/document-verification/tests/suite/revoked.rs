//! What a revocation takes from a document, by its reason and by what proves when the document was signed.

use certificate_face::specimen;
use document_verification::{
    DocumentStanding, Outcome, Policy, Proofs, Report, TimeEvidence, TrustBundle, Verifier, check, verify,
};
use gm::certificate::{Authority, Revocation, RevocationList, RevocationReason};
use seal_format::Version;

use crate::fixture::{Certified, OFFICE, ORIGINAL, Office, Plan, at, now, of, rng};

fn entry(serial: &[u8], revoked_at: &str, reason: RevocationReason, since: Option<&str>) -> Revocation {
    Revocation {
        serial: serial.to_vec(),
        revoked_at: at(revoked_at),
        reason,
        invalid_since: since.map(at),
    }
}

fn list<K: gm::Signer>(issuer: &Authority<K>, entries: &[Revocation]) -> RevocationList {
    let (from, to) = (at("2026-05-20T00:00:00Z"), at("2036-12-01T00:00:00Z"));
    RevocationList::issue(issuer, 1, from, to, entries, &mut rng(5)).expect("a list")
}

/// The list of an intermediate with one entry.
fn listing(ca: &Certified, entry: Revocation) -> RevocationList {
    let issuer = Authority::new(ca.certificate.clone(), &ca.key).expect("an issuer");
    list(&issuer, &[entry])
}

/// The bundle with these lists of an office's intermediates, and lists of its roots that name nobody.
fn bundle(office: &Office, lists: impl IntoIterator<Item = RevocationList>) -> TrustBundle {
    let roots = [list(&office.seal_root, &[]), list(&office.pdf_root, &[])];
    let all: Vec<_> = roots.into_iter().chain(lists).collect();
    office.bundle_with(&all, office.authorities())
}

/// The bundle in which both signers of the office are revoked. Documents were signed on 6 May.
fn revoked(revoked_at: &str, reason: RevocationReason, since: Option<&str>) -> TrustBundle {
    bundle(&OFFICE, lists_of_signers(revoked_at, reason, since))
}

fn lists_of_signers(revoked_at: &str, reason: RevocationReason, since: Option<&str>) -> [RevocationList; 2] {
    let of = |ca, serial| listing(ca, entry(serial, revoked_at, reason, since));
    [
        of(&OFFICE.seal_ca, OFFICE.signer.certificate.serial()),
        of(&OFFICE.pdf_ca, OFFICE.pdf_signer.certificate.serial()),
    ]
}

/// Every list of the office; both signers are on theirs.
pub(crate) fn lists_of_revoked_signers(revoked_at: &str, reason: RevocationReason) -> Vec<RevocationList> {
    let roots = [list(&OFFICE.seal_root, &[]), list(&OFFICE.pdf_root, &[])];
    let signers = lists_of_signers(revoked_at, reason, None);
    roots.into_iter().chain(signers).collect()
}

fn both(bundle: &TrustBundle) -> [Report; 2] {
    [&ORIGINAL.ofd, &ORIGINAL.pdf].map(|bytes| verify(bytes, bundle, now(), &Policy::default()))
}

const REVOCATION: [&str; 2] = ["signature.signer_revocation", "chain.revocation"];

#[test]
fn what_was_signed_before_a_replacement_stands_and_what_came_after_has_no_authority() {
    use RevocationReason as Why;
    // The date since when a replaced certificate is invalid does not reach back.
    let early = Some("2026-05-01T00:00:00Z");
    for (revoked_at, reason, since, standing) in [
        (
            "2026-05-01T00:00:00Z",
            Why::Superseded,
            None,
            DocumentStanding::WrongAuthority,
        ),
        (
            "2026-05-10T00:00:00Z",
            Why::Superseded,
            None,
            DocumentStanding::Authentic,
        ),
        (
            "2026-05-10T00:00:00Z",
            Why::Superseded,
            early,
            DocumentStanding::Authentic,
        ),
        (
            "2026-05-10T00:00:00Z",
            Why::CessationOfOperation,
            early,
            DocumentStanding::Authentic,
        ),
        (
            "2026-05-10T00:00:00Z",
            Why::KeyCompromise,
            early,
            DocumentStanding::WrongAuthority,
        ),
        (
            "2026-05-10T00:00:00Z",
            Why::Unspecified,
            early,
            DocumentStanding::WrongAuthority,
        ),
    ] {
        let bundle = revoked(revoked_at, reason, since);
        for (report, check) in both(&bundle).iter().zip(REVOCATION) {
            assert_eq!(report.document, standing, "{reason:?}: {:?}", report.findings);
            let expected = match (standing, reason) {
                (DocumentStanding::Authentic, _) => (Outcome::Warning, "revoked_later"),
                (_, Why::Superseded) => (Outcome::Fail, "revoked"),
                _ => (Outcome::Fail, "key_compromised"),
            };
            assert_eq!(of(report, check), expected, "{reason:?}");
        }
    }
}

/// Who stole the key can have signed after the compromise with any date before it.
#[test]
fn a_compromise_leaves_a_claimed_time_worth_nothing() {
    let bundle = revoked("2026-05-10T00:00:00Z", RevocationReason::KeyCompromise, None);
    for (report, check) in both(&bundle).iter().zip(REVOCATION) {
        assert_eq!(
            report.document,
            DocumentStanding::CannotSay,
            "{:?}",
            report.findings
        );
        assert_eq!(
            of(report, check),
            (Outcome::CannotSay, "compromised_and_time_only_claimed")
        );
        assert_eq!(report.time_evidence, TimeEvidence::Claimed);
    }
}

#[test]
fn the_registers_own_record_of_the_digest_puts_a_document_before_the_compromise() {
    let bundle = revoked("2026-05-10T00:00:00Z", RevocationReason::KeyCompromise, None);
    let verifier = Verifier::new(bundle, Policy::default());
    for (recorded, standing, evidence) in [
        (
            "2026-05-06T02:00:01Z",
            DocumentStanding::Authentic,
            TimeEvidence::DigestRecord,
        ),
        (
            "2026-05-10T00:00:00Z",
            DocumentStanding::CannotSay,
            TimeEvidence::DigestRecord,
        ),
        // A record from before the claimed time is of no signature that claims to be younger.
        (
            "2026-05-01T00:00:00Z",
            DocumentStanding::CannotSay,
            TimeEvidence::Claimed,
        ),
    ] {
        let proofs = Proofs {
            digest_recorded_at: Some(at(recorded)),
            ..Proofs::default()
        };
        for bytes in [&ORIGINAL.ofd, &ORIGINAL.pdf] {
            let report = verifier.verify_with(bytes, now(), &proofs);
            assert_eq!(report.document, standing, "{recorded}: {:?}", report.findings);
            assert_eq!(report.time_evidence, evidence, "{recorded}");
        }
    }
}

#[test]
fn a_checkpoint_without_known_witnesses_proves_nothing() {
    let bundle = revoked("2026-05-10T00:00:00Z", RevocationReason::KeyCompromise, None);
    let proofs = Proofs {
        checkpoint: Some("c2sp.org/tlog-proof@v1\nindex 0\n\nexample.org/log\n1\n".to_owned()),
        ..Proofs::default()
    };
    let verifier = Verifier::new(bundle, Policy::default());
    let report = verifier.verify_with(&ORIGINAL.ofd, now(), &proofs);
    assert_eq!(
        of(&report, check::CHECKPOINT),
        (Outcome::Warning, "no_witness_known")
    );
    assert_eq!(report.document, DocumentStanding::CannotSay);
}

#[test]
fn a_compromised_seal_maker_leaves_its_seals_in_doubt_as_well() {
    let maker = OFFICE.seal.maker().expect("a certificate");
    let entry = entry(
        maker.serial(),
        "2026-05-10T00:00:00Z",
        RevocationReason::KeyCompromise,
        None,
    );
    let bundle = bundle(&OFFICE, [listing(&OFFICE.seal_ca, entry)]);
    let report = verify(&ORIGINAL.ofd, &bundle, now(), &Policy::default());
    assert_eq!(
        of(&report, "seal.maker_revocation"),
        (Outcome::CannotSay, "compromised_and_time_only_claimed")
    );
    assert_eq!(report.document, DocumentStanding::CannotSay);
}

/// Version 5 forgives a maker that was revoked after the seal was made; not one whose key was stolen, unless a time
/// stamp over the seal shows that it was made before.
#[test]
fn version_5_forgives_a_replaced_maker_and_not_a_stolen_key() {
    let office = Office::open(Plan {
        version: Version::V5,
        ..Plan::new(41)
    });
    let maker = office.seal.maker().expect("a certificate");
    let bytes = office.seal(&specimen::original(1)).ofd;
    for (reason, expected, standing) in [
        (
            RevocationReason::Superseded,
            (Outcome::Warning, "revoked_since_creation"),
            DocumentStanding::Authentic,
        ),
        (
            RevocationReason::KeyCompromise,
            (Outcome::CannotSay, "compromised_since_creation"),
            DocumentStanding::CannotSay,
        ),
    ] {
        let entry = entry(maker.serial(), "2026-04-01T00:00:00Z", reason, None);
        let bundle = bundle(&office, [listing(&office.seal_ca, entry)]);
        let report = verify(&bytes, &bundle, now(), &Policy::default());
        assert_eq!(of(&report, "seal.maker_revocation"), expected);
        assert_eq!(report.document, standing, "{reason:?}: {:?}", report.findings);
    }
}
