//! One person's row of a lapse that a province recorded (153号 art 16), or of undoing one.

use domain::ids::RegisterActId;
use domain::reason::Reason as _;
use domain::register::{ActRecord, RegisterAct, decide};
use jiff::Timestamp;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde_json::json;
use service_runtime::Scope;
use service_runtime::clock::day_of;
use uuid::Uuid;

use super::Acted;
use crate::deps::Deps;
use crate::event::{Failure, Lapsed, Lapsing, Stop};
use crate::exchange::stream;
use crate::query::registered::{Registered, registered};
use crate::store::exchange::claim::Key;
use crate::store::exchange::clearance;
use crate::store::exchange::downstream::{self, News};
use crate::store::register::person;

/// The person is registered with another employer by now.
const EMPLOYER_DIFFERS: &str = "EMPLOYER_DIFFERS";
/// What is cleared will be announced, so it comes first.
pub(crate) const CLEARANCE_OPEN: &str = "CLEARANCE_OPEN";

/// What the register refuses of one person is told to the province and leaves the stream going: the rest of the employer's
/// people do not wait for one.
pub(crate) async fn lapse(
    deps: &Deps,
    tx: &mut Tx,
    scope: &Scope,
    row: &Lapsed,
    now: Timestamp,
) -> Result<(), Failure> {
    person::lock(tx, row.person).await?;
    let before = registered(tx, &deps.sealing, row.person, scope).await?;
    let before = before.filter(|before| before.province == row.province);
    let reason = match &before {
        None => Some(Stop::NOT_REGISTERED_HERE.reason),
        Some(before) => against(tx, row, before).await?,
    };
    match (before, reason) {
        (Some(before), None) => apply(deps, tx, row, before, now).await,
        (_, reason) => {
            let reason = reason.unwrap_or(Stop::NOT_REGISTERED_HERE.reason);
            refuse(tx, row, reason, now).await
        }
    }
}

async fn against(
    tx: &mut Tx,
    row: &Lapsed,
    before: &Registered,
) -> Result<Option<&'static str>, postgres::Error> {
    if let Lapsing::Lapse {
        employer: Some(employer),
        ..
    } = row.what
        && before.entry.employer.id != employer
    {
        return Ok(Some(EMPLOYER_DIFFERS));
    }
    if clearance::open_until(tx, row.person).await?.is_some() {
        return Ok(Some(CLEARANCE_OPEN));
    }
    let decided = decide(Some(&before.entry), &act(row), day_of(row.confirmed_at));
    Ok(decided.err().map(|refusal| refusal.reason()))
}

fn act(row: &Lapsed) -> RegisterAct {
    match row.what {
        Lapsing::Lapse {
            cause, effective_on, ..
        } => RegisterAct::Lapse {
            cause,
            effective_on,
            row: row.row,
        },
        Lapsing::Undo { row } => RegisterAct::UndoLapse { row },
    }
}

async fn apply(
    deps: &Deps,
    tx: &mut Tx,
    row: &Lapsed,
    before: Registered,
    now: Timestamp,
) -> Result<(), Failure> {
    let record = ActRecord {
        id: RegisterActId::from_uuid(Uuid::new_v4()),
        person: row.person,
        at: row.confirmed_at,
        act: act(row),
        decided_by: row.decided_by,
        announced_by: row.decided_by,
        announcement_number: None,
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
    // No version is made; the row stands where an application stands otherwise.
    let key = Key {
        province: row.province,
        application: row.row.as_uuid().into(),
    };
    let current = acted.certify(deps, tx, key).await?;
    acted.tell_entry(tx, current.as_ref()).await?;
    record_outcome(tx, row, Outcome::Done, now).await
}

async fn refuse(tx: &mut Tx, row: &Lapsed, reason: &'static str, now: Timestamp) -> Result<(), Failure> {
    record_outcome(tx, row, Outcome::Refused { reason }, now).await?;
    let news = News::LapseRefused {
        person: row.person,
        row: row.row.as_uuid(),
        reason: reason.to_owned(),
    };
    downstream::append(tx, row.province, &news, now).await?;
    Ok(())
}

async fn record_outcome(
    tx: &mut Tx,
    row: &Lapsed,
    outcome: Outcome<'_>,
    now: Timestamp,
) -> Result<(), Failure> {
    let actor = stream(row.province);
    let subject = format!("provinces/{}/lapses/{}", row.province, row.lapse);
    let (verb, article, evidence) = match row.what {
        Lapsing::Lapse {
            cause, effective_on, ..
        } => (
            "apply_lapse",
            cause.article(),
            json!({ "row": row.row, "person": row.person.to_string(), "effective_on": effective_on }),
        ),
        Lapsing::Undo { row: undone } => (
            "undo_lapse",
            "153号 art 16; domain §1.6",
            json!({ "row": row.row, "person": row.person.to_string(), "undone": undone }),
        ),
    };
    let record = Record {
        at: now,
        actor: &actor,
        verb,
        article,
        subject: &subject,
        outcome,
        evidence,
    };
    Ok(tx.audit(record).await?)
}
