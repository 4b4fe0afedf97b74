//! One person's row of a lapse that a province recorded (153号 art 16), or of undoing one.

use domain::reason::Reason as _;
use domain::register::{ActRecord, RegisterAct, decide};
use postgres::audit::{Outcome, Record};
use serde_json::json;
use service_runtime::clock::day_of;

use super::Acted;
use crate::command::working_set::WorkingSet;
use crate::deps::Deps;
use crate::event::{Failure, Lapsed, Lapsing, Stop};
use crate::exchange::stream;
use crate::query::registered::Registered;
use crate::store::exchange::claim::Key;
use crate::store::exchange::downstream::News;

/// The person is registered with another employer by now.
const EMPLOYER_DIFFERS: &str = "EMPLOYER_DIFFERS";
/// What is cleared will be announced, so it comes first.
pub(crate) const CLEARANCE_OPEN: &str = "CLEARANCE_OPEN";

/// What the register refuses of one person is told to the province and leaves the stream going: the rest of the employer's
/// people do not wait for one.
pub(crate) fn lapse(deps: &Deps, set: &mut WorkingSet, row: &Lapsed) -> Result<(), Failure> {
    let before = set
        .registered(row.person)
        .filter(|before| before.province == row.province);
    let reason = match &before {
        None => Some(Stop::NOT_REGISTERED_HERE.reason),
        Some(before) => against(set, row, before),
    };
    match (before, reason) {
        (Some(before), None) => apply(deps, set, row, before),
        (_, reason) => {
            refuse(set, row, reason.unwrap_or(Stop::NOT_REGISTERED_HERE.reason));
            Ok(())
        }
    }
}

fn against(set: &WorkingSet, row: &Lapsed, before: &Registered) -> Option<&'static str> {
    if let Lapsing::Lapse {
        employer: Some(employer),
        ..
    } = row.what
        && before.entry.employer.id != employer
    {
        return Some(EMPLOYER_DIFFERS);
    }
    if set.has_open_clearance(row.person) {
        return Some(CLEARANCE_OPEN);
    }
    if let Lapsing::Undo { .. } = row.what
        && let Some(reason) = set.against_beginning(row.person)
    {
        return Some(reason);
    }
    let decided = decide(Some(&before.entry), &act(row), day_of(row.confirmed_at));
    decided.err().map(|refusal| refusal.reason())
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

fn apply(deps: &Deps, set: &mut WorkingSet, row: &Lapsed, before: Registered) -> Result<(), Failure> {
    let record = ActRecord {
        id: set.act_id(row.person, row.confirmed_at),
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
    let acted = Acted::new(&data_key, record, Some(&entry), holder, row.province, set.now())?;
    acted.record(set);
    // No version is made; the row stands where an application stands otherwise.
    let key = Key {
        province: row.province,
        application: row.row.as_uuid().into(),
    };
    let current = acted.certify(deps, set, key)?;
    acted.tell_entry(set, current.as_ref());
    record_outcome(set, row, Outcome::Done);
    Ok(())
}

fn refuse(set: &mut WorkingSet, row: &Lapsed, reason: &'static str) {
    record_outcome(set, row, Outcome::Refused { reason });
    let news = News::LapseRefused {
        person: row.person,
        row: row.row.as_uuid(),
        reason: reason.to_owned(),
    };
    set.news(row.province, news);
}

fn record_outcome(set: &mut WorkingSet, row: &Lapsed, outcome: Outcome<'_>) {
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
        at: set.now(),
        actor: &actor,
        verb,
        article,
        subject: &subject,
        outcome,
        evidence,
    };
    set.audit(&record);
}
