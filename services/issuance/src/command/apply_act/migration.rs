//! One person of a province's existing register: in the national one from now on, with the number they have. No
//! certificate version: the register has no picture of them; the next act that brings pictures makes the first.

use domain::reason::Reason as _;
use domain::register::{ActRecord, decide};
use postgres::audit::{Outcome, Record};
use serde_json::json;
use service_runtime::clock::day_of;

use super::Acted;
use crate::command::clear_migration::MigratedFacts;
use crate::command::working_set::WorkingSet;
use crate::event::{Failure, Migrated, Stop};
use crate::exchange::stream;
use crate::holder::Holder;
use crate::sealing::open_json;
use crate::store::exchange::downstream::News;
use crate::store::exchange::migration::{FACTS, State};

/// What the register refuses by now of one person is told to the province and leaves the stream going.
pub(crate) fn migrate(set: &mut WorkingSet, row: &Migrated) -> Result<(), Failure> {
    let now = set.now();
    let key = set.key(row.person).ok_or(Stop::NO_CLEARANCE)?;
    let cleared = set.migration(row.row).filter(|cleared| {
        let named = (cleared.province, cleared.import, cleared.person);
        named == (row.province, row.import, row.person) && cleared.state == State::Cleared
    });
    let cleared = cleared.ok_or(Stop::NO_CLEARANCE)?;
    let facts: MigratedFacts = open_json(&key, FACTS, cleared.facts.clone())?;
    let before = set.registered(row.person);
    let entry = before.as_ref().map(|before| &before.entry);
    let refused = set.against_beginning(row.person).or_else(|| {
        decide(entry, &facts.act(), day_of(now))
            .err()
            .map(|refusal| refusal.reason())
    });
    if let Some(reason) = refused {
        refuse(set, row, reason);
        return Ok(());
    }
    let record = ActRecord {
        id: set.act_id(row.person, facts.registered_at),
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
        other_documents: set.linked_documents(row.person)?,
    };
    let acted = Acted::new(&key, record, entry, holder, row.province, now)?;
    acted.record(set);
    acted.tell_entry(set, None);
    set.end_migration(row.row, State::Used);
    record_outcome(set, row, Outcome::Done);
    Ok(())
}

fn refuse(set: &mut WorkingSet, row: &Migrated, reason: &'static str) {
    set.end_migration(row.row, State::Refused);
    record_outcome(set, row, Outcome::Refused { reason });
    let news = News::MigrationRefused {
        person: row.person,
        row: row.row,
        reason: reason.to_owned(),
    };
    set.news(row.province, news);
}

fn record_outcome(set: &mut WorkingSet, row: &Migrated, outcome: Outcome<'_>) {
    let actor = stream(row.province);
    let subject = format!("provinces/{}/imports/{}", row.province, row.import);
    let record = Record {
        at: set.now(),
        actor: &actor,
        verb: "apply_migration",
        article: "design §3; domain §1.8",
        subject: &subject,
        outcome,
        evidence: json!({ "row": row.row, "person": row.person.to_string() }),
    };
    set.audit(&record);
}
