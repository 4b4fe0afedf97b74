//! Moves between provinces, from the side of the province that the person comes to, and of the one they leave.

use api::exchange::v1 as exchange;
use api::exchange::v1::provincial_event::Event;
use api::exchange::v1::pull_changes_response::Event as News;
use api::registration::v1 as wire;
use api::types::v1 as types;
use api::types::v1::ApplicationType;
use jiff::ToSpan as _;
use wire::application::State;

use crate::story::WATER;
use crate::world::{Employment, Holder, World, id, officer, reason, wire as day};

/// Somebody registered in Zhejiang, and the two firms.
async fn from_zhejiang(policy: &'static str) -> (World, Holder, Employment, Employment) {
    let world = World::start_under(policy).await;
    let holder = world.person(1);
    let (old, new) = (
        world.firm("浙江水利建设有限公司", "33", 1),
        world.firm("江苏水利建设有限公司", "32", 2),
    );
    let today = world.today();
    let entry = exchange::NationalEntry {
        registration_number: "浙1332018202000007".to_owned(),
        province: "33".to_owned(),
        employer: old.name.clone(),
        employer_title: "浙江水利建设有限公司".to_owned(),
        specialties: vec![types::SpecialtyValidity {
            specialty: WATER.into(),
            valid_from: Some(day(today.saturating_sub(1.year()))),
            valid_to: Some(day(today.saturating_add(2.years()))),
        }],
        ..Default::default()
    };
    let person = format!("persons/{}", holder.id);
    world.nation.register().entries.insert(person, entry);
    (world, holder, old, new)
}

async fn submitted(world: &World, holder: &Holder, old: &Employment, new: &Employment) -> String {
    let name = world.confirmed(holder, new, ApplicationType::Change, &[]).await;
    let message = wire::ConfirmTerminationRequest {
        request_id: id(),
        name: name.clone(),
        ended_on: Some(day(world.today())),
    };
    let request = world.signed(&old.registrar, message);
    world
        .applications()
        .confirm_termination(request)
        .await
        .expect("the old employer's word counts here");
    world
        .submit_application(&holder.actor, &name, true)
        .await
        .expect("submitted");
    name
}

async fn cleared(world: &World, holder: &Holder, name: &str) -> wire::Application {
    loop {
        let shown = world.application(&holder.actor, name).await.expect("shown");
        if shown.state() == State::Cleared {
            return shown;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_move_is_filed_where_the_new_employer_is_on_the_entry_that_the_nation_tells() {
    let (world, holder, old, new) = from_zhejiang("provincial-publicity").await;
    world.nation.register().away = true;
    let away = world
        .draft(&holder, ApplicationType::Change, &[], &new.name)
        .await;
    assert_eq!(
        away.expect_err("the nation cannot be asked").code(),
        tonic::Code::Unavailable
    );
    world.nation.register().away = false;
    let name = submitted(&world, &holder, &old, &new).await;
    let shown = world.application(&holder.actor, &name).await.expect("shown");
    assert_eq!(
        (shown.moves_from.as_str(), &shown.previous_employer),
        ("33", &old.name)
    );
    assert_eq!(
        shown.specialties,
        [i32::from(WATER)],
        "what is registered there moves"
    );
    assert_eq!(
        world.nation.register().readings.last(),
        Some(&(name.clone(), format!("persons/{}", holder.id))),
        "the reading names the application in hand"
    );
    world.granted(&name).await;
    let cleared = cleared(&world, &holder, &name).await;
    assert_eq!(
        cleared.registration_number, "苏1332018202000007",
        "digits stay, the prefix moves"
    );
    let published = world.publish(&[&name]).await.expect("announced");
    world
        .nation
        .applied(published.position.expect("a position").value)
        .await;
    let here = world.registration(&holder).await.expect("registered here");
    assert_eq!(
        (&here.employer, here.registration_number.as_str()),
        (&new.name, "苏1332018202000007")
    );
    assert_eq!(here.employer_title, "江苏水利建设有限公司");
}

#[tokio::test]
async fn who_is_registered_elsewhere_can_change_to_here_and_nothing_else() {
    let (world, holder, _, new) = from_zhejiang("provincial-publicity").await;
    let check = || {
        let message = wire::CheckEligibilityRequest {
            employer: new.name.clone(),
            ..Default::default()
        };
        let request = world.signed(&holder.actor, message);
        let mut client = world.applications();
        async move { client.check_eligibility(request).await }
    };
    world.nation.register().away = true;
    let away = check().await.expect_err("the nation cannot be asked");
    assert_eq!(away.code(), tonic::Code::Unavailable);
    world.nation.register().away = false;
    let options = check().await.expect("judged").into_inner().options;
    let rules = |kind: ApplicationType| -> Vec<String> {
        let of_kind = options
            .iter()
            .filter(|one| one.r#type() == kind && one.specialty() == WATER);
        let failed = of_kind.flat_map(|one| &one.failed_rules);
        failed.map(|failed| failed.rule.clone()).collect()
    };
    assert!(rules(ApplicationType::Change).is_empty(), "{options:?}");
    for (kind, rule) in [
        (ApplicationType::Initial, "TWO_EMPLOYERS"),
        (ApplicationType::Renewal, "OTHER_EMPLOYER"),
    ] {
        assert!(
            rules(kind).iter().any(|failed| failed == rule),
            "{kind:?}: {:?}",
            rules(kind)
        );
    }
}

#[tokio::test]
async fn a_move_is_cancelled_before_its_announcement_and_its_clearance_given_back() {
    let (world, holder, old, new) = from_zhejiang("provincial-publicity").await;
    let name = submitted(&world, &holder, &old, &new).await;
    let cancel = |actor| {
        let message = wire::CancelMoveRequest {
            request_id: id(),
            name: name.clone(),
            reason: "不再调动".to_owned(),
        };
        let request = world.signed(actor, message);
        let mut client = world.terminations();
        async move { client.cancel_move(request).await }
    };
    assert_eq!(
        reason(cancel(&holder.actor).await),
        "APPLICATION_STATE",
        "before the decision one withdraws"
    );
    world.granted(&name).await;
    cleared(&world, &holder, &name).await;
    let outsider = officer("ministry");
    assert_eq!(reason(cancel(&outsider).await), "WRONG_AUTHORITY");
    let answer = cancel(&holder.actor).await.expect("cancelled").into_inner();
    assert_eq!(
        answer.application.expect("it comes back").state(),
        State::Withdrawn
    );
    world.nation.applied(1).await;
    let event = world
        .nation
        .register()
        .events
        .last()
        .cloned()
        .expect("an event")
        .event;
    let Some(Event::ClearanceReleased(released)) = event else {
        panic!("the nation is told: {event:?}")
    };
    assert_eq!(
        (&released.application, released.reason.as_str()),
        (&name, "MOVE_CANCELLED")
    );
    while !world.nation.register().released.contains(&name) {
        tokio::task::yield_now().await;
    }
    assert_eq!(reason(world.publish(&[&name]).await), "APPLICATION_STATE");
}

#[tokio::test]
async fn the_province_that_is_left_is_told_when_a_move_begins_is_cancelled_and_ends() {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    world.registered(&holder, &firm).await;
    let person = format!("persons/{}", holder.id);
    let begun = || {
        News::MoveBegun(exchange::MoveBegun {
            person: person.clone(),
            to_province: "33".to_owned(),
        })
    };
    let becomes = async |moving: &str, moved: &str| loop {
        let here = world.registration(&holder).await.expect("still on record");
        if (here.moving_to.as_str(), here.moved_to.as_str()) == (moving, moved) {
            break;
        }
        tokio::task::yield_now().await;
    };
    world.nation.tell(begun());
    becomes("33", "").await;
    world.nation.tell(News::MoveCancelled(exchange::MoveCancelled {
        person: person.clone(),
    }));
    becomes("", "").await;
    world.nation.tell(begun());
    world
        .nation
        .tell(News::MovedAway(exchange::RegistrationMovedAway {
            person: person.clone(),
            to_province: "33".to_owned(),
        }));
    becomes("", "33").await;
    assert_eq!(world.explain(&holder).await.step(), wire::AvailabilityStep::Moved);
}

#[tokio::test]
async fn where_people_cancel_and_register_again_a_change_is_refused_at_once_with_what_to_do() {
    let (world, holder, _, new) = from_zhejiang("ministry-direct").await;
    let refused = world
        .draft(&holder, ApplicationType::Change, &[], &new.name)
        .await;
    let details = tonic_types::StatusExt::get_error_details(&refused.expect_err("refused"));
    let violations = details
        .bad_request()
        .expect("violations")
        .field_violations
        .clone();
    let [violation] = violations.as_slice() else {
        panic!("one rule: {violations:?}")
    };
    assert_eq!(violation.field, "CHANGE_NOT_OFFERED");
    assert!(violation.description.contains("注销注册") && violation.description.contains("重新注册"));
    // Once cancelled, the person registers anew: the way that the refusal names is open.
    world.nation.register().entries.clear();
    world.qualify(&holder, WATER, jiff::civil::date(2022, 3, 1)).await;
    let name = world
        .submitted(&holder, &new, ApplicationType::Reregistration, &[WATER])
        .await;
    let shown = world.application(&holder.actor, &name).await.expect("shown");
    assert_eq!(
        (shown.state(), shown.policy.as_str()),
        (State::Submitted, "ministry-direct 1")
    );
}
