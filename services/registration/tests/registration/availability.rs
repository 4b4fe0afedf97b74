//! Nobody gets an unexplained "not found": one test or row for each case of docs/availability.md.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use api::exchange::v1::{IssuingState, NationalStanding};
use api::registration::v1 as wire;
use api::types::v1::{ApplicationType, DocumentKind, StatusCode};
use jiff::civil::date;
use tonic::Status;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use wire::{AvailabilityActor as Who, AvailabilityStep as Step, MaterialKind};

use crate::story::{Officers, WATER, scan};
use crate::world::{Actor, Employment, Holder, World, id, in_role, officer, reason, wire as day};

type Answer = Result<wire::ExplainAvailabilityResponse, Status>;

impl World {
    async fn asks(&self, actor: &Actor, message: wire::ExplainAvailabilityRequest) -> Answer {
        let request = self.signed(actor, message);
        Ok(self
            .registrations()
            .explain_availability(request)
            .await?
            .into_inner())
    }

    async fn asks_about(&self, actor: &Actor, holder: &Holder) -> Answer {
        let message = wire::ExplainAvailabilityRequest {
            person: format!("persons/{}", holder.id),
            typed: None,
        };
        self.asks(actor, message).await
    }

    async fn types(&self, actor: &Actor, full_name: &str, document_number: &str) -> Answer {
        let message = wire::ExplainAvailabilityRequest {
            person: String::new(),
            typed: Some(wire::TypedDocument {
                full_name: full_name.to_owned(),
                document_kind: DocumentKind::CitizenIdentityCard.into(),
                document_number: document_number.to_owned(),
            }),
        };
        self.asks(actor, message).await
    }

    /// The nation knows this of somebody.
    fn nation_knows(&self, holder: &Holder, change: impl FnOnce(&mut NationalStanding)) {
        let mut standing = NationalStanding {
            province: "32".to_owned(),
            status_code: StatusCode::Valid.into(),
            since: Some(api::convert::instant(self.now())),
            issuing: IssuingState::Issued.into(),
            licence_identifier: "1.2.156.SPECIMEN".to_owned(),
            ..Default::default()
        };
        change(&mut standing);
        let person = format!("persons/{}", holder.id);
        self.nation.register().standings.insert(person, standing);
    }

    /// The holder asks, and is told this step and who acts next.
    async fn explained(&self, holder: &Holder, step: Step, who: Who) -> wire::ExplainAvailabilityResponse {
        let told = self.explain(holder).await;
        assert_eq!((told.step(), told.actor()), (step, who), "{told:?}");
        let zh = |text: &Option<api::types::v1::BilingualText>| {
            text.as_ref().is_some_and(|text| !text.zh.is_empty())
        };
        assert!(zh(&told.text) && zh(&told.next) && zh(&told.actor_text));
        told
    }
}

impl World {
    /// Returns once the province has the nation's receipt for what it announced.
    async fn receipted(&self, holder: &Holder) {
        while self.explain(holder).await.step() == Step::AnnouncedNotSent {
            tokio::task::yield_now().await;
        }
    }
}

fn applicant(world: &World) -> (Holder, Employment) {
    (world.person(1), world.firm("江苏水利建设有限公司", "32", 1))
}

#[tokio::test]
async fn before_submission_the_person_and_the_employer_are_told_whose_turn_it_is_and_what_is_missing() {
    let world = World::start().await;
    let (holder, firm) = applicant(&world);
    world.explained(&holder, Step::NoQualification, Who::Person).await;
    world.qualify(&holder, WATER, date(2022, 3, 1)).await;
    world.explained(&holder, Step::NotApplied, Who::Person).await;
    let draft = world
        .draft(&holder, ApplicationType::Initial, &[WATER], &firm.name)
        .await;
    let name = draft.expect("a draft").name;
    let told = world.explained(&holder, Step::Draft, Who::Person).await;
    assert_eq!(told.missing_materials.len(), 7);
    for kind in [
        MaterialKind::ApplicationForm,
        MaterialKind::QualificationCertificate,
        MaterialKind::EducationCertificate,
        MaterialKind::IdentityDocument,
        MaterialKind::LabourContract,
    ] {
        let paper = scan("paper");
        world
            .attach(&holder.actor, &name, kind, "application/pdf", &paper)
            .await
            .expect("attached");
    }
    let told = world.explained(&holder, Step::PhotoMissing, Who::Person).await;
    let pictures = [MaterialKind::Photo, MaterialKind::SignatureImage].map(i32::from);
    assert_eq!(told.missing_materials, pictures);
    let photo = testkit::picture::photo_jpeg(7);
    let photo = world
        .attach(&holder.actor, &name, MaterialKind::Photo, "image/jpeg", &photo)
        .await;
    photo.expect("attached");
    let told = world
        .explained(&holder, Step::SignatureImageMissing, Who::Person)
        .await;
    assert_eq!(told.missing_materials, [i32::from(MaterialKind::SignatureImage)]);
    world.attach_missing(&holder, &name).await;
    world.explained(&holder, Step::Draft, Who::Person).await;
    world
        .request_employment(&holder.actor, &name)
        .await
        .expect("handed over");
    let told = world
        .explained(&holder, Step::WaitingForEmployer, Who::Employer)
        .await;
    assert_eq!(told.actor_names, [firm.name.as_str()]);
    let rejected = world
        .confirm_employment(&firm.registrar, &name, false, "合同未签")
        .await;
    rejected.expect("rejected");
    world
        .explained(&holder, Step::RejectedByEmployer, Who::Person)
        .await;
    world
        .request_employment(&holder.actor, &name)
        .await
        .expect("handed over again");
    world
        .confirm_employment(&firm.registrar, &name, true, "")
        .await
        .expect("confirmed");
    world.explained(&holder, Step::ReadyToSubmit, Who::Person).await;
}

#[tokio::test]
async fn while_authorities_examine_it_the_person_is_told_who_and_by_when() {
    let world = World::start().await;
    let (holder, firm) = applicant(&world);
    let officers = Officers::new();
    world.qualify(&holder, WATER, date(2022, 3, 1)).await;
    let name = world
        .submitted(&holder, &firm, ApplicationType::Initial, &[WATER])
        .await;
    let told = world
        .explained(&holder, Step::CompletenessCheck, Who::AcceptingAuthority)
        .await;
    assert_eq!(told.actor_names, ["provinces/32"]);
    let shown = world.application(&holder.actor, &name).await.expect("shown");
    assert!(
        told.due_on.is_some() && told.due_on == shown.due_on,
        "the clock's last working day"
    );
    let points = vec!["学历证书不清晰".to_owned()];
    world
        .request_correction(&officers.acceptor, &name, points.clone())
        .await
        .expect("asked");
    let told = world
        .explained(&holder, Step::CorrectionNeeded, Who::Person)
        .await;
    assert_eq!(told.corrections, points);
    world
        .submit_application(&holder.actor, &name, true)
        .await
        .expect("again");
    world
        .accept_application(&officers.acceptor, &name, "")
        .await
        .expect("accepted");
    let told = world
        .explained(&holder, Step::UnderReview, Who::ReviewingAuthority)
        .await;
    assert!(told.due_on.is_some() && told.paused_since.is_none() && !told.overdue);
    let message = wire::PauseClockRequest {
        request_id: id(),
        name: name.clone(),
        etag: String::new(),
        ground: wire::PauseGround::ExpertReview.into(),
        expected_days: 5,
        reason: "论证业绩材料".to_owned(),
    };
    let paused = world
        .clocks()
        .pause_clock(world.signed(&officers.acceptor, message))
        .await;
    paused.expect("paused");
    let told = world
        .explained(&holder, Step::UnderReview, Who::ReviewingAuthority)
        .await;
    assert_eq!((told.due_on, told.paused_since), (None, Some(day(world.today()))));
    assert!(!told.paused_for.is_empty(), "why time does not count");
    let message = wire::ResumeClockRequest {
        request_id: id(),
        name: name.clone(),
        etag: String::new(),
    };
    let resumed = world
        .clocks()
        .resume_clock(world.signed(&officers.acceptor, message))
        .await;
    resumed.expect("resumed");
    let opinion = wire::Opinion::Favourable;
    world
        .record_review(&officers.reviewer, &name, opinion, "")
        .await
        .expect("reviewed");
    world
        .explained(&holder, Step::UnderJointReview, Who::JointReviewer)
        .await;
    world
        .request_joint_review(&officers.reviewer, &name)
        .await
        .expect("passed on");
    let told = world
        .explained(&holder, Step::UnderJointReview, Who::JointReviewer)
        .await;
    assert_eq!(told.actor_names, ["ministries/water-resources"]);
    world
        .record_joint_review(&officers.water, &name, WATER, opinion)
        .await
        .expect("agreed");
    let told = world
        .explained(&holder, Step::AwaitingDecision, Who::DecidingAuthority)
        .await;
    assert_eq!(told.actor_names, ["ministry"]);
    world.advance(60);
    assert!(world.explain(&holder).await.overdue, "the limit has run out");
    world
        .decide_application(&officers.ministry, &name, false, "业绩不实")
        .await
        .expect("refused");
    world.explained(&holder, Step::Refused, Who::Person).await;
}

#[tokio::test]
async fn between_the_decision_and_the_certificate_each_wait_has_its_own_answer() {
    let world = World::start().await;
    let (holder, firm) = applicant(&world);
    world.qualify(&holder, WATER, date(2022, 3, 1)).await;
    let name = world
        .submitted(&holder, &firm, ApplicationType::Initial, &[WATER])
        .await;
    world.granted(&name).await;
    world
        .explained(&holder, Step::AwaitingPublicity, Who::AnnouncingAuthority)
        .await;
    let publicity = world.open_publicity(&name).await.expect("in publicity");
    let told = world
        .explained(&holder, Step::InPublicity, Who::AnnouncingAuthority)
        .await;
    assert_eq!(told.due_on, publicity.closes_on);
    let message = wire::RaiseObjectionRequest {
        request_id: id(),
        application: name.clone(),
        statement: "社保不在该单位".to_owned(),
        contact: "13800000000".to_owned(),
        ..Default::default()
    };
    let raised = world
        .announcements()
        .raise_objection(message)
        .await
        .expect("raised");
    world
        .explained(&holder, Step::Objected, Who::AnnouncingAuthority)
        .await;
    let message = wire::ResolveObjectionRequest {
        request_id: id(),
        name: raised.into_inner().name,
        upheld: false,
        grounds: "经核查".to_owned(),
    };
    let request = world.signed(&officer("provinces/32"), message);
    world
        .announcements()
        .resolve_objection(request)
        .await
        .expect("resolved");
    world.advance(30);
    world.nation.register().away = true;
    let patience = std::time::Duration::from_millis(300);
    let _nobody_answers = world.close_publicity_within(&publicity.name, patience).await;
    let told = world
        .explained(&holder, Step::AwaitingClearance, Who::Nation)
        .await;
    assert_eq!(told.actor_names, ["nation"]);
    world.nation.register().away = false;
    while world.explain(&holder).await.step() != Step::AwaitingAnnouncement {
        tokio::task::yield_now().await;
    }
    world
        .explained(&holder, Step::AwaitingAnnouncement, Who::AnnouncingAuthority)
        .await;
    world.nation.register().away = true;
    world.publish(&[&name]).await.expect("announced");
    let told = world
        .explained(&holder, Step::AnnouncedNotSent, Who::Nation)
        .await;
    assert!(told.nation_unreachable && told.text.expect("text").zh.contains("已公告"));
    {
        let mut nation = world.nation.register();
        (nation.away, nation.stop) = (false, Some("UNKNOWN_SCHEMA".to_owned()));
    }
    while world.explain(&holder).await.step() != Step::ExchangeStopped {
        tokio::task::yield_now().await;
    }
    let told = world
        .explained(&holder, Step::ExchangeStopped, Who::AnnouncingAuthority)
        .await;
    assert_eq!(told.ground, "UNKNOWN_SCHEMA");
}

/// What only the nation knows of a registration, row by row.
/// What the nation knows of a registration otherwise than before.
type Change = fn(&mut NationalStanding);

#[tokio::test]
async fn a_registration_is_explained_by_what_the_nation_knows_of_it() {
    let world = World::start().await;
    let (holder, firm) = applicant(&world);
    world.registered(&holder, &firm).await;
    world.receipted(&holder).await;
    let told = world
        .explained(&holder, Step::AnnouncedNotIssued, Who::Nation)
        .await;
    assert!(told.since.is_some());
    let rows: [(Change, Step, Who); 15] = [
        (
            |told| told.issuing = IssuingState::Unspecified.into(),
            Step::PicturesMissing,
            Who::Person,
        ),
        (
            |told| told.issuing = IssuingState::Waiting.into(),
            Step::AnnouncedNotIssued,
            Who::Nation,
        ),
        (
            |told| (told.issuing, told.ahead) = (IssuingState::Waiting.into(), 7),
            Step::IssuanceBacklog,
            Who::Nation,
        ),
        (
            |told| told.issuing = IssuingState::Retrying.into(),
            Step::SealUnavailable,
            Who::Nation,
        ),
        (
            |told| {
                told.issuing = IssuingState::Stopped.into();
                told.issuing_reason = "CHARACTER_NOT_DRAWABLE".to_owned();
            },
            Step::IssuanceStopped,
            Who::Nation,
        ),
        (|_| {}, Step::Available, Who::Person),
        (
            |told| {
                told.status_code = StatusCode::Suspended.into();
                told.suspended_until = Some(day(date(2030, 1, 1)));
            },
            Step::Suspended,
            Who::Nation,
        ),
        (
            |told| {
                told.status_code = StatusCode::Lapsed.into();
                told.end_cause = "聘用单位破产".to_owned();
            },
            Step::Lapsed,
            Who::Person,
        ),
        (
            |told| told.status_code = StatusCode::Cancelled.into(),
            Step::Cancelled,
            Who::Person,
        ),
        (
            |told| told.status_code = StatusCode::Revoked.into(),
            Step::Revoked,
            Who::Person,
        ),
        (
            |told| told.status_code = StatusCode::Stripped.into(),
            Step::Stripped,
            Who::Person,
        ),
        (
            |told| told.status_code = StatusCode::Other.into(),
            Step::Ended,
            Who::Person,
        ),
        (
            |told| (told.status_code, told.term_over) = (StatusCode::Lapsed.into(), true),
            Step::Expired,
            Who::Person,
        ),
        (
            |told| (told.term_over, told.renewal_pending) = (true, true),
            Step::RenewalPending,
            Who::DecidingAuthority,
        ),
        (
            |told| told.province = "33".to_owned(),
            Step::Moved,
            Who::OtherProvince,
        ),
    ];
    for (change, step, who) in rows {
        world.nation_knows(&holder, change);
        let told = world.explained(&holder, step, who).await;
        match step {
            Step::IssuanceBacklog => assert_eq!(told.ahead, 7),
            Step::IssuanceStopped => assert_eq!(told.ground, "CHARACTER_NOT_DRAWABLE"),
            Step::Available => assert_eq!(told.licence_identifier, "1.2.156.SPECIMEN"),
            Step::Suspended => assert_eq!(told.until, Some(day(date(2030, 1, 1)))),
            Step::Lapsed => assert_eq!(told.ground, "聘用单位破产"),
            Step::Moved => assert_eq!(told.province, "33"),
            _ => {}
        }
    }
    world.nation.register().standings.clear();
    world.advance(1200);
    let told = world.explained(&holder, Step::Expired, Who::Person).await;
    assert!(!told.nation_unreachable);
}

#[tokio::test]
async fn who_asks_in_this_province_but_is_registered_in_another_is_told_where() {
    let world = World::start().await;
    let holder = world.person(1);
    world.qualify(&holder, WATER, date(2022, 3, 1)).await;
    world.nation_knows(&holder, |told| told.province = "33".to_owned());
    let told = world
        .explained(&holder, Step::RegisteredElsewhere, Who::OtherProvince)
        .await;
    assert_eq!(
        (told.province.as_str(), told.actor_names),
        ("33", vec!["provinces/33".to_owned()])
    );
    world.nation.register().away = true;
    let told = world.explained(&holder, Step::NotApplied, Who::Person).await;
    assert!(
        told.nation_unreachable,
        "what only the nation knows is left out, and that is said"
    );
}

#[tokio::test]
async fn an_application_that_was_not_accepted_is_said_to_be_so() {
    let world = World::start().await;
    let (holder, firm) = applicant(&world);
    world.qualify(&holder, WATER, date(2022, 3, 1)).await;
    let name = world
        .submitted(&holder, &firm, ApplicationType::Initial, &[WATER])
        .await;
    let message = wire::DeclineAcceptanceRequest {
        request_id: id(),
        name,
        etag: String::new(),
        ground: wire::NonAcceptanceGround::NotCompetent.into(),
        grounds: "请向军队主管部门申请".to_owned(),
    };
    let request = world.signed(&Officers::new().acceptor, message);
    world
        .reviews()
        .decline_acceptance(request)
        .await
        .expect("declined");
    world.explained(&holder, Step::NotAccepted, Who::Person).await;
}

#[tokio::test]
async fn a_withdrawn_application_is_said_to_be_withdrawn() {
    let world = World::start().await;
    let (holder, firm) = applicant(&world);
    world.qualify(&holder, WATER, date(2022, 3, 1)).await;
    let name = world
        .submitted(&holder, &firm, ApplicationType::Initial, &[WATER])
        .await;
    world
        .withdraw_application(&holder.actor, &name, "另有安排")
        .await
        .expect("withdrawn");
    world.explained(&holder, Step::Withdrawn, Who::Person).await;
}

/// Beside an application under way the holder learns where the registration stands: a renewal past the term is no lapse.
#[tokio::test]
async fn a_renewal_under_way_is_told_with_the_registration_that_it_keeps() {
    let world = World::start().await;
    let (holder, firm) = applicant(&world);
    world.registered(&holder, &firm).await;
    world.receipted(&holder).await;
    world.nation_knows(&holder, |_| {});
    world.advance(1035);
    let name = world
        .submitted(&holder, &firm, ApplicationType::Renewal, &[WATER])
        .await;
    let told = world
        .explained(&holder, Step::CompletenessCheck, Who::AcceptingAuthority)
        .await;
    assert_eq!(
        (told.registration_step(), told.application),
        (Step::Available, name)
    );
    world.nation_knows(&holder, |told| {
        (told.term_over, told.renewal_pending) = (true, true);
    });
    let told = world.explain(&holder).await;
    assert_eq!(told.registration_step(), Step::RenewalPending);
    assert!(told.registration_text.expect("text").zh.contains("不是失效"));
}

#[tokio::test]
async fn a_registrar_asks_for_their_own_people_and_a_former_employer_learns_only_that_they_left() {
    let world = World::start().await;
    let (holder, old) = applicant(&world);
    let (new, foreign) = (
        world.firm("江苏路桥有限公司", "32", 2),
        world.firm("江苏市政有限公司", "32", 3),
    );
    world.registered(&holder, &old).await;
    world.receipted(&holder).await;
    world.nation_knows(&holder, |_| {});
    let told = world.asks_about(&old.registrar, &holder).await.expect("told");
    assert_eq!(told.step(), Step::Available);
    assert_eq!(
        reason(world.asks_about(&foreign.registrar, &holder).await),
        "NOT_FOUND"
    );
    world.advance(60);
    let name = world.confirmed(&holder, &new, ApplicationType::Change, &[]).await;
    let message = wire::ConfirmTerminationRequest {
        request_id: id(),
        name: name.clone(),
        ended_on: Some(day(world.today())),
    };
    let ended = world
        .applications()
        .confirm_termination(world.signed(&old.registrar, message))
        .await;
    ended.expect("confirmed");
    world
        .submit_application(&holder.actor, &name, true)
        .await
        .expect("submitted");
    world.granted(&name).await;
    while world.explain(&holder).await.step() != Step::AwaitingAnnouncement {
        tokio::task::yield_now().await;
    }
    let position = world
        .publish(&[&name])
        .await
        .expect("announced")
        .position
        .expect("a position");
    world.nation.applied(position.value).await;
    world.receipted(&holder).await;
    let told = world.asks_about(&old.registrar, &holder).await.expect("told");
    assert_eq!(
        (told.step(), told.actor()),
        (Step::SupersededByChange, Who::Nobody)
    );
    assert_eq!(
        (told.application.as_str(), told.licence_identifier.as_str()),
        ("", "")
    );
    assert!(told.since.is_some());
    assert!(world.asks_about(&new.registrar, &holder).await.is_ok());
}

#[tokio::test]
async fn a_name_that_differs_from_the_record_points_to_a_correction() {
    let world = World::start().await;
    let holder = world.person(1);
    let mut written_otherwise = holder.clone();
    written_otherwise.person.full_name = "张叁".to_owned();
    world.qualify(&written_otherwise, WATER, date(2022, 3, 1)).await;
    let told = world.explained(&holder, Step::NameDiffers, Who::Person).await;
    assert!(told.next.expect("text").zh.contains("信息更正"));
    assert!(
        !told.text.expect("text").zh.contains("张叁"),
        "the record's name is not told"
    );
}

#[tokio::test]
async fn the_help_desk_asks_by_what_a_caller_types_and_learns_nothing_beyond_it() {
    let queries = Queries::count();
    let world = World::start().await;
    let (holder, firm) = applicant(&world);
    world.qualify(&holder, WATER, date(2022, 3, 1)).await;
    world
        .submitted(&holder, &firm, ApplicationType::Initial, &[WATER])
        .await;
    let desk = in_role("HELP_DESK", "provinces/32");
    let (name, number) = (&holder.person.full_name, &holder.person.document_number);
    let told = world
        .types(&desk, name, &number.to_lowercase())
        .await
        .expect("told");
    assert_eq!(
        (told.step(), told.application.as_str()),
        (Step::CompletenessCheck, "")
    );
    assert!(told.due_on.is_some() && told.actor() == Who::AcceptingAuthority);
    let told = world.types(&desk, "王五", number).await.expect("told");
    assert_eq!((told.step(), told.since), (Step::NameDiffers, None));

    let unknown = testkit::people::Person::synthetic(2).document_number;
    let mut answers = Vec::new();
    let mut effort = Vec::new();
    for typed in [name.as_str(), "王五"] {
        queries.reset();
        answers.push(world.types(&desk, typed, &unknown).await.expect("told"));
        effort.push(queries.counted());
    }
    assert_eq!(
        answers[0], answers[1],
        "a name without its number tells what an unknown one does"
    );
    assert_eq!(answers[0].step(), Step::NoQualification);
    assert!(
        effort[0] > 0 && effort[0] == effort[1],
        "and costs the same queries: {effort:?}"
    );

    assert_eq!(
        reason(world.asks_about(&desk, &holder).await),
        "PERMISSION_DENIED"
    );
    let typed_by_holder = world.types(&holder.actor, name, number).await;
    assert_eq!(reason(typed_by_holder), "PERMISSION_DENIED");
    let officer = world
        .asks_about(&officer("provinces/32"), &holder)
        .await
        .expect("told");
    assert!(
        !officer.application.is_empty(),
        "officers of the province see the file"
    );
    let foreign = in_role("HELP_DESK", "provinces/33");
    assert_eq!(
        reason(world.types(&foreign, name, number).await),
        "PERMISSION_DENIED"
    );
}

/// Counts the statements of the calls that explain, by the driver's own events.
#[derive(Clone, Default)]
struct Queries(Arc<AtomicUsize>);

impl Queries {
    fn count() -> Self {
        let queries = Self::default();
        let subscriber = tracing_subscriber::registry().with(queries.clone());
        tracing::subscriber::set_global_default(subscriber).expect("each test is its own process");
        queries
    }

    fn reset(&self) {
        self.0.store(0, Ordering::SeqCst);
    }

    fn counted(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> tracing_subscriber::Layer<S> for Queries {
    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        let in_a_call = context
            .event_scope(event)
            .is_some_and(|mut scope| scope.any(|span| span.name() == "call"));
        if event.metadata().target().starts_with("sqlx::query") && in_a_call {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}
