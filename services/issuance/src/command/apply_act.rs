//! The part of step 1 that changes the register: act, entry, certificate version, changes, job — inside the applier's
//! transaction.

mod acted;
pub(crate) mod lapse;
pub(crate) mod migration;
pub(crate) mod moving;
pub(crate) mod succession;
mod version;

use domain::ids::{ClearanceId, PersonId};
use domain::register::{ActRecord, RegisterAct, decide};
use jiff::Timestamp;
use postgres::audit::{Outcome, Record};
use serde_json::json;
use service_runtime::clock::day_of;

pub(super) use acted::Acted;

use super::certify;
use super::working_set::WorkingSet;
use crate::deps::Deps;
use crate::event::{Announced, Failure, Stop};
use crate::exchange::stream;
use crate::holder::ClearedFacts;
use crate::query::registered::Registered;
use crate::sealing::open_json;
use crate::store::exchange::CLEARED_FACTS;
use crate::store::exchange::claim::{End, Key};
use crate::store::exchange::clearance::{Clearance, State};
use crate::store::exchange::downstream::News;
use crate::store::register;

/// Applies one announced registration against its clearance. The person's row is locked, so acts upon one person take turns
/// whatever province they come from.
pub(super) fn announce(deps: &Deps, set: &mut WorkingSet, announced: &Announced) -> Result<(), Failure> {
    let now = set.now();
    let key = set.key(announced.person).ok_or(Stop::NO_CLEARANCE)?;
    let cleared = set
        .clearance(announced.clearance)
        .filter(|found| found.state == State::Cleared)
        .ok_or(Stop::NO_CLEARANCE)?;
    let facts: ClearedFacts = open_json(&key, CLEARED_FACTS, cleared.facts.clone())?;
    compare(announced, cleared, &facts)?;
    let before = set.registered(announced.person);
    let left = match before
        .as_ref()
        .filter(|before| moving::moves(announced, Some(before)))
    {
        Some(before) => Some(moving::leave(set, announced, before)?),
        None => None,
    };
    let known = left
        .as_ref()
        .or_else(|| before.as_ref().map(|before| &before.entry));
    let act = certify::act(announced.kind, &facts, announced.number, &announced.terms, known)?;
    let act = if left.is_some() { moving::arrive(act) } else { act };
    decide(known, &act, day_of(announced.announced_at)).map_err(|refusal| Stop::rule(&refusal))?;
    let record = ActRecord {
        id: set.act_id(announced.person, announced.announced_at),
        person: announced.person,
        at: announced.announced_at,
        act,
        decided_by: announced.decided_by,
        announced_by: announced.announced_by,
        announcement_number: announced.announcement_number.clone(),
        application: Some(announced.key.application),
    };
    let acted = Acted::new(&key, record, known, facts.holder, announced.key.province, now)?;
    acted.record(set);
    let current = acted.certify(deps, set, announced.key)?;
    acted.tell_entry(set, current.as_ref());
    set.end_claim(announced.key, End::Used);
    set.end_clearance(announced.clearance, State::Used);
    tell_province_before(set, before.as_ref(), &acted);
    audit(set, announced.key, announced.clearance, &acted);
    Ok(())
}

/// Everything that was cleared must be what is announced.
fn compare(announced: &Announced, cleared: &Clearance, facts: &ClearedFacts) -> Result<(), Stop> {
    if cleared.key != announced.key {
        return Err(Stop::NO_CLEARANCE);
    }
    if cleared.application_hash != announced.application_hash {
        return Err(Stop::APPLICATION_HASH_DIFFERS);
    }
    let mut cleared_for: Vec<_> = facts.specialties.iter().map(|known| known.specialty).collect();
    let mut announced_for: Vec<_> = announced.terms.iter().map(|(specialty, _)| *specialty).collect();
    cleared_for.sort_unstable();
    announced_for.sort_unstable();
    let same = cleared_for == announced_for
        && cleared.person == announced.person
        && cleared.kind == announced.kind
        && cleared.number == announced.number
        && facts.employer.id == announced.employer
        && facts.decided_by == announced.decided_by
        && facts.type_terms == announced.type_terms;
    if !same {
        return Err(Stop::CLEARANCE_DIFFERS);
    }
    if announced.announced_at > cleared.announce_by {
        return Err(Stop::ANNOUNCED_TOO_LATE);
    }
    Ok(())
}

/// Notes that a renewal filed in time is pending, or no more (行政许可法 art 50).
pub(super) fn note_renewal(
    set: &mut WorkingSet,
    (key, person, pending): (Key, PersonId, bool),
    at: Timestamp,
) -> Result<(), Failure> {
    let now = set.now();
    let before = set
        .registered(person)
        .filter(|before| before.province == key.province)
        .ok_or(Stop::NOT_REGISTERED_HERE)?;
    let act = if pending {
        RegisterAct::NoteRenewalAccepted
    } else {
        RegisterAct::NoteRenewalClosed
    };
    if before.entry.is_ended() {
        // An act of the nation was faster than the province's word: there is no term left to protect.
        let (actor, subject) = (stream(key.province), key.to_string());
        let record = Record {
            at: now,
            actor: &actor,
            verb: "note_renewal",
            article: "行政许可法 art 50",
            subject: &subject,
            outcome: Outcome::Refused {
                reason: "REGISTRATION_ENDED",
            },
            evidence: json!({ "pending": pending }),
        };
        set.audit(&record);
        return Ok(());
    }
    decide(Some(&before.entry), &act, day_of(at)).map_err(|refusal| Stop::rule(&refusal))?;
    let record = ActRecord {
        id: set.act_id(person, at),
        person,
        at,
        act,
        decided_by: before.entry.decided_by,
        announced_by: before.entry.announced_by,
        announcement_number: None,
        application: Some(key.application),
    };
    let Registered {
        entry,
        holder,
        key: data_key,
        current_certificate,
        ..
    } = before;
    let acted = Acted::new(&data_key, record, Some(&entry), holder, key.province, now)?;
    acted.record(set);
    acted.tell_entry(set, current_certificate.as_ref());
    Ok(())
}

/// A registration that moved is news for the province it left; so is an ended one that begins anew elsewhere, which that
/// province holds no more.
fn tell_province_before(set: &mut WorkingSet, before: Option<&Registered>, acted: &Acted<'_>) {
    let left = before.filter(|before| before.province != acted.province);
    if let Some(left) = left {
        let news = News::MovedAway {
            person: acted.entry.person,
            to: acted.province,
        };
        set.news(left.province, news);
    }
}

fn audit(set: &mut WorkingSet, key: Key, clearance: ClearanceId, acted: &Acted<'_>) {
    let (actor, subject) = (stream(key.province), key.to_string());
    let record = Record {
        at: acted.now,
        actor: &actor,
        verb: "apply_announcement",
        article: "153号 art 8–13; design §4",
        subject: &subject,
        outcome: Outcome::Done,
        evidence: json!({
            "act": acted.record.id.to_string(),
            "kind": register::act::kind(&acted.record.act),
            "clearance": clearance.to_string(),
            "announcement": acted.record.announcement_number,
        }),
    };
    set.audit(&record);
}
