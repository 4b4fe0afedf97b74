//! 对账: the mirror of Jiangsu compared with the nation's register.

use api::registration::v1 as registration;
use harness::{Role, World};
use registration::differing_row::State as Repair;
use registration::reconciliation::State;
use testkit::actors::{Citizen, request_id};
use testkit::stage::Stage;

use crate::books::Books;
use crate::refusal;

const PAUSE: std::time::Duration = std::time::Duration::from_millis(50);
/// Orders of a comparison while news are on their way.
const ORDERS: u32 = 10;
const LOOKS: u32 = 400;

/// Every registration is the same on both sides, after whatever the story did.
///
/// # Panics
/// If not.
pub async fn the_registers_agree(stage: &mut Stage) {
    stage.sign_in_again().await.expect("signed in");
    let equal = compared(&stage.accepting.citizen, &stage.province, true).await;
    assert_eq!(equal.state(), State::Equal, "{:?}", equal.rows);
    assert!(!equal.receipt_signature.is_empty(), "with the nation's word");
}

/// Every registration is the same on both sides, after whatever the story did; one that is changed behind everybody's back
/// is found and repaired by two officers.
///
/// # Panics
/// If not.
pub async fn the_registers_agree_and_a_tampered_row_is_repaired(world: &World, stage: &mut Stage) {
    stage.sign_in_again().await.expect("signed in");
    let (first, second) = (&stage.accepting.citizen, &stage.reviewing.citizen);
    let equal = compared(first, "32", false).await;
    assert_eq!(equal.state(), State::Equal, "{:?}", equal.rows);
    assert!(!equal.receipt_signature.is_empty(), "with the nation's word");

    let books = Books::open(world, &Role::Registration("32".to_owned())).await;
    books
        .rewrite(
            "UPDATE registration.active_registration SET ended_at = announced_at, end_cause = 'FRAUD', lapse_row = NULL
             WHERE person_id = (SELECT person_id FROM registration.active_registration WHERE ended_at IS NULL LIMIT 1)",
        )
        .await;
    let different = compared(first, "32", true).await;
    assert_eq!(different.state(), State::Different);
    let [row] = different.rows.as_slice() else {
        panic!("one row: {:?}", different.rows)
    };
    let propose = registration::ProposeRepairRequest {
        request_id: request_id(),
        name: row.name.clone(),
        statement: "本省数据误改，以全国注册库为准".to_owned(),
    };
    let proposed = first
        .door
        .reconciliations("32")
        .propose_repair(first.request(propose))
        .await;
    proposed.expect("proposed");
    let confirm = || registration::ConfirmRepairRequest {
        request_id: request_id(),
        name: row.name.clone(),
    };
    let alone = first
        .door
        .reconciliations("32")
        .confirm_repair(first.request(confirm()))
        .await;
    assert_eq!(refusal(alone), "FOUR_EYES_SAME_OFFICER");
    let confirmed = second
        .door
        .reconciliations("32")
        .confirm_repair(second.request(confirm()))
        .await;
    let repaired = confirmed.expect("confirmed").into_inner().row.expect("shown");
    assert_eq!(repaired.state(), Repair::Repaired);
    assert_eq!(compared(first, "32", true).await.state(), State::Equal);
}

/// A comparison once both sides stand at one pair.
async fn compared(officer: &Citizen, province: &str, from_rows: bool) -> registration::Reconciliation {
    for _ in 0..ORDERS {
        let order = registration::ReconcileRegisterRequest {
            request_id: request_id(),
            from_rows,
        };
        let ordered = officer
            .door
            .reconciliations(province)
            .reconcile_register(officer.request(order))
            .await;
        let ordered = ordered
            .expect("ordered")
            .into_inner()
            .reconciliation
            .expect("shown");
        let settled = settled(officer, province, &ordered.name).await;
        if settled.state() != State::Unsettled {
            return settled;
        }
    }
    panic!("the two sides never stood at one pair");
}

async fn settled(officer: &Citizen, province: &str, name: &str) -> registration::Reconciliation {
    for _ in 0..LOOKS {
        let message = registration::GetReconciliationRequest {
            name: name.to_owned(),
        };
        let shown = officer
            .door
            .reconciliations(province)
            .get_reconciliation(officer.request(message))
            .await;
        let shown = shown.expect("shown").into_inner().reconciliation.expect("shown");
        if shown.state() != State::Waiting {
            return shown;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("the comparison was not carried out");
}
