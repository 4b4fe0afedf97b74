//! One person's row of a succession of an employer: the same registration with the successor, and a new certificate version.

use domain::ids::RegisterActId;
use domain::reason::Reason as _;
use domain::register::{ActRecord, RegisterAct, RegisteredEmployer, decide};
use jiff::Timestamp;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde_json::json;
use service_runtime::Scope;
use service_runtime::clock::day_of;
use uuid::Uuid;

use super::Acted;
use crate::deps::Deps;
use crate::event::{Failure, Stop, Succeeded};
use crate::exchange::stream;
use crate::query::registered::{Registered, registered};
use crate::store::exchange::claim::Key;
use crate::store::exchange::downstream::{self, News};
use crate::store::exchange::succession;
use crate::store::register::person;

/// The person is registered with another employer by now.
const EMPLOYER_DIFFERS: &str = "EMPLOYER_DIFFERS";

/// What the register refuses of one person is told to the province and leaves the stream going: the rest of the employer's
/// people do not wait for one.
pub(crate) async fn succeed(
    deps: &Deps,
    tx: &mut Tx,
    scope: &Scope,
    row: &Succeeded,
    now: Timestamp,
) -> Result<(), Failure> {
    let cleared = succession::find(tx, row.province, row.succession)
        .await?
        .ok_or(Stop::NO_CLEARANCE)?;
    let successor = cleared.successors.iter().find(|known| known.id == row.successor);
    let successor = successor.ok_or(Stop::CLEARANCE_DIFFERS)?.clone();
    person::lock(tx, row.person).await?;
    let before = registered(tx, &deps.sealing, row.person, scope).await?;
    let before = before.filter(|before| before.province == row.province);
    let reason = match &before {
        None => Some(Stop::NOT_REGISTERED_HERE.reason),
        Some(before) if before.entry.employer.id != cleared.employer => Some(EMPLOYER_DIFFERS),
        Some(before) => decide(Some(&before.entry), &act(&successor), day_of(row.announced_at))
            .err()
            .map(|refusal| refusal.reason()),
    };
    match (before, reason) {
        (Some(before), None) => apply(deps, tx, row, before, act(&successor), now).await,
        (_, reason) => {
            let reason = reason.unwrap_or(Stop::NOT_REGISTERED_HERE.reason);
            refuse(tx, row, reason, now).await
        }
    }
}

fn act(successor: &RegisteredEmployer) -> RegisterAct {
    RegisterAct::ChangeEmployer {
        employer: successor.clone(),
    }
}

async fn apply(
    deps: &Deps,
    tx: &mut Tx,
    row: &Succeeded,
    before: Registered,
    act: RegisterAct,
    now: Timestamp,
) -> Result<(), Failure> {
    let record = ActRecord {
        id: RegisterActId::from_uuid(Uuid::new_v4()),
        person: row.person,
        at: row.announced_at,
        act,
        decided_by: row.decided_by,
        announced_by: row.announced_by,
        announcement_number: Some(row.announcement_number.clone()),
        application: None,
    };
    let Registered {
        entry,
        holder,
        key: data_key,
        ..
    } = before;
    let acted = Acted::new(&data_key, record, Some(&entry), holder, row.province, now)?;
    acted.record(tx, Some(&entry)).await?;
    // The row stands where an application stands otherwise: by it the province knows the certificate again.
    let key = Key {
        province: row.province,
        application: row.row.into(),
    };
    let current = acted.certify(deps, tx, key).await?;
    acted.tell_entry(tx, current.as_ref()).await?;
    record_outcome(tx, row, Outcome::Done, now).await
}

async fn refuse(tx: &mut Tx, row: &Succeeded, reason: &'static str, now: Timestamp) -> Result<(), Failure> {
    record_outcome(tx, row, Outcome::Refused { reason }, now).await?;
    let news = News::SuccessionRefused {
        person: row.person,
        row: row.row,
        reason: reason.to_owned(),
    };
    downstream::append(tx, row.province, &news, now).await?;
    Ok(())
}

async fn record_outcome(
    tx: &mut Tx,
    row: &Succeeded,
    outcome: Outcome<'_>,
    now: Timestamp,
) -> Result<(), Failure> {
    let actor = stream(row.province);
    let subject = format!("provinces/{}/successions/{}", row.province, row.succession);
    let record = Record {
        at: now,
        actor: &actor,
        verb: "apply_succession",
        article: "153号 art 13",
        subject: &subject,
        outcome,
        evidence: json!({
            "row": row.row, "person": row.person.to_string(), "successor": row.successor.to_string(),
            "announcement": row.announcement_number,
        }),
    };
    Ok(tx.audit(record).await?)
}
