use std::{os::unix::fs::PermissionsExt as _, time::Duration};

use super::*;
use crate::auth::TokenSigner;

fn mirror(folder: &tempfile::TempDir) -> Mirror {
    let settings = config::Mirror {
        path: folder.path().join("mirror.json"),
        lasts: Duration::from_secs(3600),
    };
    Mirror::new(settings, SystemClock::new())
}

fn key() -> PublicJwk {
    let pem = TokenSigner::generate_pem().expect("a key");
    let signer = TokenSigner::from_pem("k1", &pem).expect("a signer");
    signer.public_jwk().clone()
}

#[test]
fn what_was_kept_is_read_again_and_is_nobody_else_s() {
    let folder = tempfile::tempdir().expect("a folder");
    let (key, session, at) = (key(), Uuid::new_v4(), Timestamp::UNIX_EPOCH);
    let before = mirror(&folder);
    before.note_keys(vec![key.clone()]);
    before.write(vec![(session, at)]).expect("written");
    let kept = mirror(&folder).read().expect("kept");
    assert_eq!((kept.keys, kept.sessions), (vec![key], vec![(session, at)]));
    let mode = fs::metadata(folder.path().join("mirror.json"))
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn nothing_is_written_before_identity_has_told_keys() {
    let folder = tempfile::tempdir().expect("a folder");
    mirror(&folder).write(Vec::new()).expect("nothing to do");
    assert!(mirror(&folder).read().is_none());
}

#[test]
fn what_is_old_or_of_the_future_or_unreadable_does_not_count() {
    let folder = tempfile::tempdir().expect("a folder");
    let now = SystemClock::new().now();
    let write = |format: &str, seconds: i64| {
        let kept = Kept {
            format: format.to_owned(),
            kept_at: now + jiff::SignedDuration::from_secs(seconds),
            keys: vec![key()],
            sessions: Vec::new(),
        };
        let text = serde_json::to_vec(&kept).expect("it encodes");
        fs::write(folder.path().join("mirror.json"), text).expect("written");
    };
    write(FORMAT, -1800);
    assert!(mirror(&folder).read().is_some());
    write(FORMAT, -7200);
    assert!(mirror(&folder).read().is_none(), "too old");
    write(FORMAT, 600);
    assert!(mirror(&folder).read().is_none(), "from the future");
    write("something else", -60);
    assert!(mirror(&folder).read().is_none(), "of another format");
    fs::write(folder.path().join("mirror.json"), "{").expect("written");
    assert!(mirror(&folder).read().is_none(), "no JSON");
}
