//! The part of step 1 that changes the register: act, entry, certificate version, changes, job — inside the applier's
//! transaction.

mod acted;
mod employment;
pub(crate) mod lapse;
pub(crate) mod migration;
pub(crate) mod moving;
pub(crate) mod succession;
mod version;

use domain::ids::{ClearanceId, PersonId, RegisterActId};
use domain::register::{ActRecord, RegisterAct, decide};
use jiff::Timestamp;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde_json::json;
use service_runtime::Scope;
use service_runtime::clock::day_of;
use uuid::Uuid;

pub(super) use acted::Acted;

use super::certify;
use crate::deps::Deps;
use crate::event::{Announced, Failure, Stop};
use crate::exchange::stream;
use crate::holder::ClearedFacts;
use crate::query::registered::{Registered, registered};
use crate::sealing::open_json;
use crate::store::exchange::CLEARED_FACTS;
use crate::store::exchange::claim::{self, Key};
use crate::store::exchange::clearance::{self, Clearance, State};
use crate::store::exchange::downstream::{self, News};
use crate::store::register::{self, person};

/// Applies one announced registration against its clearance. The person's row is locked first, so acts upon one person
/// take turns whatever province they come from.
pub(super) async fn announce(
    deps: &Deps,
    tx: &mut Tx,
    scope: &Scope,
    announced: &Announced,
    now: Timestamp,
) -> Result<(), Failure> {
    let wrapped = person::lock(tx, announced.person)
        .await?
        .ok_or(Stop::NO_CLEARANCE)?;
    let key = deps.sealing.key(announced.person, wrapped)?;
    let cleared = clearance::lock(tx, announced.clearance).await?;
    let cleared = cleared
        .filter(|found| found.state == State::Cleared)
        .ok_or(Stop::NO_CLEARANCE)?;
    let facts: ClearedFacts = open_json(&key, CLEARED_FACTS, cleared.facts.clone())?;
    compare(announced, &cleared, &facts)?;
    let before = registered(tx, &deps.sealing, announced.person, scope).await?;
    let left = match before
        .as_ref()
        .filter(|before| moving::moves(announced, Some(before)))
    {
        Some(before) => Some(moving::leave(tx, announced, before, now).await?),
        None => None,
    };
    let known = left
        .as_ref()
        .or_else(|| before.as_ref().map(|before| &before.entry));
    let act = certify::act(announced.kind, &facts, announced.number, &announced.terms, known)?;
    let act = if left.is_some() { moving::arrive(act) } else { act };
    decide(known, &act, day_of(announced.announced_at)).map_err(|refusal| Stop::rule(&refusal))?;
    let record = ActRecord {
        id: RegisterActId::from_uuid(Uuid::new_v4()),
        person: announced.person,
        at: announced.announced_at,
        act,
        decided_by: announced.decided_by,
        announced_by: announced.announced_by,
        announcement_number: announced.announcement_number.clone(),
        application: Some(announced.key.application),
    };
    let acted = Acted::new(&key, record, known, facts.holder, announced.key.province, now)?;
    acted.record(tx, known).await?;
    let current = acted.certify(deps, tx, announced.key).await?;
    acted.tell_entry(tx, current.as_ref()).await?;
    use_up(tx, announced, &acted).await?;
    tell_province_before(tx, before.as_ref(), &acted).await?;
    audit(tx, announced.key, announced.clearance, &acted).await
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
pub(super) async fn note_renewal(
    deps: &Deps,
    tx: &mut Tx,
    scope: &Scope,
    (key, person, pending): (Key, PersonId, bool),
    at: Timestamp,
    now: Timestamp,
) -> Result<(), Failure> {
    person::lock(tx, person).await?.ok_or(Stop::NOT_REGISTERED_HERE)?;
    let before = registered(tx, &deps.sealing, person, scope).await?;
    let before = before
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
        return Ok(tx.audit(record).await?);
    }
    decide(Some(&before.entry), &act, day_of(at)).map_err(|refusal| Stop::rule(&refusal))?;
    let record = ActRecord {
        id: RegisterActId::from_uuid(Uuid::new_v4()),
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
    acted.record(tx, Some(&entry)).await?;
    acted.tell_entry(tx, current_certificate.as_ref()).await?;
    Ok(())
}

async fn use_up(tx: &mut Tx, announced: &Announced, acted: &Acted<'_>) -> Result<(), Failure> {
    claim::end(tx, announced.key, true, None, acted.now).await?;
    clearance::end(tx, announced.clearance, State::Used, acted.now).await?;
    Ok(())
}

/// A registration that moved is news for the province it left; so is an ended one that begins anew elsewhere, which that
/// province holds no more.
async fn tell_province_before(
    tx: &mut Tx,
    before: Option<&Registered>,
    acted: &Acted<'_>,
) -> Result<(), Failure> {
    let left = before.filter(|before| before.province != acted.province);
    if let Some(left) = left {
        let news = News::MovedAway {
            person: acted.entry.person,
            to: acted.province,
        };
        downstream::append(tx, left.province, &news, acted.now).await?;
    }
    Ok(())
}

async fn audit(tx: &mut Tx, key: Key, clearance: ClearanceId, acted: &Acted<'_>) -> Result<(), Failure> {
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
    Ok(tx.audit(record).await?)
}
