//! OCSP responses as evidence of revocation: who may answer, for which certificate, and for how long it holds.

use gm::{
    Certificate, Outcome, cades,
    certificate::OcspResponse,
    chain::{self, Purpose, Trust},
};
use jiff::Timestamp;

use crate::{
    foreign::{file, root, signed},
    hierarchy::at,
};

fn response(name: &str) -> OcspResponse {
    OcspResponse::from_der(&file(name)).unwrap()
}

fn revocation(responses: &[OcspResponse], when: Timestamp) -> (Outcome, &'static str) {
    let (leaf, roots) = (Certificate::from_der(&file("asked.der")).unwrap(), [root()]);
    let trust = Trust {
        roots: &roots,
        ocsp_responses: responses,
        ..Trust::default()
    };
    let report = chain::verify(&leaf, &trust, Purpose::PdfSigning, when);
    let found = report
        .findings
        .iter()
        .find(|one| one.check == chain::check::REVOCATION)
        .unwrap();
    (found.outcome, found.reason)
}

#[test]
fn a_response_of_the_issuer_or_of_whom_it_named_acquits() {
    for name in ["good-by-issuer.ocsp", "good.ocsp"] {
        assert_eq!(
            revocation(&[response(name)], signed()),
            (Outcome::Pass, "ok"),
            "{name}"
        );
    }
    assert_eq!(revocation(&[], signed()).1, "no_revocation_list");
}

#[test]
fn a_response_of_anybody_else_says_nothing() {
    for name in ["other-purpose.ocsp", "stranger.ocsp", "other-certificate.ocsp"] {
        assert_eq!(
            revocation(&[response(name)], signed()),
            (Outcome::CannotSay, "no_revocation_list"),
            "{name}"
        );
    }
    // Every byte that is signed counts.
    let whole = file("good.ocsp");
    for place in (30..300).step_by(7) {
        let mut changed = whole.clone();
        changed[place] ^= 0x11;
        if let Ok(changed) = OcspResponse::from_der(&changed)
            && changed.der() != response("good.ocsp").der()
        {
            assert_ne!(
                revocation(&[changed], signed()),
                (Outcome::Pass, "ok"),
                "byte {place}"
            );
        }
    }
}

#[test]
fn a_responder_that_its_issuer_revoked_says_nothing() {
    let revoked = response("good.ocsp");
    let everyone = |_: &Certificate| true;
    assert!(revoked.verify(&root(), everyone).is_err());
    assert!(revoked.verify(&root(), |_| false).is_ok());
    // The issuer itself is no responder that could be revoked.
    assert!(response("good-by-issuer.ocsp").verify(&root(), everyone).is_ok());
}

#[test]
fn a_revocation_counts_from_when_it_was_and_a_compromise_reaches_forward() {
    let (before, after) = (at("2026-04-01T00:00:00Z"), signed());
    for (name, then, since) in [
        ("revoked.ocsp", "revoked_later", "revoked"),
        ("compromised.ocsp", chain::COMPROMISED_LATER, "key_compromised"),
    ] {
        let known = [response(name)];
        assert_eq!(revocation(&known, before), (Outcome::Pass, then), "{name}");
        assert_eq!(revocation(&known, after), (Outcome::Fail, since), "{name}");
    }
    // An older good one does not take a revocation back.
    let both = [response("good.ocsp"), response("revoked.ocsp")];
    assert_eq!(revocation(&both, after).1, "revoked");
}

#[test]
fn silence_and_age_do_not_acquit() {
    assert_eq!(
        revocation(&[response("unknown.ocsp")], signed()),
        (Outcome::CannotSay, "responder_does_not_know")
    );
    assert_eq!(
        revocation(&[response("stale.ocsp")], signed()),
        (Outcome::CannotSay, "revocation_list_stale")
    );
    let later = at("2026-06-09T00:00:00Z");
    assert_eq!(
        revocation(&[response("good.ocsp")], later),
        (Outcome::CannotSay, "revocation_list_stale")
    );
    assert!(OcspResponse::from_der(&file("refused.ocsp")).is_err());
}

#[test]
fn what_is_cut_off_is_no_response() {
    let whole = file("good.ocsp");
    for length in 0..whole.len() {
        assert!(OcspResponse::from_der(&whole[..length]).is_err(), "{length}");
    }
}

#[test]
fn a_response_that_adobes_programs_put_beside_the_signature_acquits() {
    let roots = [root()];
    let trust = Trust {
        roots: &roots,
        ..Trust::default()
    };
    let report = cades::verify(&file("adobe-archive.cms"), &[b"a message"], &trust, signed());
    assert_eq!(report.outcome(), Outcome::Pass, "{:?}", report.findings);
}
