//! Which answers count, and what is said of those that do not come.

use document_verification::Verdict;
use service_runtime::Refusal;
use service_runtime::error::STALE;

use super::*;
use crate::verify::Standing;

fn answer(verdict: wire::Verdict, stale: bool) -> wire::Verification {
    let time = "2026-06-01T00:00:00Z".parse().expect("an instant");
    wire::Verification {
        verdict: verdict.into(),
        as_of: Some(wire::AsOf {
            time: Some(api::convert::instant(time)),
            stale,
            ..Default::default()
        }),
        ..Default::default()
    }
}

#[test]
fn a_fresh_answer_tells_the_standing() {
    for (told, verdict, standing) in [
        (wire::Verdict::Valid, Verdict::Valid, Standing::Current),
        (wire::Verdict::Superseded, Verdict::Superseded, Standing::Ended),
        (wire::Verdict::CannotSay, Verdict::CannotSay, Standing::CannotSay),
    ] {
        let read = read(answer(told, false)).expect("it counts");
        assert_eq!((read.verdict, read.standing()), (verdict, standing));
    }
}

#[test]
fn a_stale_answer_or_one_without_a_verdict_says_nothing() {
    let stale = read(answer(wire::Verdict::Valid, true)).expect_err("too old");
    assert!(stale.to_string().contains("2026-06-01T00:00:00Z"), "{stale}");
    assert!(read(answer(wire::Verdict::Unspecified, false)).is_err());
}

#[test]
fn a_refusal_is_told_by_its_reason_and_a_missing_server_by_its_address() {
    let refused = told("verification", "127.0.0.1:1", &Refusal::new(STALE).into_status());
    let text = refused.to_string();
    assert!(text.contains("STALE") && text.contains("时效"), "{text}");
    let away = told(
        "identity",
        "127.0.0.1:1",
        &Status::unavailable("tcp connect error"),
    );
    let text = away.to_string();
    assert!(
        text.contains("identity (127.0.0.1:1)") && text.contains("tcp connect error"),
        "{text}"
    );
}

#[test]
fn the_client_is_looked_for_beside_the_bundle_and_named_when_it_is_not_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let trust = folder.path().join("trust");
    std::fs::create_dir(&trust).expect("a folder");
    let options = Options {
        online: true,
        ..Options::default()
    };
    let error = options.register(&trust).err().expect("there is none");
    assert!(format!("{error:#}").contains("client.json"), "{error:#}");
    assert!(Options::default().register(&trust).expect("not wanted").is_none());
}
