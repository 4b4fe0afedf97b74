//! Gives a clearance back that can no longer be used, so that a new one is asked for.

use domain::authority::Actor;
use domain::ids::ApplicationId;
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
