//! A renewal inside its window (153号 art 12; 行政许可法 art 50).

use api::convert::Read as _;
use api::exchange::v1::provincial_event::Event;
use api::registration::v1 as wire;
use api::types::v1::ApplicationType;
use jiff::ToSpan as _;
use jiff::civil::{Date, date};

use crate::filing::{BUILDING, registered};
use crate::story::WATER;
use crate::world::World;

#[tokio::test]
async fn a_renewal_waits_for_its_window_adds_three_years_and_tells_the_nation_that_it_is_pending() {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    world.registered(&holder, &firm).await;
    let before = world.registration(&holder).await.expect("registered");
    let end: Date = before
        .specialties
        .first()
        .expect("a term")
        .valid_to
        .read("valid_to")
        .expect("a day");
    let check = async || {
        let message = wire::CheckEligibilityRequest {
            r#type: ApplicationType::Renewal.into(),
            specialties: vec![WATER.into()],
            employer: firm.name.clone(),
        };
        let answer = world
            .applications()
            .check_eligibility(world.signed(&holder.actor, message))
            .await;
        answer.expect("judged").into_inner()
    };
    let early = check().await;
    assert!(!early.eligible);
    let opens: Date = early.from.read("from").expect("a day");
    assert_eq!(opens, end.checked_sub(90.days()).expect("in range"));
    let name = world
        .confirmed(&holder, &firm, ApplicationType::Renewal, &[WATER])
        .await;
    let refused = world
        .submit_application(&holder.actor, &name, true)
        .await
        .expect_err("too early");
    let details = tonic_types::StatusExt::get_error_details(&refused);
    let violation = details
        .bad_request()
        .expect("violations")
        .field_violations
        .first()
        .expect("one")
        .clone();
    assert_eq!(violation.field, "RENEWAL_TOO_EARLY");

    let days = world.today().until(opens).expect("in range").get_days();
    world.advance(u64::try_from(days).expect("ahead"));
    assert!(check().await.eligible);
    world
        .submit_application(&holder.actor, &name, true)
        .await
        .expect("in time");
    world.granted(&name).await;
    let pending = world.nation.register().events.last().cloned();
    assert!(pending.is_none_or(|event| !matches!(event.event, Some(Event::RenewalClosed(_)))));
    let closed = world.publicised(&name).await;
    assert!(
        closed.outcomes.iter().all(|outcome| outcome.cleared),
        "{closed:?}"
    );
    let position = world
        .publish(&[&name])
        .await
        .expect("announced")
        .position
        .expect("a position");
    world.nation.applied(position.value).await;
    let events = world.nation.register().events.clone();
    let kinds: Vec<_> = events.iter().filter_map(|event| event.event.as_ref()).collect();
    assert!(
        matches!(
            kinds.as_slice(),
            [
                Event::Announced(_),
                Event::RenewalAccepted(_),
                Event::Announced(_)
            ]
        ),
        "{kinds:?}"
    );
    let after = world.registration(&holder).await.expect("registered");
    let renewed: Date = after
        .specialties
        .first()
        .expect("a term")
        .valid_to
        .read("valid_to")
        .expect("a day");
    assert_eq!(renewed, end.checked_add(3.years()).expect("in range"));
    assert_eq!(after.registration_number, before.registration_number);
}

#[tokio::test]
async fn a_renewal_of_one_of_two_specialties_tells_the_nation_of_that_one_alone() {
    let (world, holder, firm) = registered().await;
    world.advance(40);
    world.qualify(&holder, BUILDING, date(2022, 3, 1)).await;
    let addition = world
        .submitted(&holder, &firm, ApplicationType::Addition, &[BUILDING])
        .await;
    world.granted(&addition).await;
    world.publicised(&addition).await;
    world.announced(&holder, &addition).await;
    let before = world.registration(&holder).await.expect("registered").specialties;
    let term = |all: &[api::types::v1::SpecialtyValidity], wanted| {
        let found = all.iter().find(|one| one.specialty() == wanted).copied();
        found.expect("registered")
    };
    let end: Date = term(&before, WATER).valid_to.read("valid_to").expect("a day");

    let days = world
        .today()
        .until(end.saturating_sub(80.days()))
        .expect("in range")
        .get_days();
    world.advance(u64::try_from(days).expect("ahead"));
    let renewal = world
        .submitted(&holder, &firm, ApplicationType::Renewal, &[WATER])
        .await;
    world.granted(&renewal).await;
    world.publicised(&renewal).await;
    let told = world.announced(&holder, &renewal).await;
    let after = world.registration(&holder).await.expect("registered").specialties;
    assert_eq!(
        told.specialties,
        [term(&after, WATER)],
        "the renewed one, as the register has it"
    );
    assert_eq!(
        world.asked(&renewal).specialties,
        told.specialties,
        "as it was cleared"
    );
    assert_eq!(
        term(&after, WATER).valid_to,
        Some(end.saturating_add(3.years()).into())
    );
    assert_eq!(
        term(&after, BUILDING),
        term(&before, BUILDING),
        "the other one stays"
    );
}
