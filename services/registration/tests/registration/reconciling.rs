//! 对账: equal registers are receipted, a row that differs is found and repaired by two officers.

use std::time::Duration;

use api::exchange::v1 as exchange;
use api::registration::v1 as wire;
use api::types::v1 as types;
use domain::registration_number::RegistrationNumber;
use postgres::sqlx;
use register_tree::{Row, Standing};
use tonic::Status;
use uuid::Uuid;
use wire::differing_row::State as Repair;
use wire::reconciliation::State;

use crate::world::{Actor, Setting, World, id, officer, reason};

/// A row as the nation tells it.
pub(crate) fn told(row: &Row) -> exchange::RegisterRow {
    let specialties = row
        .specialties
        .iter()
        .map(|(specialty, term)| types::SpecialtyValidity {
            specialty: types::Specialty::from(*specialty).into(),
            valid_from: Some(term.from.into()),
            valid_to: Some(term.to.into()),
        });
    let (status, cause) = match row.standing {
        Standing::InForce => (types::StatusCode::Valid, None),
        Standing::Suspended { .. } => (types::StatusCode::Suspended, None),
        Standing::Ended { cause } => (cause.status().into(), Some(types::EndCause::from(cause))),
    };
    exchange::RegisterRow {
        registration_number: row.number.to_string(),
        person: row.person.resource_name(),
        employer: row.employer.resource_name(),
        specialties: specialties.collect(),
        status_code: status.into(),
        end_cause: cause.unwrap_or_default().into(),
        suspended_until: None,
        since: None,
    }
}

impl World {
    async fn order(&self, actor: &Actor, from_rows: bool) -> Result<wire::Reconciliation, Status> {
        let message = wire::ReconcileRegisterRequest {
            request_id: id(),
            from_rows,
        };
        let answer = self
            .reconciliations()
            .reconcile_register(self.signed(actor, message))
            .await?;
        Ok(answer.into_inner().reconciliation.expect("it comes back"))
    }

    /// Ordered and carried out.
    async fn reconciled(&self, from_rows: bool) -> wire::Reconciliation {
        let ordered = self
            .order(&officer("provinces/32"), from_rows)
            .await
            .expect("ordered");
        loop {
            let message = wire::GetReconciliationRequest {
                name: ordered.name.clone(),
            };
            let request = self.signed(&officer("provinces/32"), message);
            let shown = self
                .reconciliations()
                .get_reconciliation(request)
                .await
                .expect("shown");
            let shown = shown.into_inner().reconciliation.expect("it comes back");
            if shown.state() != State::Waiting {
                return shown;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn propose_repair(&self, actor: &Actor, name: &str) -> Result<wire::DifferingRow, Status> {
        let message = wire::ProposeRepairRequest {
            request_id: id(),
            name: name.to_owned(),
            statement: "本省数据误改，以全国注册库为准".to_owned(),
        };
        let answer = self
            .reconciliations()
            .propose_repair(self.signed(actor, message))
            .await?;
        Ok(answer.into_inner().row.expect("it comes back"))
    }

    async fn confirm_repair(&self, actor: &Actor, name: &str) -> Result<wire::DifferingRow, Status> {
        let message = wire::ConfirmRepairRequest {
            request_id: id(),
            name: name.to_owned(),
        };
        let answer = self
            .reconciliations()
            .confirm_repair(self.signed(actor, message))
            .await?;
        Ok(answer.into_inner().row.expect("it comes back"))
    }

    /// Changes the mirror past the program.
    async fn tamper(&self, statement: &str) {
        let mut owner = self.database.owner_connection().await;
        let done = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned()));
        done.execute(&mut owner).await.expect("the owner may");
    }

    /// The nation holds what the mirror says now.
    async fn nation_holds_the_mirror(&self) {
        let mut owner = self.database.owner_connection().await;
        let rows: Vec<(Uuid, String, Uuid, serde_json::Value)> = sqlx::query_as(
            "SELECT person_id, registration_number, employer_id, specialties FROM registration.active_registration",
        )
        .fetch_all(&mut owner)
        .await
        .expect("the mirror can be read");
        let held = rows
            .into_iter()
            .map(|(person, number, employer, specialties)| Row {
                number: RegistrationNumber::parse(&number).expect("a number"),
                person: person.into(),
                employer: employer.into(),
                specialties: serde_json::from_value(specialties).expect("terms"),
                standing: Standing::InForce,
            });
        self.nation.register().held = held.collect();
    }
}

#[tokio::test]
async fn equal_registers_are_receipted_and_a_tampered_row_is_found_and_repaired() {
    let world = World::start().await;
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    let (one, two) = (world.person(1), world.person(2));
    for holder in [&one, &two] {
        world.registered(holder, &firm).await;
    }
    world.nation_holds_the_mirror().await;
    let equal = world.reconciled(false).await;
    assert_eq!(equal.state(), State::Equal);
    assert!(!equal.receipt_signature.is_empty() && equal.receipted_at.is_some() && equal.rows.is_empty());
    assert_eq!(equal.sequence, world.nation.register().events.len() as u64);

    let ended = format!(
        "UPDATE registration.active_registration SET ended_at = announced_at, end_cause = 'CANCELLED' WHERE person_id = '{}'",
        one.id
    );
    world.tamper(&ended).await;
    let different = world.reconciled(false).await;
    assert_eq!(different.state(), State::Different);
    assert!(different.receipt_signature.is_empty() && !different.more_rows);
    let [row] = &different.rows[..] else {
        panic!("{:?}", different.rows)
    };
    let (here, there) = (
        row.here.as_ref().expect("here"),
        row.there.as_ref().expect("there"),
    );
    assert_eq!(here.status_code(), types::StatusCode::Cancelled);
    assert_eq!(here.end_cause(), types::EndCause::Cancelled);
    assert_eq!(there.status_code(), types::StatusCode::Valid);
    assert_eq!(
        (&here.person, &here.registration_number),
        (&there.person, &there.registration_number)
    );
    assert!(here.person.ends_with(&one.id.to_string()));

    let (first, second) = (officer("provinces/32"), officer("provinces/32"));
    assert_eq!(
        reason(world.confirm_repair(&second, &row.name).await),
        "REPAIR_NOT_PROPOSED"
    );
    assert_eq!(
        reason(world.propose_repair(&officer("provinces/31"), &row.name).await),
        "WRONG_AUTHORITY"
    );
    let proposed = world.propose_repair(&first, &row.name).await.expect("proposed");
    assert_eq!(proposed.state(), Repair::Proposed);
    assert_eq!(
        reason(world.propose_repair(&second, &row.name).await),
        "REPAIR_NOT_OPEN"
    );
    assert_eq!(
        reason(world.confirm_repair(&first, &row.name).await),
        "FOUR_EYES_SAME_OFFICER"
    );
    let repaired = world.confirm_repair(&second, &row.name).await.expect("confirmed");
    assert_eq!(repaired.state(), Repair::Repaired);
    assert_eq!(world.reconciled(false).await.state(), State::Equal);

    // Past the triggers: only what is digested anew shows it.
    let past = format!(
        "ALTER TABLE registration.active_registration DISABLE TRIGGER USER; {ended};
         ALTER TABLE registration.active_registration ENABLE TRIGGER USER"
    );
    world.tamper(&past).await;
    assert_eq!(world.reconciled(false).await.state(), State::Equal);
    let different = world.reconciled(true).await;
    assert_eq!(different.state(), State::Different);
    let name = &different.rows[0].name;
    world.propose_repair(&first, name).await.expect("proposed");
    world.tamper(&ended.replace("CANCELLED", "FRAUD")).await;
    assert_eq!(
        reason(world.confirm_repair(&second, name).await),
        "REPAIR_OUTDATED"
    );
}

#[tokio::test]
async fn a_wrong_number_is_mended_and_what_the_nation_does_not_hold_is_not() {
    let world = World::start().await;
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    let (one, two) = (world.person(1), world.person(2));
    for holder in [&one, &two] {
        world.registered(holder, &firm).await;
    }
    world.nation_holds_the_mirror().await;
    let wrong = format!(
        "UPDATE registration.active_registration SET registration_number = left(registration_number, 12) || '98765'
         WHERE person_id = '{}'",
        one.id
    );
    world.tamper(&wrong).await;
    let different = world.reconciled(false).await;
    assert_eq!(
        different.rows.len(),
        2,
        "one place lacks it, another has it too many"
    );
    let lacking = different.rows.iter().find(|row| row.here.is_none()).expect("one");
    let spare = different
        .rows
        .iter()
        .find(|row| row.there.is_none())
        .expect("one");
    let (first, second) = (officer("provinces/32"), officer("provinces/32"));
    assert_eq!(
        reason(world.propose_repair(&first, &spare.name).await),
        "REPAIR_NOT_HELD_BY_NATION"
    );
    world
        .propose_repair(&first, &lacking.name)
        .await
        .expect("proposed");
    world
        .confirm_repair(&second, &lacking.name)
        .await
        .expect("confirmed");
    assert_eq!(world.reconciled(false).await.state(), State::Equal);
}

#[tokio::test]
async fn it_runs_by_itself_every_day_and_waits_for_a_nation_that_is_away() {
    let world = World::start_set(|_| Setting {
        reconcile_at: Some("03:00"),
        ..Setting::default()
    })
    .await;
    let equal = async |count: usize| loop {
        let message = wire::ListReconciliationsRequest::default();
        let request = world.signed(&officer("provinces/32"), message);
        let listed = world
            .reconciliations()
            .list_reconciliations(request)
            .await
            .expect("listed");
        let listed = listed.into_inner().reconciliations;
        if listed.len() == count && listed.iter().all(|one| one.state() == State::Equal) {
            return;
        }
        assert!(listed.len() <= count, "once a day");
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    equal(1).await;
    world.nation.register().away = true;
    world.advance(1);
    let ordered = world
        .order(&officer("provinces/32"), false)
        .await
        .expect("ordered");
    assert_eq!(ordered.state(), State::Waiting);
    world.nation.register().away = false;
    equal(3).await;
    let refused = world.order(&officer("provinces/31"), false).await;
    assert_eq!(reason(refused), "WRONG_AUTHORITY");
}

#[tokio::test]
async fn two_officers_of_the_ministry_mend_the_mirror_and_one_of_each_do_not() {
    let world = World::start().await;
    let firm = world.firm("江苏水利建设有限公司", "32", 1);
    let holder = world.person(1);
    world.registered(&holder, &firm).await;
    world.nation_holds_the_mirror().await;
    let ended =
        "UPDATE registration.active_registration SET ended_at = announced_at, end_cause = 'CANCELLED'";
    world.tamper(ended).await;
    let (first, second) = (officer("ministry"), officer("ministry"));
    world
        .order(&first, false)
        .await
        .expect("the ministry orders it too");
    let different = world.reconciled(false).await;
    assert_eq!(different.state(), State::Different);
    let name = &different.rows[0].name;
    world.propose_repair(&first, name).await.expect("proposed");
    let mixed = world.confirm_repair(&officer("provinces/32"), name).await;
    assert_eq!(reason(mixed), "FOUR_EYES_OTHER_AUTHORITY");
    assert_eq!(
        reason(world.confirm_repair(&first, name).await),
        "FOUR_EYES_SAME_OFFICER"
    );
    world.confirm_repair(&second, name).await.expect("confirmed");
    assert_eq!(world.reconciled(false).await.state(), State::Equal);
}

#[tokio::test]
async fn a_busy_province_is_compared_as_soon_as_it_rests() {
    let world = World::start().await;
    world.nation_holds_the_mirror().await;
    // More often than attempts follow closely.
    world.nation.register().passes = 22;
    let equal = world.reconciled(false).await;
    assert_eq!(equal.state(), State::Equal);
    assert_eq!(world.nation.register().passes, 0);
}
