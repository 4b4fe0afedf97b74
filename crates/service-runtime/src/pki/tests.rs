use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::{
    clock::{Clock, SystemClock},
    tls::{Leaf, Trust},
};

fn year() -> Validity {
    Validity::starting(SystemClock::new().now(), Duration::from_secs(365 * 86_400)).expect("a validity")
}

#[test]
fn an_authority_can_be_put_away_and_used_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let made = Authority::create(Gate::Provinces, Deployment::Development, year()).expect("made");
    made.save(dir.path()).expect("saved");
    for file in ["ca.pem", "ca-key.pem"] {
        let mode = fs::metadata(dir.path().join(file))
            .expect("there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    assert!(
        made.save(dir.path()).is_err(),
        "an authority is never replaced by mistake"
    );

    let loaded = Authority::load(Gate::Provinces, dir.path()).expect("loaded");
    assert_eq!(loaded.certificate_pem(), made.certificate_pem());
    let identity = PeerIdentity::province("32", "registration").expect("an identity");
    loaded
        .issue(&identity, &["registration.js"], year())
        .expect("issued")
        .save(dir.path(), "leaf")
        .expect("saved");
    let leaf = Leaf::open(&dir.path().join("leaf.pem"), &dir.path().join("leaf-key.pem")).expect("a pair");
    assert_eq!(leaf.identity(), Some(identity));
    assert!(
        Authority::load(Gate::Services, dir.path()).is_err(),
        "it is not the services' authority"
    );
}

#[test]
fn an_authority_issues_only_for_its_own_gate() {
    let services = Authority::create(Gate::Services, Deployment::Development, year()).expect("made");
    let province = PeerIdentity::province("32", "registration").expect("an identity");
    assert!(matches!(
        services.issue(&province, &[], year()),
        Err(PkiError::WrongGate { .. })
    ));
}

#[test]
fn the_mark_follows_the_key() {
    for (deployment, marked) in [(Deployment::Development, true), (Deployment::Production, false)] {
        let dir = tempfile::tempdir().expect("a folder");
        let made = Authority::create(Gate::Services, deployment, year()).expect("made");
        made.save(dir.path()).expect("saved");
        let trust = Trust::open(Gate::Services, &dir.path().join("ca.pem")).expect("trust");
        assert_eq!(trust.is_specimen(), marked);
    }
}

#[test]
fn a_validity_has_a_length() {
    let now = SystemClock::new().now();
    let authority = Authority::create(Gate::Services, Deployment::Development, year()).expect("made");
    let none = Validity {
        not_before: now,
        not_after: now,
    };
    let identity = PeerIdentity::nation("seal").expect("an identity");
    assert!(matches!(
        authority.issue(&identity, &[], none),
        Err(PkiError::Validity)
    ));
}
