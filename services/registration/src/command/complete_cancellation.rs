//! The nation cleared a cancellation that the employer confirmed: it takes effect without an announcement (2018
//! practice, domain §1.3).

use domain::application::{ApplicationState, ClearanceGrant};
use domain::policy::PolicyProfile;
use domain::province::Jurisdiction;
use domain::register::EndCause;
use jiff::Timestamp;
use postgres::Tx;
use postgres::outbox::Event;
use serde_json::json;

use super::check_head;
use super::settle_clearance::VERB;
use super::{Moved, facts, note};
use crate::deps::Deps;
use crate::error::Error;
use crate::job;
use crate::peer::exchange::event::{self, Announced};
use crate::store::Within;
use crate::store::application::Record;
use crate::store::registered::{self, Registered};

/// State, event and mirror in the caller's transaction.
pub(super) async fn complete(
    deps: &Deps,
    tx: &mut Tx,
    within: &Within,
    (record, policy): (&mut Record, &PolicyProfile),
    (grant, hash): (ClearanceGrant, &str),
    now: Timestamp,
) -> Result<(), Error> {
    let facts = facts::load(deps, tx, within, record).await?;
    let before = facts
        .registered
        .ok_or_else(|| Error::internal("a cancellation of nothing was cleared"))?;
    let completed = record.application.clone().complete(policy, grant, hash, now)?;
    let moved = Moved {
        evidence: json!({ "application_hash": hash }),
        ..completed.into()
    };
    let actor = job::actor(VERB, deps.province);
    note(deps, tx, &actor, VERB, record, moved).await?;
    let ApplicationState::Completed(completed) = record.application.state() else {
        return Err(Error::internal("a completed application is completed"));
    };
    let application = &record.application;
    let jurisdiction = Jurisdiction::Province(deps.province);
    let payload = event::completed(&Announced {
        application: &deps.application_name(application.id),
        clearance: completed.clearance,
        person: application.person,
        employer: application.employer,
        kind: application.kind,
        hash: record.hash.as_deref().unwrap_or_default(),
        number: &completed.number.to_string(),
        terms: record.terms.as_deref().unwrap_or_default(),
        cancellation: application.cancellation_terms(),
        correction: None,
        announcement_number: "",
        at: now,
        announced_by: &policy.announcing_authority.of(jurisdiction).to_string(),
        decided_by: &policy.deciding_authority.of(jurisdiction).to_string(),
    });
    let event = Event {
        format: event::FORMAT,
        payload: &payload,
        at: now,
    };
    check_head::agreed(deps)?;
    let position = tx.push_event(&deps.stream, event).await?.sequence;
    let ended = Registered {
        announced_at: now,
        application: application.id,
        position,
        ended: Some((now, EndCause::Cancelled)),
        ..before
    };
    registered::upsert(tx, &ended).await?;
    deps.wake.push.notify_one();
    Ok(())
}
