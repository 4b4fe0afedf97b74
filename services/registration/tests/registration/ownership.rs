//! Whose file it is, and what a repeated call does.

use api::registration::v1 as wire;
use api::types::v1::ApplicationType;
use jiff::civil::date;
use wire::application::{ClaimState, State};

use crate::story::{Officers, WATER};
use crate::world::{World, reason};

#[tokio::test]
async fn a_file_is_not_there_for_whom_it_does_not_concern() {
    let world = World::start().await;
    let (holder, other) = (world.person(1), world.person(2));
    let (firm, rival) = (
        world.firm("江苏水利建设有限公司", "32", 1),
        world.firm("江苏路桥有限公司", "32", 2),
    );
    world.qualify(&holder, WATER, date(2022, 3, 1)).await;
    let name = world
        .draft(&holder, ApplicationType::Initial, &[WATER], &firm.name)
        .await
        .expect("a draft")
        .name;
    world
        .request_employment(&holder.actor, &name)
        .await
        .expect("handed over");
    let not_found = "NOT_FOUND";
    assert_eq!(reason(world.application(&other.actor, &name).await), not_found);
    assert_eq!(
        reason(world.application(&rival.registrar, &name).await),
        not_found
    );
    assert_eq!(
        reason(world.withdraw_application(&other.actor, &name, "不再办理").await),
        not_found
    );
    assert_eq!(
        reason(world.confirm_employment(&rival.registrar, &name, true, "").await),
        not_found
    );
    let kind = wire::MaterialKind::LabourContract;
    let attached = world
        .attach(
            &other.actor,
            &name,
            kind,
            "application/pdf",
            &crate::story::scan(""),
        )
        .await;
    assert_eq!(reason(attached), not_found);
    assert_eq!(
        reason(world.confirm_employment(&holder.actor, &name, true, "").await),
        "CALLER_NOT_ALLOWED"
    );
    assert_eq!(
        reason(world.accept_application(&holder.actor, &name, "").await),
        "CALLER_NOT_ALLOWED"
    );
    assert!(world.application(&firm.registrar, &name).await.is_ok());
    let of = |employer: &str| wire::ListApplicationsRequest {
        employer: employer.to_owned(),
        ..Default::default()
    };
    let waiting = world
        .applications()
        .list_applications(world.signed(&firm.registrar, of(&firm.name)))
        .await;
    assert_eq!(waiting.expect("listed").into_inner().applications.len(), 1);
    let spied = world
        .applications()
        .list_applications(world.signed(&rival.registrar, of(&firm.name)))
        .await;
    assert_eq!(reason(spied), "PERMISSION_DENIED");
}

#[tokio::test]
async fn a_repeated_request_has_no_second_effect_and_its_id_is_good_for_nothing_else() {
    let world = World::start().await;
    let (holder, other) = (world.person(1), world.person(2));
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    for one in [&holder, &other] {
        world.qualify(one, WATER, date(2022, 3, 1)).await;
    }
    let message = world.drafting(ApplicationType::Initial, &[WATER], &firm.name);
    let create = async |actor, message| {
        let answer = world
            .applications()
            .create_application(world.signed(actor, message))
            .await?;
        Ok::<_, tonic::Status>(answer.into_inner().application.expect("an application"))
    };
    let first = create(&holder.actor, message.clone()).await.expect("made");
    let again = create(&holder.actor, message.clone()).await.expect("told again");
    assert_eq!(first, again);
    assert_eq!(
        reason(create(&other.actor, message.clone()).await),
        "REQUEST_ID_REUSED"
    );
    let changed = wire::CreateApplicationRequest {
        contract_to: message.contract_from,
        ..message
    };
    assert_eq!(reason(create(&holder.actor, changed).await), "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn a_withdrawal_gives_the_claim_back_and_frees_the_person() {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    world.qualify(&holder, WATER, date(2022, 3, 1)).await;
    let name = world
        .submitted(&holder, &firm, ApplicationType::Initial, &[WATER])
        .await;
    let officers = Officers::new();
    world
        .accept_application(&officers.acceptor, &name, "")
        .await
        .expect("accepted");
    assert!(world.nation.register().claims.contains_key(&name));
    assert_eq!(
        reason(world.withdraw_application(&holder.actor, &name, "").await),
        "GROUNDS_MISSING"
    );
    let shown = world
        .withdraw_application(&holder.actor, &name, "另择单位")
        .await
        .expect("withdrawn");
    assert_eq!(
        (shown.state(), shown.withdrawal_reason.as_str()),
        (State::Withdrawn, "另择单位")
    );
    while world
        .application(&holder.actor, &name)
        .await
        .expect("shown")
        .claim_state()
        != ClaimState::Released
    {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.nation.register().released, [name]);
    world
        .draft(&holder, ApplicationType::Initial, &[WATER], &firm.name)
        .await
        .expect("another draft");
}

#[tokio::test]
async fn while_the_nation_is_away_acceptance_goes_on_and_a_conflict_stops_the_file() {
    let world = World::start().await;
    let holder = world.person(1);
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    world.qualify(&holder, WATER, date(2022, 3, 1)).await;
    let name = world
        .submitted(&holder, &firm, ApplicationType::Initial, &[WATER])
        .await;
    let officers = Officers::new();
    world.nation.register().away = true;
    let shown = world
        .accept_application(&officers.acceptor, &name, "")
        .await
        .expect("accepted");
    assert_eq!(shown.claim_state(), ClaimState::Pending);
    {
        let mut register = world.nation.register();
        (register.away, register.conflict) = (false, true);
    }
    while world
        .application(&holder.actor, &name)
        .await
        .expect("shown")
        .claim_state()
        != ClaimState::Conflict
    {
        tokio::task::yield_now().await;
    }
    let review = world
        .record_review(&officers.reviewer, &name, wire::Opinion::Favourable, "")
        .await;
    assert_eq!(reason(review), "CLAIM_NOT_HELD");
}
