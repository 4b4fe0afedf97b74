//! One person's row of a succession of an employer: the same registration with the successor, and a new certificate version.

use domain::reason::Reason as _;
use domain::register::{ActRecord, RegisterAct, RegisteredEmployer, decide};
use postgres::audit::{Outcome, Record};
use serde_json::json;
use service_runtime::clock::day_of;

use super::Acted;
use crate::command::working_set::WorkingSet;
use crate::deps::Deps;
use crate::event::{Failure, Stop, Succeeded};
use crate::exchange::stream;
use crate::query::registered::Registered;
use crate::store::exchange::claim::Key;
use crate::store::exchange::downstream::News;

/// The person is registered with another employer by now.
const EMPLOYER_DIFFERS: &str = "EMPLOYER_DIFFERS";

/// What the register refuses of one person is told to the province and leaves the stream going: the rest of the employer's
/// people do not wait for one.
pub(crate) fn succeed(deps: &Deps, set: &mut WorkingSet, row: &Succeeded) -> Result<(), Failure> {
    let cleared = set.succession(row.succession).ok_or(Stop::NO_CLEARANCE)?;
    let employer = cleared.employer;
    let successor = cleared.successors.iter().find(|known| known.id == row.successor);
    let successor = successor.ok_or(Stop::CLEARANCE_DIFFERS)?.clone();
    let before = set
        .registered(row.person)
        .filter(|before| before.province == row.province);
    let reason = match &before {
        None => Some(Stop::NOT_REGISTERED_HERE.reason),
        Some(before) if before.entry.employer.id != employer => Some(EMPLOYER_DIFFERS),
        Some(before) => decide(Some(&before.entry), &act(&successor), day_of(row.announced_at))
            .err()
            .map(|refusal| refusal.reason()),
    };
    match (before, reason) {
        (Some(before), None) => apply(deps, set, row, before, act(&successor)),
        (_, reason) => {
            refuse(set, row, reason.unwrap_or(Stop::NOT_REGISTERED_HERE.reason));
            Ok(())
        }
    }
}

fn act(successor: &RegisteredEmployer) -> RegisterAct {
    RegisterAct::ChangeEmployer {
        employer: successor.clone(),
    }
}

fn apply(
    deps: &Deps,
    set: &mut WorkingSet,
    row: &Succeeded,
    before: Registered,
    act: RegisterAct,
) -> Result<(), Failure> {
    let record = ActRecord {
        id: set.act_id(row.person, row.announced_at),
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
    let acted = Acted::new(&data_key, record, Some(&entry), holder, row.province, set.now())?;
    acted.record(set);
    // The row stands where an application stands otherwise: by it the province knows the certificate again.
    let key = Key {
        province: row.province,
        application: row.row.into(),
    };
    let current = acted.certify(deps, set, key)?;
    acted.tell_entry(set, current.as_ref());
    record_outcome(set, row, Outcome::Done);
    Ok(())
}

fn refuse(set: &mut WorkingSet, row: &Succeeded, reason: &'static str) {
    record_outcome(set, row, Outcome::Refused { reason });
    let news = News::SuccessionRefused {
        person: row.person,
        row: row.row,
        reason: reason.to_owned(),
    };
    set.news(row.province, news);
}

fn record_outcome(set: &mut WorkingSet, row: &Succeeded, outcome: Outcome<'_>) {
    let actor = stream(row.province);
    let subject = format!("provinces/{}/successions/{}", row.province, row.succession);
    let record = Record {
        at: set.now(),
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
    set.audit(&record);
}
