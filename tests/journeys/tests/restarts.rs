//! Processes that are killed at the worst moment, and come back.
//!
//! ```text
//!  江苏 registration ── outbox ──▶ nation issuance ── intents ──▶ seal
//!        ✂ after 公告                 ✂ while it issues            ✂ while copies are made
//!                                         └── feed ──▶ verification ✂
//! ```
//!
//! Proves: what was announced arrives although the province dies with its outbox full and the nation was away; what
//! the nation applied is issued although it dies on the way; nothing is doubled: one act, one certificate version, one
//! pair of documents, one signature for each intent; a call that a draining process took is finished; a verifying
//! replica that comes back knows everything again; whoever reports SERVING again knows what verifies tokens.

use api::issuance::v1 as issuance;
use api::registration::v1 as registration;
use api::registration::v1::{AvailabilityStep, MaterialKind};
use api::verification::v1::Verdict;
use bytes::Bytes;
use harness::{PROVINCE, Role, SignalName, World};
use journeys::books::Books;
use journeys::certificates::{RECIPIENT, both, file_known, issued, tender_copy};
use journeys::refusal;
use testkit::actors::{Holder, request_id, sm3_hex};
use testkit::stage::Stage;
use testkit::story::Announced;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

fn registration() -> Role {
    Role::Registration(PROVINCE.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_and_nothing_doubled_when_processes_are_killed() {
    let mut world = World::start().await;
    let mut stage = world.stage().await;
    let mut holders = Vec::new();
    for ordinal in 0..4 {
        holders.push(stage.holder(ordinal).await.expect("enrolled"));
    }
    let mut all: Vec<&mut Holder> = holders.iter_mut().collect();
    stage.sign_in_again().await.expect("signed in");
    for holder in &mut all {
        holder.citizen.sign_in().await.expect("signed in");
    }
    let cleared = stage.clear_together(&mut all).await.expect("cleared");
    let [first, others @ ..] = cleared.as_slice() else {
        panic!("four were cleared")
    };

    let mut announced =
        province_killed_with_its_outbox_full(&mut world, &mut stage, others, &holders[1..]).await;
    announced.insert(
        0,
        nation_killed_while_it_issues(&mut world, &stage, first, &holders[0]).await,
    );
    for (holder, announced) in holders.iter_mut().zip(&announced) {
        holder.citizen.sign_in().await.expect("signed in");
        issued(holder, Some(announced.position.clone())).await;
    }
    nothing_doubled(&world, 4, 0).await;
    seal_killed_while_a_copy_is_made(&mut world, &stage, &mut holders[0]).await;
    verification_killed(&mut world, &stage, &announced).await;
    a_draining_province_finishes_what_it_took(&mut world, &mut stage).await;
    nothing_doubled(&world, 4, 2).await;
    world.stop().await;
}

async fn publish(stage: &Stage, cleared: &(String, String)) -> Announced {
    let published = stage.announcing.publish(&cleared.0).await.expect("announced");
    Announced {
        application: cleared.0.clone(),
        registration_number: cleared.1.clone(),
        announcement: published.announcement.expect("an announcement").number,
        position: published.position.expect("a position"),
    }
}

/// Three announcements while the nation is away; the province dies right after the third is answered.
async fn province_killed_with_its_outbox_full(
    world: &mut World,
    stage: &mut Stage,
    cleared: &[(String, String)],
    holders: &[Holder],
) -> Vec<Announced> {
    world
        .fleet
        .end(&Role::Issuance, SignalName::Kill)
        .await
        .expect("killed");
    let mut announced = Vec::new();
    for one in cleared {
        announced.push(publish(stage, one).await);
    }
    world
        .fleet
        .end(&registration(), SignalName::Kill)
        .await
        .expect("killed");
    let positions: Vec<u64> = announced.iter().map(|one| one.position.value).collect();
    assert!(
        positions.windows(2).all(|pair| pair[1] == pair[0] + 1),
        "without a gap: {positions:?}"
    );

    world
        .fleet
        .restart(&registration())
        .await
        .expect("it comes back without the nation");
    let explained = holders[0].explain().await.expect("answered");
    assert_eq!(explained.step(), AvailabilityStep::AnnouncedNotSent);
    world
        .fleet
        .restart(&Role::Issuance)
        .await
        .expect("the nation comes back");
    holders[0].certificates(None).await.expect("answered");
    for one in &announced {
        let seen = Some(one.position.clone());
        let answer = stage
            .checker
            .by_number(&one.registration_number, seen)
            .await
            .expect("answered");
        assert_eq!(answer.verdict(), Verdict::Valid, "{}", one.announcement);
    }
    announced
}

/// The nation has applied the announcement and dies; whatever step its documents had reached is taken up again.
async fn nation_killed_while_it_issues(
    world: &mut World,
    stage: &Stage,
    cleared: &(String, String),
    holder: &Holder,
) -> Announced {
    let announced = publish(stage, cleared).await;
    let seen = Some(announced.position.clone());
    let answer = stage
        .checker
        .by_number(&announced.registration_number, seen.clone())
        .await
        .expect("answered");
    world
        .fleet
        .end(&Role::Issuance, SignalName::Kill)
        .await
        .expect("killed");
    assert_eq!(answer.verdict(), Verdict::Valid);
    world.fleet.restart(&Role::Issuance).await.expect("it comes back");
    holder.certificates(None).await.expect("answered");
    let certificate = issued(holder, seen).await;
    assert_eq!(certificate.version, 1);
    announced
}

/// One version for each person, one pair of documents and two signatures for each original and copy.
async fn nothing_doubled(world: &World, originals: i64, copies: i64) {
    let issuance = Books::open(world, &Role::Issuance).await;
    let sets = originals + copies;
    let versions = issuance
        .count("SELECT count(*) FROM issuing.certificate_version")
        .await;
    let people = issuance
        .count("SELECT count(DISTINCT person) FROM issuing.certificate_version")
        .await;
    let acts = issuance.count("SELECT count(*) FROM register.act").await;
    assert_eq!(
        (versions, people, acts),
        (originals, originals, originals),
        "versions, people, acts"
    );
    let jobs = issuance
        .count("SELECT count(*) FROM issuing.job WHERE state = 'issued'")
        .await;
    let open = issuance
        .count("SELECT count(*) FROM issuing.job WHERE state <> 'issued'")
        .await;
    let intents = issuance.count("SELECT count(*) FROM issuing.intent").await;
    let documents = issuance.count("SELECT count(*) FROM issuing.document").await;
    assert_eq!(
        (jobs, open, intents, documents),
        (sets, 0, sets, 2 * sets),
        "jobs, open jobs, intents, documents"
    );
    let inbox = issuance.count("SELECT count(*) FROM shared.inbox").await;
    let seal = Books::open(world, &Role::Seal).await;
    let acts = seal.count("SELECT count(*) FROM seal.act").await;
    let signatures = seal.count("SELECT count(*) FROM seal.signature").await;
    assert_eq!(
        (acts, signatures),
        (2 * sets, 2 * sets),
        "acts of sealing, signatures"
    );
    let province = Books::open(world, &registration()).await;
    let outbox = province.count("SELECT count(*) FROM shared.outbox").await;
    let receipted = province
        .count("SELECT coalesce(max(sequence), 0) FROM shared.outbox_receipt")
        .await;
    assert_eq!(
        (inbox, receipted),
        (outbox, outbox),
        "sent, applied once, receipted"
    );
}

/// The copy is wanted while nobody can seal; it is made when the keeper of the seals is back, once.
async fn seal_killed_while_a_copy_is_made(world: &mut World, stage: &Stage, holder: &mut Holder) {
    let certificate = issued(holder, None).await;
    world
        .fleet
        .end(&Role::Seal, SignalName::Kill)
        .await
        .expect("killed");
    holder.citizen.step_up().await.expect("a fresh second factor");
    let message = issuance::CreateUseCopyRequest {
        request_id: request_id(),
        certificate: certificate.name.clone(),
        purpose: issuance::Purpose::Tender.into(),
        purpose_reference: "JS-2026-0500".to_owned(),
        recipient: RECIPIENT.to_owned(),
    };
    let mut client = holder.citizen.door.certificates();
    let mut impatient = holder.citizen.request(message.clone());
    impatient.set_timeout(std::time::Duration::from_millis(700));
    match client.create_use_copy(impatient).await {
        Ok(answer) => {
            let copy = answer.into_inner().copy.expect("a copy");
            assert_eq!(
                copy.state(),
                issuance::use_copy::State::Making,
                "nobody can have sealed it"
            );
        }
        Err(status) => assert!(
            matches!(
                status.code(),
                tonic::Code::DeadlineExceeded | tonic::Code::Unavailable | tonic::Code::Cancelled
            ),
            "{status:?}"
        ),
    }
    world.fleet.restart(&Role::Seal).await.expect("it comes back");
    holder.citizen.step_up().await.expect("a fresh second factor");
    let answer = client
        .create_use_copy(holder.citizen.request(message))
        .await
        .expect("the same request again");
    let copy = answer.into_inner().copy.expect("a copy");
    assert_eq!(copy.state(), issuance::use_copy::State::Ready);
    let (ofd, pdf) = both(holder, &copy.name).await;
    assert_eq!(file_known(&stage.checker, &ofd).await.verdict(), Verdict::Valid);
    assert_eq!(file_known(&stage.checker, &pdf).await.verdict(), Verdict::Valid);
    let again = tender_copy(holder, &certificate.name, "JS-2026-0500")
        .await
        .expect("a copy");
    assert_eq!(again.name, copy.name, "and no second one");
    tender_copy(holder, &certificate.name, "JS-2026-0501")
        .await
        .expect("sealing goes on");
}

async fn verification_killed(world: &mut World, stage: &Stage, announced: &[Announced]) {
    let mut before = Vec::new();
    for one in announced {
        before.push(
            stage
                .checker
                .by_number(&one.registration_number, None)
                .await
                .expect("answered"),
        );
    }
    world
        .fleet
        .end(&Role::Verification, SignalName::Kill)
        .await
        .expect("killed");
    world
        .fleet
        .restart(&Role::Verification)
        .await
        .expect("it serves when it has caught up");
    let log = std::fs::read_to_string(world.folder().join("deployment/logs/verification.log"))
        .expect("it has a log");
    assert!(
        log.contains("the snapshot is read"),
        "it goes on from what it had kept"
    );
    for (one, before) in announced.iter().zip(&before) {
        let after = stage
            .checker
            .by_number(&one.registration_number, None)
            .await
            .expect("answered");
        let position = |answer: &api::verification::v1::Verification| {
            answer
                .as_of
                .as_ref()
                .and_then(|as_of| as_of.position.clone())
                .map(|position| position.value)
        };
        assert!(
            position(&after) >= position(before),
            "never behind what it has said"
        );
        assert_eq!(
            (after.verdict(), &after.version),
            (before.verdict(), &before.version)
        );
        assert_eq!(
            (&after.employer_title, &after.specialties),
            (&before.employer_title, &before.specialties)
        );
    }
}

/// A scan with a comment of so many bytes.
fn large_scan(comment: usize) -> Vec<u8> {
    let (scan, end) = (testkit::materials::SCAN, b"%%EOF\n");
    let start = scan.len() - end.len();
    let line = vec![b'x'; comment];
    [&scan[..start], b"%", &line, b"\n", end].concat()
}

/// SIGTERM in the middle of an upload: the upload is finished and answered, then the process ends.
async fn a_draining_province_finishes_what_it_took(world: &mut World, stage: &mut Stage) {
    stage.sign_in_again().await.expect("signed in");
    let holder = stage.holder(9).await.expect("enrolled");
    stage.sign_in_again().await.expect("signed in");
    stage.qualify(&holder).await.expect("imported");
    let application = stage.draft_initial(&holder).await.expect("drafted");
    // Far more than a connection buffers: when all but the end is accepted, the service is reading.
    let content = large_scan(8 << 20);
    let header = registration::MaterialHeader {
        request_id: request_id(),
        application: application.clone(),
        kind: MaterialKind::LabourContract.into(),
        media_type: "application/pdf".to_owned(),
        digest: sm3_hex(&content),
        ..Default::default()
    };
    let (sender, receiver) = mpsc::channel(1);
    let request = holder.citizen.request(ReceiverStream::new(receiver));
    let mut applications = holder.citizen.door.applications(PROVINCE);
    let part = |part| registration::AttachMaterialRequest { part: Some(part) };
    let first = registration::attach_material_request::Part::Header(header);
    let chunks: Vec<&[u8]> = content.chunks(64 << 10).collect();
    let (most, rest) = chunks.split_at(chunks.len() - 2);
    let chunk = |bytes: &[u8]| {
        part(registration::attach_material_request::Part::Chunk(
            Bytes::copy_from_slice(bytes),
        ))
    };
    let role = registration();
    let upload = applications.attach_material(request);
    let ending = async {
        sender.send(part(first)).await.expect("the call goes on");
        for bytes in most {
            sender.send(chunk(bytes)).await.expect("the call goes on");
        }
        let finishing = async move {
            for bytes in rest {
                let read_on = sender.send(chunk(bytes)).await;
                read_on.expect("a draining process reads on");
            }
        };
        tokio::join!(world.fleet.end(&role, SignalName::Term), finishing).0
    };
    let (answer, ended) = tokio::join!(upload, ending);
    ended.expect("it ends by itself");
    let material = answer
        .expect("finished and answered")
        .into_inner()
        .material
        .expect("a material");
    assert_eq!(material.size_bytes, content.len() as u64);
    let while_away = holder.application(&application).await;
    assert!(while_away.is_err(), "nobody answers");

    world.fleet.restart(&role).await.expect("it comes back");
    let kept = holder.application(&application).await.expect("answered");
    assert_eq!(kept.materials.len(), 1);
    assert_eq!(kept.materials[0].digest, material.digest);
    let mut neighbour = stage.holder(10).await.expect("enrolled");
    neighbour.citizen.sign_in().await.expect("signed in");
    assert_eq!(refusal(neighbour.application(&application).await), "NOT_FOUND");
}
