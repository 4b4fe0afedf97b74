//! From a qualification to a verified registration, through public RPCs only.
//!
//! ```text
//!  holder ─▶ employer A ─▶ 江苏 (province 32) ─▶ water resources ─▶ ministry ─▶ 公示 ─▶ 公告 ─▶ nation ─▶ checker
//! ```
//!
//! Proves: nobody gets an unexplained "not found" on the way; a person is registered at the announcement and not
//! before; the nation has it as soon as it has seen the announcement's position; whoever asks sees what the public may
//! see, and nothing more; a replayed request has no second effect; what is not one's own is not there.

use api::registration::v1 as registration;
use api::registration::v1::AvailabilityStep as Step;
use api::registration::v1::ExplainAvailabilityResponse;
use api::types::v1::{Specialty, StatusCode};
use api::verification::v1::{NameMatch, Verdict};
use harness::World;
use jiff::ToSpan as _;
use journeys::{refusal, refused};
use testkit::actors::{Holder, reason, request_id};
use testkit::materials::attach_for_initial;
use testkit::stage::Stage;
use testkit::story::{Announced, day};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_constructor_is_registered_at_the_announcement_and_can_be_verified_by_anyone() {
    let world = World::start().await;
    let mut stage = world.stage().await;
    let mut holder = stage.holder(0).await.expect("enrolled");

    let application = to_the_submission(&stage, &holder).await;
    through_the_authorities(&stage, &holder, &application).await;
    let announced = to_the_announcement(&mut stage, &mut holder, application).await;
    the_public_sees_what_it_may(&stage, &holder, &announced).await;
    others_see_nothing(&stage, &announced).await;
    world.stop().await;
}

/// Where it stands, said in both languages, with what to do next.
async fn explained(holder: &Holder, expected: Step) -> ExplainAvailabilityResponse {
    let answer = holder.explain().await.expect("explained");
    assert_eq!(answer.step(), expected);
    for text in [&answer.text, &answer.next] {
        let text = text.as_ref().expect("a text");
        assert!(!text.zh.is_empty() && !text.en.is_empty(), "{expected:?}");
    }
    answer
}

async fn to_the_submission(stage: &Stage, holder: &Holder) -> String {
    explained(holder, Step::NoQualification).await;
    stage.qualify(holder).await.expect("imported");
    explained(holder, Step::NotApplied).await;
    let application = stage.draft_initial(holder).await.expect("drafted");
    assert_eq!(explained(holder, Step::Draft).await.application, application);
    attach_for_initial(holder, &application).await.expect("attached");
    holder
        .request_employment(&application)
        .await
        .expect("handed over");
    explained(holder, Step::WaitingForEmployer).await;

    // The employer sends it back once, with a reason.
    let rejection = registration::ConfirmEmploymentRequest {
        request_id: request_id(),
        name: application.clone(),
        confirmed: false,
        reason: "合同期限填写有误".to_owned(),
    };
    let clerk = &stage.employer_a.citizen;
    clerk
        .door
        .applications(&stage.province)
        .confirm_employment(clerk.request(rejection))
        .await
        .expect("rejected");
    explained(holder, Step::RejectedByEmployer).await;
    holder
        .request_employment(&application)
        .await
        .expect("handed over again");
    stage
        .employer_a
        .confirm_employment(&application)
        .await
        .expect("confirmed");
    explained(holder, Step::ReadyToSubmit).await;
    holder.submit(&application).await.expect("submitted");
    explained(holder, Step::CompletenessCheck).await;
    application
}

async fn through_the_authorities(stage: &Stage, holder: &Holder, application: &str) {
    // 一次性告知: everything that is missing is told once.
    stage
        .accepting
        .request_correction(application, &["劳动合同缺少签章页"])
        .await
        .expect("told");
    explained(holder, Step::CorrectionNeeded).await;
    holder.submit(application).await.expect("submitted again");
    let again = stage
        .accepting
        .request_correction(application, &["还缺一页"])
        .await;
    assert_eq!(refusal(again), "CORRECTION_ALREADY_REQUESTED");
    stage.accepting.accept(application).await.expect("accepted");
    let answer = explained(holder, Step::UnderReview).await;
    assert!(
        answer.due_on.is_some(),
        "the authority has a day by which it must have reviewed"
    );
    stage.reviewing.review(application).await.expect("reviewed");
    explained(holder, Step::UnderJointReview).await;
    stage
        .reviewing
        .request_joint_review(application)
        .await
        .expect("passed on");
    explained(holder, Step::UnderJointReview).await;
    stage
        .water
        .joint_review(application, Specialty::WaterAndHydropower)
        .await
        .expect("agreed");
    explained(holder, Step::AwaitingDecision).await;
    stage.deciding.grant(application).await.expect("granted");
    explained(holder, Step::AwaitingPublicity).await;
}

async fn to_the_announcement(stage: &mut Stage, holder: &mut Holder, application: String) -> Announced {
    let publicity = stage
        .announcing
        .open_publicity(&application)
        .await
        .expect("opened");
    assert_eq!(
        explained(holder, Step::InPublicity).await.due_on,
        publicity.closes_on
    );
    // Anybody may object while the window is open; what is answered goes on.
    let mut announcements = holder.citizen.door.announcements(&stage.province);
    let objection = registration::RaiseObjectionRequest {
        request_id: request_id(),
        application: application.clone(),
        statement: "该同志的业绩需要核实".to_owned(),
        contact: "邮编214000".to_owned(),
        ..Default::default()
    };
    let objection = announcements
        .raise_objection(objection)
        .await
        .expect("raised")
        .into_inner()
        .name;
    explained(holder, Step::Objected).await;
    let answer = registration::ResolveObjectionRequest {
        request_id: request_id(),
        name: objection,
        upheld: false,
        grounds: "经核实，业绩属实".to_owned(),
    };
    announcements
        .resolve_objection(stage.announcing.citizen.request(answer))
        .await
        .expect("dismissed");
    explained(holder, Step::InPublicity).await;

    let early = stage.announcing.close_publicity(&publicity.name).await;
    assert_eq!(refusal(early), "PUBLICITY_OPEN");
    let unpublished = stage.announcing.publish(&application).await;
    assert_eq!(refusal(unpublished), "APPLICATION_STATE");
    holder
        .citizen
        .door
        .clock
        .advance_to_morning_of(day(publicity.closes_on).saturating_add(1.day()));
    stage.sign_in_again().await.expect("signed in");
    holder.citizen.sign_in().await.expect("signed in");
    let outcomes = stage
        .announcing
        .close_publicity(&publicity.name)
        .await
        .expect("closed");
    assert!(outcomes.iter().all(|outcome| outcome.cleared), "{outcomes:?}");
    let registration_number = outcomes[0].registration_number.clone();
    explained(holder, Step::AwaitingAnnouncement).await;
    let before = stage
        .checker
        .by_number(&registration_number, None)
        .await
        .expect("answered");
    assert_eq!(
        before.verdict(),
        Verdict::NotFound,
        "cleared is not yet registered"
    );

    let announced = publish_twice(stage, &application, registration_number).await;
    available(holder).await;
    announced
}

/// The same request gives the same answer and no second announcement; another body under its id is refused.
async fn publish_twice(stage: &Stage, application: &str, registration_number: String) -> Announced {
    let officer = &stage.announcing.citizen;
    let request = registration::PublishAnnouncementRequest {
        request_id: request_id(),
        applications: vec![application.to_owned()],
    };
    let mut announcements = officer.door.announcements(&stage.province);
    let first = announcements
        .publish_announcement(officer.request(request.clone()))
        .await
        .expect("published");
    let second = announcements
        .publish_announcement(officer.request(request.clone()))
        .await
        .expect("published");
    let (first, second) = (first.into_inner(), second.into_inner());
    assert_eq!(first, second);
    let other_body = vec![application.replace("applications/0", "applications/1")];
    let other = registration::PublishAnnouncementRequest {
        applications: other_body,
        ..request
    };
    assert_eq!(
        refusal(announcements.publish_announcement(officer.request(other)).await),
        "REQUEST_ID_REUSED"
    );
    let other = registration::OpenPublicityRequest {
        request_id: request_id(),
        applications: vec![application.to_owned()],
    };
    let again = announcements.open_publicity(officer.request(other)).await;
    assert_eq!(
        refusal(again),
        "APPLICATION_STATE",
        "what is announced stays announced"
    );
    let announcement = first.announcement.expect("an announcement");
    assert_eq!(announcement.rows.len(), 1);
    assert_eq!(announcement.rows[0].registration_number, registration_number);
    let position = first.position.expect("a position");
    Announced {
        application: application.to_owned(),
        registration_number,
        announcement: announcement.number,
        position,
    }
}

/// From the announcement on every answer is one of the last steps, in their order, until the certificate is there.
async fn available(holder: &Holder) {
    let way = |step: Step| match step {
        Step::AnnouncedNotSent => Some(0),
        Step::AnnouncedNotIssued | Step::IssuanceBacklog | Step::SealUnavailable => Some(1),
        Step::Available => Some(2),
        _ => None,
    };
    let mut furthest = way(Step::AnnouncedNotSent);
    for _ in 0..400 {
        let answer = holder.explain().await.expect("explained");
        let reached = way(answer.step());
        assert!(reached.is_some() && reached >= furthest, "{:?}", answer.step());
        furthest = reached;
        if furthest == way(Step::Available) {
            assert!(!answer.licence_identifier.is_empty());
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("the certificate did not become available; it stands at {furthest:?}");
}

async fn the_public_sees_what_it_may(stage: &Stage, holder: &Holder, announced: &Announced) {
    let seen = Some(announced.position.clone());
    let answer = stage
        .checker
        .by_number(&announced.registration_number, seen.clone())
        .await
        .expect("answered");
    assert_eq!(answer.verdict(), Verdict::Valid);
    assert_eq!(answer.status_code(), StatusCode::Valid);
    assert_eq!(answer.employer_title, stage.employer_a.employer.title);
    assert_eq!(answer.specialties.len(), 1);
    assert!(answer.specialties[0].living);

    let person = &holder.citizen.person;
    assert!(person.full_name.starts_with(&answer.family_name));
    let public = format!("{answer:?}");
    assert!(
        !public.contains(&person.document_number),
        "the number is not the public's"
    );
    assert!(!public.contains(&person.full_name), "nor the whole name");

    let matching = stage
        .checker
        .by_document(&person.document_number, &person.full_name, seen.clone())
        .await;
    assert_eq!(matching.expect("answered").name_match(), NameMatch::Match);
    let other = stage
        .checker
        .by_document(&person.document_number, "张三丰", seen.clone())
        .await
        .expect("answered");
    let nobody = stage
        .checker
        .by_document("11010519491231002X", "张三丰", seen)
        .await
        .expect("answered");
    assert_eq!(
        other.verdict(),
        Verdict::NotFound,
        "a wrong name and an unknown number get one answer"
    );
    assert_eq!((other.verdict(), other.text), (nobody.verdict(), nobody.text));
}

async fn others_see_nothing(stage: &Stage, announced: &Announced) {
    let stranger = stage.holder(1).await.expect("enrolled");
    let status = refused(stranger.application(&announced.application).await);
    assert_eq!(reason(&status), "NOT_FOUND");
    let (folder, _) = announced.application.rsplit_once('/').expect("a resource name");
    let nothing = refused(
        stranger
            .application(&format!("{folder}/00000000-0000-7000-8000-000000000000"))
            .await,
    );
    assert_eq!(
        (status.code(), reason(&nothing)),
        (nothing.code(), reason(&status)),
        "as if it were not there"
    );
}
