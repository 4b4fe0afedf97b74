//! From a qualification to the announcement.

use api::exchange::v1::provincial_event::Event;
use api::registration::v1 as wire;
use api::types::v1::ApplicationType;
use jiff::civil::date;
use wire::AvailabilityStep as Step;
use wire::application::{ClaimState, State};

use crate::story::{Officers, WATER};
use crate::world::{World, id, officer, reason};

#[tokio::test]
async fn an_initial_registration_goes_from_qualification_to_announcement_and_every_step_is_explained() {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    let officers = Officers::new();
    let step = async |expected: Step| assert_eq!(world.explain(&holder).await.step(), expected);

    step(Step::NoQualification).await;
    world.qualify(&holder, WATER, date(2022, 3, 1)).await;
    step(Step::NotApplied).await;
    let draft = world
        .draft(&holder, ApplicationType::Initial, &[WATER], &firm.name)
        .await
        .expect("a draft");
    assert_eq!(draft.missing_materials.len(), 7, "{:?}", draft.missing_materials);
    let name = draft.name.as_str();
    step(Step::Draft).await;
    world.attach_missing(&holder, name).await;
    world
        .request_employment(&holder.actor, name)
        .await
        .expect("handed over");
    step(Step::WaitingForEmployer).await;
    world
        .confirm_employment(&firm.registrar, name, true, "")
        .await
        .expect("confirmed");
    step(Step::ReadyToSubmit).await;
    let submitted = world
        .submit_application(&holder.actor, name, true)
        .await
        .expect("submitted");
    assert_eq!(submitted.policy, "provincial-publicity 1");
    assert!(submitted.due_on.is_some() && submitted.missing_materials.is_empty());
    step(Step::CompletenessCheck).await;
    let accepted = world
        .accept_application(&officers.acceptor, name, "")
        .await
        .expect("accepted");
    assert_eq!(
        (accepted.state(), accepted.claim_state()),
        (State::Accepted, ClaimState::Held)
    );
    step(Step::UnderReview).await;
    world
        .record_review(&officers.reviewer, name, wire::Opinion::Favourable, "")
        .await
        .expect("reviewed");
    world
        .request_joint_review(&officers.reviewer, name)
        .await
        .expect("passed on");
    step(Step::UnderJointReview).await;
    world
        .record_joint_review(&officers.water, name, WATER, wire::Opinion::Favourable)
        .await
        .expect("agreed");
    step(Step::AwaitingDecision).await;
    world
        .decide_application(&officers.ministry, name, true, "")
        .await
        .expect("granted");
    step(Step::AwaitingPublicity).await;
    let publicity = world.open_publicity(name).await.expect("in publicity");
    step(Step::InPublicity).await;
    assert_eq!(
        reason(world.close_publicity(&publicity.name).await),
        "PUBLICITY_OPEN"
    );
    world.advance(30);
    let closed = world.close_publicity(&publicity.name).await.expect("closed");
    let outcome = closed.outcomes.first().expect("an outcome");
    assert!(
        outcome.cleared && outcome.registration_number.starts_with("苏1322022"),
        "{outcome:?}"
    );
    step(Step::AwaitingAnnouncement).await;

    world.nation.register().away = true;
    let published = world.publish(&[name]).await.expect("announced");
    step(Step::AnnouncedNotSent).await;
    world.nation.register().away = false;
    let position = published.position.expect("a position");
    assert_eq!((position.stream.as_str(), position.value), ("provinces/32", 1));
    world.nation.applied(1).await;
    world.nation.issue(name, "1.2.156.SPECIMEN");
    while world.explain(&holder).await.step() != Step::Available {
        tokio::task::yield_now().await;
    }

    let announcement = published.announcement.expect("an announcement");
    let row = announcement.rows.first().expect("a row");
    assert!(
        announcement.number.starts_with("苏建注公告〔"),
        "{}",
        announcement.number
    );
    assert_eq!(
        (&row.full_name, &row.registration_number),
        (&holder.person.full_name, &outcome.registration_number)
    );
    let event = world.nation.register().events.first().cloned().expect("an event");
    let Some(Event::Announced(event)) = event.event else {
        panic!("an announcement: {event:?}")
    };
    let (cleared, clearance) = world
        .nation
        .register()
        .cleared
        .get(name)
        .cloned()
        .expect("cleared");
    assert_eq!(
        (event.application_hash, event.clearance_id),
        (cleared.application_hash, clearance.clearance_id)
    );
    assert_eq!(
        (event.decided_by.as_str(), event.announced_by.as_str()),
        ("ministry", "provinces/32")
    );
    assert_eq!(event.person, format!("persons/{}", holder.id));
    assert!(cleared.photo.is_some_and(|photo| {
        photo.content
            == material_content::photo(&testkit::picture::photo_jpeg(7))
                .expect("a photo")
                .content
    }));
    let registration = world.registration(&holder).await.expect("registered");
    assert_eq!(registration.licence_identifier, "1.2.156.SPECIMEN");
    assert_eq!(registration.specialties, event.specialties);
}

#[tokio::test]
async fn anybody_may_read_an_announcement_and_nothing_but_its_five_facts() {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    world.registered(&holder, &firm).await;
    let listed = world
        .announcements()
        .list_announcements(wire::ListAnnouncementsRequest::default())
        .await;
    let listed = listed.expect("public").into_inner().announcements;
    let [announcement] = listed.as_slice() else {
        panic!("one announcement: {listed:?}")
    };
    let message = wire::GetAnnouncementRequest {
        name: announcement.name.clone(),
    };
    let read = world
        .announcements()
        .get_announcement(message)
        .await
        .expect("public")
        .into_inner()
        .announcement;
    assert_eq!(read.as_ref(), Some(announcement));
    let text = format!("{announcement:?}");
    assert!(
        !text.contains(&holder.person.document_number) && !text.contains(&holder.id.to_string()),
        "{text}"
    );
}

#[tokio::test]
async fn an_objection_upheld_sends_the_file_back_to_review_and_a_dismissed_one_lets_publicity_run() {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    world.qualify(&holder, WATER, date(2022, 3, 1)).await;
    let name = world
        .submitted(&holder, &firm, ApplicationType::Initial, &[WATER])
        .await;
    world.granted(&name).await;
    world.open_publicity(&name).await.expect("in publicity");
    for (upheld, expected) in [(false, State::Publicized), (true, State::Accepted)] {
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
            .expect("raised")
            .into_inner()
            .name;
        assert_eq!(world.explain(&holder).await.step(), Step::Objected);
        let message = wire::ResolveObjectionRequest {
            request_id: id(),
            name: raised,
            upheld,
            grounds: "经核查".to_owned(),
        };
        let request = world.signed(&officer("provinces/32"), message);
        world
            .announcements()
            .resolve_objection(request)
            .await
            .expect("resolved");
        let shown = world.application(&holder.actor, &name).await.expect("shown");
        assert_eq!(shown.state(), expected);
    }
    // Reviewed and decided anew, it may be publicised again.
    let officers = Officers::new();
    world
        .record_review(&officers.reviewer, &name, wire::Opinion::Favourable, "")
        .await
        .expect("reviewed");
}

#[tokio::test]
async fn what_the_nation_does_not_clear_goes_back_to_review_with_its_reason() {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    world.qualify(&holder, WATER, date(2022, 3, 1)).await;
    let name = world
        .submitted(&holder, &firm, ApplicationType::Initial, &[WATER])
        .await;
    world.granted(&name).await;
    world.nation.register().denial = Some("ALREADY_REGISTERED".to_owned());
    let closed = world.publicised(&name).await;
    let outcome = closed.outcomes.first().expect("an outcome");
    assert!(
        !outcome.cleared && outcome.reason == "ALREADY_REGISTERED",
        "{outcome:?}"
    );
    assert_eq!(
        world
            .application(&holder.actor, &name)
            .await
            .expect("shown")
            .state(),
        State::Accepted
    );
    assert_eq!(reason(world.publish(&[&name]).await), "APPLICATION_STATE");
}

#[tokio::test]
async fn closing_waits_for_the_nation_as_long_as_the_caller_does_and_for_nobody_who_is_away() {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    world.qualify(&holder, WATER, date(2022, 3, 1)).await;
    let name = world
        .submitted(&holder, &firm, ApplicationType::Initial, &[WATER])
        .await;
    world.granted(&name).await;
    let publicity = world.open_publicity(&name).await.expect("in publicity").name;
    world.advance(30);
    let outcome =
        |closed: wire::ClosePublicityResponse| closed.outcomes.first().cloned().expect("an outcome");

    world.nation.register().away = true;
    let closed = world.close_publicity(&publicity).await.expect("closed");
    assert_eq!(outcome(closed).reason, "PENDING", "the nation is away");
    world.nation.register().stumbles = usize::MAX;
    world.nation.register().away = false;
    let patience = std::time::Duration::from_millis(1500);
    let closed = world.close_publicity_within(&publicity, patience).await;
    assert_eq!(
        outcome(closed.expect("closed")).reason,
        "PENDING",
        "past the deadline"
    );
    world.nation.register().stumbles = 3;
    let closed = world.close_publicity(&publicity).await.expect("closed");
    assert!(outcome(closed).cleared, "a definite answer");
}

#[tokio::test]
async fn a_name_that_no_font_can_draw_is_refused_with_its_code_point() {
    let world = World::start_drawing(None).await;
    let mut person = testkit::people::Person::synthetic(1);
    person.full_name = "王\u{1E900}".to_owned();
    let holder = world.enrolled(person);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    world.qualify(&holder, WATER, date(2022, 3, 1)).await;
    let refused = world
        .draft(&holder, ApplicationType::Initial, &[WATER], &firm.name)
        .await
        .expect_err("refused");
    let info = tonic_types::StatusExt::get_details_error_info(&refused).expect("a reason");
    assert_eq!(info.reason, "NAME_CANNOT_BE_DRAWN");
    assert_eq!(
        info.metadata.get("code_points").map(String::as_str),
        Some("U+1E900")
    );
    let told = info.metadata.get("text_zh").expect("what to do");
    assert!(told.contains("U+1E900") && told.contains("请"), "{told}");
}
