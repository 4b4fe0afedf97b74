//! Files: sealed, changed, forged, copied, superseded.

use api::issuance::v1::watch_changes_response::Change;
use api::types::v1::StatusCode;
use api::verification::v1 as wire;
use api::verification::v1::verify_document_request::Part;
use certificate_face::lint::Sealed;
use certificate_face::specimen;
use jiff::SignedDuration;
use jiff::civil::date;
use tonic::{Code, Status};
use wire::Verdict;

use crate::office::{OFFICE, Office};
use crate::story::{self, COPY, COPY_TOKEN, DOCUMENT, NAME, TOKEN};
use crate::world::{World, refused};

fn part(part: Part) -> wire::VerifyDocumentRequest {
    wire::VerifyDocumentRequest { part: Some(part) }
}

fn header() -> wire::VerifyDocumentRequest {
    part(Part::Header(wire::DocumentHeader::default()))
}

impl World {
    async fn upload(&self, parts: Vec<wire::VerifyDocumentRequest>) -> Result<wire::Verification, Status> {
        let answer = self
            .client("client/portal")
            .verify_document(futures_util::stream::iter(parts))
            .await?;
        Ok(answer
            .into_inner()
            .verification
            .expect("an answer says something"))
    }

    async fn verify(&self, bytes: &[u8]) -> wire::Verification {
        let chunks = bytes
            .chunks(64 << 10)
            .map(|chunk| part(Part::Chunk(chunk.to_vec().into())));
        let parts = std::iter::once(header()).chain(chunks).collect();
        self.upload(parts).await.expect("answered")
    }

    /// The register with both documents of the original, and of the copy, known.
    async fn issuing(original: &Sealed, copy: &Sealed) -> Self {
        let told = vec![
            Change::VersionChanged(story::version()),
            Change::EntryChanged(story::entry()),
            story::issued(&original.ofd, "", TOKEN),
            story::issued(&original.pdf, "", TOKEN),
            story::copy(date(2026, 10, 31), None),
            story::issued(&copy.ofd, COPY, COPY_TOKEN),
            story::issued(&copy.pdf, COPY, COPY_TOKEN),
        ];
        Self::new(told).await
    }
}

fn result(answer: &wire::Verification, check: &str) -> wire::finding::Result {
    let finding = answer.findings.iter().find(|finding| finding.check == check);
    finding
        .unwrap_or_else(|| panic!("no finding of {check}"))
        .result()
}

#[tokio::test]
async fn a_file_is_judged_by_itself_and_by_the_register() {
    let original = OFFICE.seal(&specimen::original(2));
    let copy = OFFICE.seal(&specimen::use_copy(2));
    let world = World::issuing(&original, &copy).await;
    for bytes in [&original.ofd, &original.pdf] {
        let answer = world.verify(bytes).await;
        assert_eq!(answer.verdict(), Verdict::Valid, "{:?}", answer.findings);
        assert!(
            answer.specimen
                && answer
                    .text
                    .as_ref()
                    .is_some_and(|text| text.zh.starts_with("【样本】"))
        );
        assert_eq!(
            result(&answer, "register.issued_file"),
            wire::finding::Result::Pass
        );
        assert_eq!(result(&answer, "register.facts"), wire::finding::Result::Pass);
        assert_eq!(answer.family_name, "张");
        let shown = format!("{answer:?}");
        assert!(![NAME, DOCUMENT].iter().any(|secret| shown.contains(secret)));
    }
    for bytes in [&copy.ofd, &copy.pdf] {
        let answer = world.verify(bytes).await;
        assert_eq!(answer.verdict(), Verdict::Valid, "{:?}", answer.findings);
        assert_eq!(result(&answer, "register.facts"), wire::finding::Result::Pass);
        assert!(
            answer
                .use_period
                .is_some_and(|period| period.within && period.copy_id == COPY)
        );
    }

    // 重签: the same facts under another seal. The old file stays authentic, and says that a newer one is there.
    let anew = OFFICE.seal_drawing(&specimen::original(2), 10);
    assert_ne!(anew.ofd, original.ofd);
    world.tell(story::made_anew(&anew.ofd)).await;
    let old = world.verify(&original.ofd).await;
    assert_eq!(old.verdict(), Verdict::Valid, "{:?}", old.findings);
    assert_eq!(
        result(&old, "register.issued_file"),
        wire::finding::Result::Warning
    );
    let new = world.verify(&anew.ofd).await;
    assert_eq!(result(&new, "register.issued_file"), wire::finding::Result::Pass);

    world
        .tell(story::copy(date(2026, 10, 31), Some(world.now())))
        .await;
    assert_eq!(world.verify(&copy.pdf).await.verdict(), Verdict::CopyRevoked);
    assert_eq!(world.verify(&original.pdf).await.verdict(), Verdict::Valid);
    world
        .tell(story::superseded(world.now() - SignedDuration::from_hours(1)))
        .await;
    let old = world.verify(&original.ofd).await;
    assert_eq!(old.verdict(), Verdict::Superseded);
    assert_eq!(old.version.expect("a version").changed_facts, ["employer"]);
    world.tell(story::entry_with(StatusCode::Cancelled)).await;
    assert_eq!(
        world.verify(&original.ofd).await.verdict(),
        Verdict::RegistrationEnded
    );
}

#[tokio::test]
async fn what_is_changed_forged_or_unknown_is_never_confused() {
    let original = OFFICE.seal(&specimen::original(2));
    let copy = OFFICE.seal(&specimen::use_copy(2));
    let world = World::issuing(&original, &copy).await;

    let mut changed = original.pdf.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    let altered = world.verify(&changed).await;
    assert_eq!(altered.verdict(), Verdict::Altered, "{:?}", altered.findings);
    assert_eq!(
        (altered.registration_number.as_str(), altered.family_name.as_str()),
        ("", "")
    );

    let lookalike = Office::open(2).seal(&specimen::original(2));
    let forged = world.verify(&lookalike.ofd).await;
    assert_eq!(forged.verdict(), Verdict::WrongAuthority, "{:?}", forged.findings);
    assert_eq!(
        forged.employer_title, "",
        "a forgery tells nothing about whom it names"
    );

    // Genuine seal, yet other facts than the register's, and no file of its own.
    let other = OFFICE.seal(&specimen::original(3));
    let unknown = world.verify(&other.pdf).await;
    assert_eq!(
        unknown.verdict(),
        Verdict::NotIssuedHere,
        "{:?}",
        unknown.findings
    );
    assert_eq!(result(&unknown, "register.facts"), wire::finding::Result::Fail);

    let neither = world.verify(b"%not a certificate at all").await;
    assert_eq!(neither.verdict(), Verdict::CannotSay, "{:?}", neither.findings);
    assert_eq!(
        result(&neither, "container.format"),
        wire::finding::Result::CannotSay
    );
}

/// Whoever has a stolen key can claim any time of signing; the register's own record says since when the file existed.
#[tokio::test]
async fn the_record_of_the_digest_stands_where_a_claimed_time_does_not() {
    let original = OFFICE.seal(&specimen::original(2));
    let copy = OFFICE.seal(&specimen::use_copy(2));
    let since = story::begun() + SignedDuration::from_mins(30);
    let told = vec![
        Change::VersionChanged(story::version()),
        Change::EntryChanged(story::entry()),
        story::issued(&original.ofd, "", TOKEN),
        story::issued(&original.pdf, "", TOKEN),
        story::copy(date(2026, 10, 31), None),
    ];
    let world = World::compromised(since, told).await;
    for bytes in [&original.ofd, &original.pdf] {
        let answer = world.verify(bytes).await;
        assert_eq!(answer.verdict(), Verdict::Valid, "{:?}", answer.findings);
        assert_eq!(result(&answer, "time.evidence"), wire::finding::Result::Pass);
    }
    // Recorded after the compromise, and never recorded: the same seal, the same claimed time.
    world.advance(std::time::Duration::from_secs(3600));
    let unrecorded = OFFICE.seal(&specimen::original(3));
    world.tell(story::issued(&copy.pdf, COPY, COPY_TOKEN)).await;
    for (bytes, evidence) in [
        (&copy.pdf, wire::finding::Result::Pass),
        (&unrecorded.pdf, wire::finding::Result::Warning),
    ] {
        let answer = world.verify(bytes).await;
        assert_ne!(answer.verdict(), Verdict::Valid, "{:?}", answer.findings);
        assert_eq!(result(&answer, "time.evidence"), evidence);
        let revocation = answer
            .findings
            .iter()
            .find(|finding| finding.check == "chain.revocation");
        assert_eq!(
            revocation.map(|found| found.reason.as_str()),
            Some("compromised_and_time_only_claimed"),
            "{:?}",
            answer.findings
        );
    }
}

#[tokio::test]
async fn an_upload_is_one_header_and_at_most_twenty_mebibytes() {
    let world = World::new(story::whole()).await;
    let chunk = || part(Part::Chunk(vec![b'P'; 1 << 20].into()));
    refused(
        world.upload(vec![chunk()]).await,
        Code::InvalidArgument,
        "UPLOAD_MALFORMED",
    );
    refused(
        world.upload(vec![header(), header()]).await,
        Code::InvalidArgument,
        "UPLOAD_MALFORMED",
    );
    refused(
        world.upload(vec![header()]).await,
        Code::InvalidArgument,
        "UPLOAD_MALFORMED",
    );
    let large = std::iter::once(header())
        .chain((0..21).map(|_| chunk()))
        .collect();
    refused(world.upload(large).await, Code::OutOfRange, "FILE_TOO_LARGE");
    let most = std::iter::once(header())
        .chain((0..20).map(|_| chunk()))
        .collect();
    assert_eq!(
        world.upload(most).await.expect("answered").verdict(),
        Verdict::CannotSay
    );
}
