//! Files that are not what they seem.
//!
//! ```text
//!  genuine ─┬─ cut short ──────────┐
//!           ├─ one byte changed ───┤
//!           ├─ something appended ─┼──▶ verification ──▶ 文件被改动 / 无法判断
//!  another hierarchy, same name ───┤                     不是本登记册的证书
//!  our seal, not in the register ──┤                     登记册没有此文件
//!  no certificate at all ──────────┘
//! ```
//!
//! Proves: no changed file is ever taken for a certificate, and none is called forged that is merely unknown; each
//! answer has findings with stable reasons that say what failed; genuine files stay genuine beside them.

use api::verification::v1::finding::Result as Outcome;
use api::verification::v1::{Verdict, Verification};
use harness::World;
use journeys::certificates::{both, file_known, issued, tender_copy};
use journeys::{forgery, refusal};
use testkit::actors::Checker;
use testkit::story::Silent;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_taken_for_what_it_is_and_the_findings_say_why() {
    let world = World::start().await;
    let since = world.doors["portal"].clock.now();
    let mut stage = world.stage().await;
    let mut holder = stage.holder(0).await.expect("enrolled");
    let announced = stage
        .register_initially(&mut holder, &mut Silent)
        .await
        .expect("registered");
    let certificate = issued(&holder, Some(announced.position.clone())).await;
    let copy = tender_copy(&mut holder, &certificate.name, "JS-2026-0412")
        .await
        .expect("a copy");
    let (ofd, pdf) = both(&mut holder, &copy.name).await;
    let checker = &stage.checker;
    for file in [&ofd, &pdf] {
        assert_eq!(file_known(checker, file).await.verdict(), Verdict::Valid);
        cut_short(checker, file).await;
        one_byte_changed(checker, file).await;
        something_appended(checker, file).await;
    }
    no_certificate(checker).await;

    // The lookalikes are dated in May 2026: the register's present is later.
    holder.citizen.door.clock.advance_to(world.present);
    let folder = tempfile::tempdir().expect("a folder");
    let at = holder.citizen.door.clock.now();
    lookalike(checker, &forgery::by_another_hierarchy(folder.path(), since, at)).await;
    never_issued(checker, &forgery::behind_the_register(&world, at).await).await;
    world.stop().await;
}

/// Findings that speak against the file, as `check: reason`.
fn against(answer: &Verification) -> Vec<String> {
    let against = answer.findings.iter().filter(|finding| {
        matches!(finding.result(), Outcome::Fail | Outcome::CannotSay) && finding.check != "chain.revocation"
    });
    against
        .map(|finding| format!("{}: {}", finding.check, finding.reason))
        .collect()
}

/// Not taken for a certificate, for reasons.
fn damaged(answer: &Verification, what: &str) {
    assert!(
        [Verdict::Altered, Verdict::CannotSay].contains(&answer.verdict()),
        "{what}: {:?}",
        answer.verdict()
    );
    assert!(!against(answer).is_empty(), "{what}: no finding says why");
    let text = answer.text.as_ref().expect("a text");
    assert!(!text.zh.is_empty() && !text.en.is_empty());
}

async fn ask(checker: &Checker, file: &[u8]) -> Verification {
    checker.file(file, None).await.expect("every file gets an answer")
}

async fn cut_short(checker: &Checker, file: &[u8]) {
    for kept in [file.len() - 1, file.len() / 2, 100] {
        let answer = ask(checker, &file[..kept]).await;
        damaged(&answer, &format!("{kept} of {} bytes", file.len()));
    }
}

async fn one_byte_changed(checker: &Checker, file: &[u8]) {
    for part in 1..8 {
        let place = file.len() * part / 8;
        let mut changed = file.to_vec();
        changed[place] ^= 0x01;
        damaged(
            &ask(checker, &changed).await,
            &format!("byte {place} of {}", file.len()),
        );
    }
}

async fn something_appended(checker: &Checker, file: &[u8]) {
    let mut longer = file.to_vec();
    longer.extend_from_slice(b"\n%%EOF\n");
    damaged(&ask(checker, &longer).await, "something appended");
    let mut later = b"MZ".to_vec();
    later.extend_from_slice(file);
    damaged(&ask(checker, &later).await, "something in front");
}

async fn no_certificate(checker: &Checker) {
    let scan = ask(checker, testkit::materials::SCAN).await;
    assert!([Verdict::WrongAuthority, Verdict::Altered, Verdict::CannotSay].contains(&scan.verdict()));
    for file in [&b"PK\x03\x04"[..], b"%PDF-1.7\n", b"a letter"] {
        let answer = ask(checker, file).await;
        assert_ne!(answer.verdict(), Verdict::Valid);
        assert!(!against(&answer).is_empty());
    }
    let empty = checker.file(b"", None).await;
    match empty {
        Ok(answer) => damaged(&answer, "an empty file"),
        Err(status) => assert_eq!(testkit::actors::reason(&status), "UPLOAD_MALFORMED"),
    }
    assert_eq!(
        refusal(checker.file(&vec![0; 21 * 1024 * 1024], None).await),
        "FILE_TOO_LARGE"
    );
}

/// Perfect in itself, under the same name of an authority: but sealed by keys that this register does not know.
async fn lookalike(checker: &Checker, sealed: &certificate_face::lint::Sealed) {
    for file in [&sealed.ofd, &sealed.pdf] {
        let answer = ask(checker, file).await;
        assert_eq!(
            answer.verdict(),
            Verdict::WrongAuthority,
            "{:?}",
            against(&answer)
        );
        assert!(
            against(&answer)
                .iter()
                .any(|finding| finding.contains("no_trusted_root")),
            "{:?}",
            against(&answer)
        );
        let integrity = answer
            .findings
            .iter()
            .filter(|finding| finding.check.starts_with("integrity."));
        assert!(
            integrity
                .into_iter()
                .all(|finding| finding.result() == Outcome::Pass),
            "it is whole"
        );
    }
}

/// Sealed with the register's own seal, and yet not a file of the register.
async fn never_issued(checker: &Checker, sealed: &certificate_face::lint::Sealed) {
    for file in [&sealed.ofd, &sealed.pdf] {
        let answer = ask(checker, file).await;
        assert_eq!(answer.verdict(), Verdict::NotIssuedHere, "{:?}", against(&answer));
        assert!(
            against(&answer)
                .iter()
                .any(|finding| finding.starts_with("register.issued_file"))
        );
    }
}
