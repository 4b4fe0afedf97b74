//! Cancellation under the practice of 2018: the employer's confirmation completes it.

use api::exchange::v1::provincial_event::Event;
use api::registration::v1::application::State;
use api::registration::v1::create_application_request::Details;
use api::types::v1::{ApplicationType, CancellationGround};
use jiff::civil::date;

use crate::filing::{BUILDING, on_ground};
use crate::world::{World, officer, reason};

#[tokio::test]
async fn under_the_practice_of_2018_the_employer_s_confirmation_completes_it() {
    let world = World::start_under("ministry-direct").await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    world.qualify(&holder, BUILDING, date(2022, 3, 1)).await;
    let initial = world
        .submitted(&holder, &firm, ApplicationType::Initial, &[BUILDING])
        .await;
    let (accepting, deciding) = (officer("ministry"), officer("ministry"));
    world
        .accept_application(&accepting, &initial, "")
        .await
        .expect("accepted");
    world
        .decide_application(&deciding, &initial, true, "")
        .await
        .expect("granted");
    world.stands(&holder, &initial, State::Cleared).await;
    world.publish_as(&deciding, &[&initial]).await.expect("announced");

    let wish = Some(Details::Cancellation(on_ground(CancellationGround::OwnWish)));
    let kind = ApplicationType::Cancellation;
    let name = world
        .say(&holder, &firm, kind, (&[], wish))
        .await
        .expect("a draft")
        .name;
    world
        .request_employment(&holder.actor, &name)
        .await
        .expect("handed over");
    let confirm = async || world.confirm_employment(&firm.registrar, &name, true, "").await;
    assert_eq!(reason(confirm().await), "COMMITMENT_MISSING");
    world
        .confirm_employment(&firm.registrar, &name, false, "请先承诺")
        .await
        .expect("rejected");
    world
        .hand_over(&holder.actor, &name, true)
        .await
        .expect("handed over");
    assert_eq!(reason(confirm().await), "MATERIALS_MISSING");
    world.attach_missing(&holder, &name).await;
    world.nation.register().away = true;
    assert_eq!(confirm().await.expect("confirmed").state(), State::Completing);
    assert_eq!(
        reason(world.withdraw_application(&holder.actor, &name, "反悔").await),
        "APPLICATION_STATE"
    );
    world.nation.register().away = false;
    world.stands(&holder, &name, State::Completed).await;
    let events = world.nation.register().events.len() as u64;
    world.nation.applied(events.max(2)).await;
    let told = world
        .nation
        .register()
        .events
        .last()
        .cloned()
        .expect("an event")
        .event;
    let Some(Event::Completed(told)) = told else {
        panic!("a completion: {told:?}")
    };
    assert!(told.announcement_number.is_empty() && told.cancellation.is_some_and(|terms| terms.whole));
    assert_eq!(told.decided_by, "ministry");
    let after = world.registration(&holder).await.expect("remembered");
    assert!(after.ended_at.is_some());
}

#[tokio::test]
async fn what_the_nation_refuses_goes_back_to_the_person_and_says_why() {
    let world = World::start_under("ministry-direct").await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    world.qualify(&holder, BUILDING, date(2022, 3, 1)).await;
    let initial = world
        .submitted(&holder, &firm, ApplicationType::Initial, &[BUILDING])
        .await;
    let (accepting, deciding) = (officer("ministry"), officer("ministry"));
    world
        .accept_application(&accepting, &initial, "")
        .await
        .expect("accepted");
    world
        .decide_application(&deciding, &initial, true, "")
        .await
        .expect("granted");
    world.stands(&holder, &initial, State::Cleared).await;
    world.publish_as(&deciding, &[&initial]).await.expect("announced");
    let wish = Some(Details::Cancellation(on_ground(CancellationGround::OwnWish)));
    let drafted = world
        .say(&holder, &firm, ApplicationType::Cancellation, (&[], wish))
        .await;
    let name = drafted.expect("a draft").name;
    world.attach_missing(&holder, &name).await;
    world
        .hand_over(&holder.actor, &name, true)
        .await
        .expect("handed over");
    world.nation.register().denial = Some("REGISTRATION_ENDED".to_owned());
    world
        .confirm_employment(&firm.registrar, &name, true, "")
        .await
        .expect("confirmed");
    world.stands(&holder, &name, State::Draft).await;
    let shown = world.application(&holder.actor, &name).await.expect("shown");
    assert_eq!(shown.returns, ["REGISTRATION_ENDED"]);
}
