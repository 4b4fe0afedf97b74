//! One person of a province's existing register: in the national one from now on, with the number they have. No
//! certificate version: the register has no picture of them; the next act that brings pictures makes the first.

use domain::ids::RegisterActId;
use domain::reason::Reason as _;
use domain::register::{ActRecord, decide};
use jiff::Timestamp;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde_json::json;
use service_runtime::Scope;
use service_runtime::clock::day_of;
use uuid::Uuid;

use super::Acted;
use crate::command::clear_migration::MigratedFacts;
use crate::deps::Deps;
use crate::event::{Failure, Migrated, Stop};
use crate::exchange::stream;
use crate::holder::Holder;
use crate::query::registered::registered;
use crate::sealing::open_json;
use crate::store::exchange::downstream::{self, News};
use crate::store::exchange::migration::{self, FACTS, State};
use crate::store::register::person;

/// What the register refuses by now of one person is told to the province and leaves the stream going.
pub(crate) async fn migrate(
    deps: &Deps,
    tx: &mut Tx,
    scope: &Scope,
    row: &Migrated,
    now: Timestamp,
) -> Result<(), Failure> {
    let wrapped = person::lock(tx, row.person).await?.ok_or(Stop::NO_CLEARANCE)?;
    let cleared = migration::lock(tx, row.row).await?.filter(|cleared| {
        let named = (cleared.province, cleared.import, cleared.person);
        named == (row.province, row.import, row.person) && cleared.state == State::Cleared
    });
    let cleared = cleared.ok_or(Stop::NO_CLEARANCE)?;
    let key = deps.sealing.key(row.person, wrapped)?;
    let facts: MigratedFacts = open_json(&key, FACTS, cleared.facts)?;
    let before = registered(tx, &deps.sealing, row.person, scope).await?;
    let entry = before.as_ref().map(|before| &before.entry);
    if let Err(refusal) = decide(entry, &facts.act(), day_of(now)) {
        return refuse(tx, row, refusal.reason(), now).await;
    }
    let record = ActRecord {
        id: RegisterActId::from_uuid(Uuid::new_v4()),
        person: row.person,
        at: facts.registered_at,
        act: facts.act(),
        decided_by: facts.decided_by,
        announced_by: facts.decided_by,
        announcement_number: None,
        application: None,
    };
    let holder = Holder {
        person: facts.person,
        photo: None,
        signature_image: None,
    };
    let acted = Acted::new(&key, record, entry, holder, row.province, now)?;
    acted.record(tx, entry).await?;
    acted.tell_entry(tx, None).await?;
    migration::end(tx, row.row, State::Used, now).await?;
    record_outcome(tx, row, Outcome::Done, now).await
}

async fn refuse(tx: &mut Tx, row: &Migrated, reason: &'static str, now: Timestamp) -> Result<(), Failure> {
    migration::end(tx, row.row, State::Refused, now).await?;
    record_outcome(tx, row, Outcome::Refused { reason }, now).await?;
    let news = News::MigrationRefused {
        person: row.person,
        row: row.row,
        reason: reason.to_owned(),
    };
    downstream::append(tx, row.province, &news, now).await?;
    Ok(())
}

async fn record_outcome(
    tx: &mut Tx,
    row: &Migrated,
    outcome: Outcome<'_>,
    now: Timestamp,
) -> Result<(), Failure> {
    let actor = stream(row.province);
    let subject = format!("provinces/{}/imports/{}", row.province, row.import);
    let record = Record {
        at: now,
        actor: &actor,
        verb: "apply_migration",
        article: "design §3; domain §1.8",
        subject: &subject,
        outcome,
        evidence: json!({ "row": row.row, "person": row.person.to_string() }),
    };
    Ok(tx.audit(record).await?)
}
