//! A list is announced; outsiders check it; what was wrong with it is put right by announcements, and both stay.
//!
//! ```text
//!  公告 (A) ──▶ signed list ──▶ anyone, with the public key alone
//!     │                     └─▶ one row with its proof, without the others
//!     ├── 更正公告: B was left out (漏列)          ──▶ B is registered from now on
//!     ├── 更正公告: A's photo was another's (笔误) ──▶ A's next version; the old one was wrong from its beginning
//!     └── 更正公告: A should never have been (原不应公告) ──▶ A's registration has ended
//! ```
//!
//! Proves: the list verifies from outside; one row is proved and the proof names nobody else; two officers correct an
//! announcement, and the old list stays byte for byte and points to its corrections; each fault does to the register what
//! its article says; an old thirteen-character number leads to the present entry and says that it is one.

use announcement_list::{RowProof, SignedList};
use api::registration::v1 as registration;
use api::registration::v1::create_application_request::Details;
use api::types::v1::{ApplicationType, CancellationGround, CorrectedFact, CorrectionNature, Position};
use api::verification::v1::Verdict;
use gm::PublicKey;
use harness::World;
use jiff::ToSpan as _;
use journeys::certificates::issued;
use journeys::refusal;
use registration::application::State;
use registration::{ListingFault, MaterialKind};
use testkit::actors::{Draft, Holder, Officer, request_id};
use testkit::materials::attach_scans;
use testkit::picture::photo_jpeg;
use testkit::stage::Stage;
use testkit::story::{Silent, wire_day};

const PROVINCE: &str = "32";
const PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_checked_from_outside_and_put_right_by_announcements_alone() {
    let world = World::start().await;
    let mut stage = world.stage().await;
    let mut listed = stage.holder(0).await.expect("enrolled");
    let mut left_out = stage.holder(1).await.expect("enrolled");
    let cleared = stage
        .clear_together(&mut [&mut listed, &mut left_out])
        .await
        .expect("cleared");
    let [(first, number), (second, other_number)] = &cleared[..] else {
        panic!("two: {cleared:?}")
    };
    let published = stage.announcing.publish(first).await.expect("announced");
    let announcement = published.announcement.expect("an announcement");
    issued(&listed, published.position).await;

    let before = outsiders_check_it(&stage, &announcement.name, &listed).await;
    the_trust_bundle_names_the_key(&world, &before);
    let seen = one_was_left_out(&stage, &announcement.name, second, &left_out).await;
    an_old_number_leads_to_the_present_entry(&stage, other_number, seen).await;
    a_wrong_photo(&stage, &announcement.name, &listed).await;
    it_should_never_have_been(&stage, &announcement.name, &listed, number).await;

    let after = list(&stage, &announcement.name).await;
    assert_eq!(after, before, "the old list stays as it was");
    let message = registration::GetAnnouncementRequest {
        name: announcement.name.clone(),
    };
    let mut announcements = stage.checker.door.announcements(PROVINCE);
    let shown = announcements
        .get_announcement(message)
        .await
        .expect("public")
        .into_inner();
    let said: Vec<_> = shown
        .announcement
        .expect("an announcement")
        .corrected
        .iter()
        .map(|said| (said.row, said.fault()))
        .collect();
    assert_eq!(
        said,
        [
            (0, ListingFault::Omitted),
            (1, ListingFault::Typo),
            (1, ListingFault::NeverShouldHaveBeen)
        ]
    );
    world.stop().await;
}

async fn keys(stage: &Stage) -> Vec<PublicKey> {
    let mut announcements = stage.checker.door.announcements(PROVINCE);
    let message = registration::ListAnnouncementKeysRequest {};
    let answer = announcements
        .list_announcement_keys(message)
        .await
        .expect("public");
    let read = |key: registration::AnnouncementKey| PublicKey::from_spki(&key.public_key).expect("a key");
    answer.into_inner().keys.into_iter().map(read).collect()
}

async fn list(stage: &Stage, name: &str) -> SignedList {
    let mut announcements = stage.checker.door.announcements(PROVINCE);
    let message = registration::DownloadAnnouncementRequest {
        name: name.to_owned(),
        format: registration::download_announcement_request::Format::Json.into(),
    };
    let file = announcements
        .download_announcement(message)
        .await
        .expect("public");
    SignedList::parse(&file.into_inner().content).expect("a list")
}

async fn outsiders_check_it(stage: &Stage, name: &str, listed: &Holder) -> SignedList {
    let (list, keys) = (list(stage, name).await, keys(stage).await);
    assert_eq!(list.verify(&keys).expect("signed by the province").shown, 1);
    let mut announcements = stage.checker.door.announcements(PROVINCE);
    let message = registration::ProveAnnouncementRowRequest {
        name: name.to_owned(),
        row: 1,
    };
    let proof = announcements
        .prove_announcement_row(message)
        .await
        .expect("public");
    let proof = RowProof::parse(&proof.into_inner().proof).expect("a proof");
    let proved = proof.verify(&keys).expect("on the list");
    assert_eq!(proved.row.name, listed.citizen.person.full_name);
    list
}

/// The program alone, with the bundle that everybody has: no key comes with the list.
fn the_trust_bundle_names_the_key(world: &World, list: &SignedList) {
    let folder = tempfile::tempdir().expect("a folder");
    let verify = |name: &str, bytes: &[u8]| {
        let file = folder.path().join(name);
        std::fs::write(&file, bytes).expect("written");
        let program = harness::program::built().expect("built");
        let mut command = std::process::Command::new(program);
        command.arg("verify-list").arg(&file);
        command.arg("--trust").arg(world.fleet.deployment().trust());
        command.output().expect("it runs").status.success()
    };
    assert!(verify("list.json", &list.to_json()));
    let mut foreign = list.clone();
    foreign.statement.province = "33".to_owned();
    assert!(
        !verify("foreign.json", &foreign.to_json()),
        "the other province's key is another"
    );
}

/// Two officers; returns where the province told the nation.
async fn corrected(
    stage: &Stage,
    announcement: &str,
    row: (ListingFault, i32, &str),
) -> (registration::Announcement, Position) {
    let row = registration::RowCorrection {
        fault: row.0.into(),
        row: row.1,
        application: row.2.to_owned(),
    };
    let (first, second) = (&stage.accepting, &stage.announcing);
    let name = first
        .correct_announcement(announcement, row)
        .await
        .expect("proposed");
    let alone = first.publish_correction(&name).await;
    assert_eq!(refusal(alone), "ANNOUNCEMENT_CORRECTION_SAME_OFFICER");
    let published = second.publish_correction(&name).await.expect("published");
    let correction = published.announcement.expect("an announcement");
    assert_eq!(correction.corrects, announcement);
    list(stage, &correction.name)
        .await
        .verify(&keys(stage).await)
        .expect("signed by the province");
    (correction, published.position.expect("a position"))
}

async fn one_was_left_out(stage: &Stage, announcement: &str, application: &str, person: &Holder) -> Position {
    let row = (ListingFault::Omitted, 0, application);
    let (correction, seen) = corrected(stage, announcement, row).await;
    assert_eq!(correction.rows[0].full_name, person.citizen.person.full_name);
    assert_eq!(issued(person, Some(seen.clone())).await.version, 1);
    seen
}

async fn an_old_number_leads_to_the_present_entry(stage: &Stage, number: &str, seen: Position) {
    let parsed = domain::registration_number::RegistrationNumber::parse(number).expect("a number");
    let old = parsed.short();
    assert_eq!(old.chars().count(), 13);
    let answer = stage
        .checker
        .by_number(&old, Some(seen.clone()))
        .await
        .expect("answered");
    assert_eq!(
        (answer.verdict(), answer.registration_number.as_str()),
        (Verdict::Valid, number)
    );
    let said = answer
        .findings
        .iter()
        .find(|finding| finding.reason == "NUMBER_OLD_FORM");
    let said = said.expect("it says that it is an old form");
    assert_eq!(said.subject, number);
    let whole = stage
        .checker
        .by_number(number, Some(seen))
        .await
        .expect("answered");
    assert_eq!(
        (answer.family_name, answer.employer_title, answer.specialties),
        (whole.family_name, whole.employer_title, whole.specialties),
        "and no more than the number now tells"
    );
}

async fn stands(officer: &Officer, application: &str, state: State) {
    while officer.application(application).await.expect("shown").state() != state {
        tokio::time::sleep(PAUSE).await;
    }
}

async fn a_wrong_photo(stage: &Stage, announcement: &str, holder: &Holder) {
    let draft = Draft {
        kind: ApplicationType::Correction,
        specialties: &[],
        employer: &stage.employer_a.employer.name,
        contract_from: wire_day(holder.citizen.door.clock.today().saturating_sub(30.days())),
    };
    let details = Details::Correction(registration::CorrectionDetails {
        facts: vec![CorrectedFact::Photo.into()],
        nature: CorrectionNature::RegisterError.into(),
        statement: "制证时误用他人照片".to_owned(),
        ..Default::default()
    });
    let name = holder
        .draft_saying(&draft, Some(details))
        .await
        .expect("a draft")
        .name;
    attach_scans(holder, &name, &[MaterialKind::ApplicationForm])
        .await
        .expect("attached");
    holder
        .attach(&name, MaterialKind::Photo, "image/jpeg", &photo_jpeg(2))
        .await
        .expect("attached");
    holder.request_employment(&name).await.expect("handed over");
    stage
        .employer_a
        .confirm_employment(&name)
        .await
        .expect("confirmed");
    holder.submit(&name).await.expect("submitted");
    stage.examine(&name, &[], &mut Silent).await.expect("granted");
    stands(&stage.deciding, &name, State::Cleared).await;
    let (_, seen) = corrected(stage, announcement, (ListingFault::Typo, 1, &name)).await;
    assert_eq!(
        issued(holder, Some(seen)).await.version,
        2,
        "a version with the right photo"
    );
}

async fn it_should_never_have_been(stage: &Stage, announcement: &str, person: &Holder, number: &str) {
    let opener = Holder {
        citizen: stage.accepting.citizen.clone(),
        province: stage.province.clone(),
    };
    let message = registration::OpenCancellationRequest {
        request_id: request_id(),
        person: person.citizen.person_name.clone(),
        specialties: Vec::new(),
        details: Some(registration::CancellationDetails {
            ground: CancellationGround::RegistrationRevoked.into(),
            statement: "撤销决定书 苏建撤〔2026〕1号".to_owned(),
            ..Default::default()
        }),
    };
    let mut cancellations = opener.citizen.door.cancellations(PROVINCE);
    let opened = cancellations
        .open_cancellation(opener.citizen.request(message))
        .await;
    let name = opened
        .expect("opened")
        .into_inner()
        .application
        .expect("a draft")
        .name;
    let scans = [MaterialKind::ApplicationForm, MaterialKind::CancellationProof];
    attach_scans(&opener, &name, &scans).await.expect("attached");
    opener.submit(&name).await.expect("filed");
    stage.reviewing.review(&name).await.expect("reviewed");
    stage.deciding.grant(&name).await.expect("granted");
    stands(&stage.deciding, &name, State::Cleared).await;
    let row = (ListingFault::NeverShouldHaveBeen, 1, name.as_str());
    let (_, seen) = corrected(stage, announcement, row).await;
    let answer = stage
        .checker
        .by_number(number, Some(seen))
        .await
        .expect("answered");
    assert_eq!(answer.verdict(), Verdict::RegistrationEnded);
}
