//! A change of employer (153号 art 13).

use api::exchange::v1::provincial_event::Event;
use api::registration::v1 as wire;
use api::types::v1::ApplicationType;

use crate::story::WATER;
use crate::world::{Employment, Holder, World, id, reason, wire as day};

async fn registered() -> (World, Holder, Employment, Employment) {
    let world = World::start().await;
    let holder = world.person(1);
    let (old, new) = (
        world.firm("江苏水利建设有限公司", "32", 1),
        world.firm("江苏路桥有限公司", "32", 2),
    );
    world.registered(&holder, &old).await;
    world.advance(60);
    (world, holder, old, new)
}

#[tokio::test]
async fn a_change_needs_the_old_employer_s_word_and_keeps_the_validity() {
    let (world, holder, old, new) = registered().await;
    let before = world.registration(&holder).await.expect("registered");
    let name = world.confirmed(&holder, &new, ApplicationType::Change, &[]).await;
    assert_eq!(
        reason(world.submit_application(&holder.actor, &name, true).await),
        "TERMINATION_NOT_SHOWN"
    );
    let end = |actor| {
        let message = wire::ConfirmTerminationRequest {
            request_id: id(),
            name: name.clone(),
            ended_on: Some(day(world.today())),
        };
        (actor, message)
    };
    let (foreign, message) = end(&new.registrar);
    let refused = world
        .applications()
        .confirm_termination(world.signed(foreign, message))
        .await;
    assert_eq!(reason(refused), "NOT_FOUND");
    let (rightful, message) = end(&old.registrar);
    world
        .applications()
        .confirm_termination(world.signed(rightful, message))
        .await
        .expect("confirmed");
    world
        .submit_application(&holder.actor, &name, true)
        .await
        .expect("submitted");
    world.granted(&name).await;
    // This profile publicises no change: the nation clears it after the decision.
    while world
        .application(&holder.actor, &name)
        .await
        .expect("shown")
        .state()
        != wire::application::State::Cleared
    {
        tokio::task::yield_now().await;
    }
    let position = world
        .publish(&[&name])
        .await
        .expect("announced")
        .position
        .expect("a position");
    world.nation.applied(position.value).await;
    let after = world.registration(&holder).await.expect("registered");
    assert_eq!(
        (after.employer.as_str(), &after.registration_number),
        (new.name.as_str(), &before.registration_number)
    );
    assert_eq!(after.specialties, before.specialties);
    assert_eq!(after.licence_identifier, "");
    let event = world
        .nation
        .register()
        .events
        .last()
        .cloned()
        .expect("an event")
        .event;
    let Some(Event::Announced(announced)) = event else {
        panic!("an announcement")
    };
    assert_eq!(
        (announced.employer, announced.specialties),
        (after.employer, before.specialties)
    );
}

#[tokio::test]
async fn a_paper_takes_the_place_of_an_old_employer_who_does_not_answer() {
    let (world, holder, _, new) = registered().await;
    let message = wire::CreateApplicationRequest {
        termination: wire::TerminationEvidence::ArbitralAward.into(),
        ..world.drafting(ApplicationType::Change, &[], &new.name)
    };
    let created = world
        .applications()
        .create_application(world.signed(&holder.actor, message))
        .await;
    let name = created
        .expect("a draft")
        .into_inner()
        .application
        .expect("an application")
        .name;
    world.attach_missing(&holder, &name).await;
    let kind = wire::MaterialKind::TerminationProof;
    world
        .attach(
            &holder.actor,
            &name,
            kind,
            "application/pdf",
            &crate::story::scan("award"),
        )
        .await
        .expect("attached");
    world
        .request_employment(&holder.actor, &name)
        .await
        .expect("handed over");
    world
        .confirm_employment(&new.registrar, &name, true, "")
        .await
        .expect("confirmed");
    let shown = world
        .submit_application(&holder.actor, &name, true)
        .await
        .expect("submitted");
    assert_eq!(shown.termination(), wire::TerminationEvidence::ArbitralAward);
}

#[tokio::test]
async fn nobody_is_registered_twice() {
    let (world, holder, _, new) = registered().await;
    let name = world
        .confirmed(&holder, &new, ApplicationType::Initial, &[WATER])
        .await;
    let refused = world
        .submit_application(&holder.actor, &name, true)
        .await
        .expect_err("refused");
    let details = tonic_types::StatusExt::get_error_details(&refused);
    let rules: Vec<_> = details
        .bad_request()
        .expect("violations")
        .field_violations
        .iter()
        .map(|one| one.field.as_str())
        .collect();
    assert_eq!(rules, ["TWO_EMPLOYERS"]);
}
