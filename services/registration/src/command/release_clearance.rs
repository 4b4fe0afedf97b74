//! Gives a clearance back that can no longer be used, so that a new one is asked for.

use domain::authority::Actor;
use domain::ids::{ApplicationId, ClearanceId};
use jiff::SignedDuration;
use postgres::Tx;
use postgres::outbox::Event;
use serde_json::json;
use service_runtime::clock::Clock as _;

use super::{Moved, note, settle_clearance::VERB};
use crate::deps::Deps;
use crate::error::Error;
use crate::job;
use crate::peer::exchange::event;
use crate::store::{Within, application};

/// Two national officers voided it: whoever still wants the announcement asks anew. One that was used here meanwhile stays
/// used; the nation's officers will hear of it.
pub(crate) async fn voided(
    deps: &Deps,
    tx: &mut Tx,
    id: ApplicationId,
    clearance: ClearanceId,
) -> Result<(), Error> {
    let within = Within::of(&job::scope(VERB), deps.province);
    let now = deps.clock.now();
    let found = application::lock(tx, &within, &[id.as_uuid()]).await?.pop();
    let holds = |record: &application::Record| {
        let cleared = record.application.state().cleared();
        !record.application.state().kind().is_final()
            && cleared.is_some_and(|cleared| cleared.clearance == clearance)
    };
    let Some(mut record) = found.filter(holds) else {
        return Ok(());
    };
    let released = record.application.clone().release_clearance(Actor::System, now)?;
    let moved = Moved {
        evidence: json!({ "clearance": clearance, "voided": true }),
        ..released.into()
    };
    let actor = job::actor(VERB, deps.province);
    note(deps, tx, &actor, VERB, &mut record, moved).await?;
    deps.wake.clearance.notify_one();
    Ok(())
}

/// Does nothing while the clearance can still be used.
pub(crate) async fn release_expired(deps: &Deps, id: ApplicationId) -> Result<(), Error> {
    let within = Within::of(&job::scope(VERB), deps.province);
    let (within, now) = (&within, deps.clock.now());
    let skew = SignedDuration::try_from(deps.clock_skew).unwrap_or(SignedDuration::MAX);
    deps.database
        .run_tx("release clearance", async |tx: &mut Tx| {
            let Some(mut record) = application::lock(tx, within, &[id.as_uuid()]).await?.pop() else {
                return Ok(());
            };
            let Some(cleared) = record.application.state().cleared() else {
                return Ok(());
            };
            let usable = now
                .checked_add(skew)
                .is_ok_and(|latest| latest <= cleared.announce_by);
            if usable || record.application.state().kind().is_final() {
                return Ok(());
            }
            let clearance = cleared.clearance;
            let released = record.application.clone().release_clearance(Actor::System, now)?;
            let moved = Moved {
                evidence: json!({ "clearance": clearance }),
                ..released.into()
            };
            note(
                deps,
                tx,
                &job::actor(VERB, deps.province),
                VERB,
                &mut record,
                moved,
            )
            .await?;
            let name = deps.application_name(id);
            let payload = event::clearance_released(&name, clearance, "EXPIRED", now);
            tx.push_event(
                &deps.stream,
                Event {
                    format: event::FORMAT,
                    payload: &payload,
                    at: now,
                },
            )
            .await?;
            deps.wake.push.notify_one();
            Ok::<_, Error>(())
        })
        .await
}
