//! Undecided at the end of the term, a renewal filed in time counts as granted (行政许可法 art 50).

use domain::application::StateKind;
use domain::calendar::day_of;
use domain::ids::ApplicationId;
use postgres::Tx;
use postgres::lease::Lease;
use postgres::outbox::Event;
use serde_json::json;
use service_runtime::clock::Clock as _;
use tracing::instrument;

use super::check_head;
use super::{Moved, note};
use crate::deps::Deps;
use crate::error::Error;
use crate::job;
use crate::peer::exchange::event;
use crate::store::registered::{self, Registered};
use crate::store::{Within, application};
use crate::terms;

/// Audit verb and scope.
pub(crate) const VERB: &str = "deem_renewed";

/// An explicit event whose actor is the clock; the nation records it and makes the certificate. Does nothing to a file
/// that was decided meanwhile, or whose registration is not here any more.
#[instrument(name = "deem_renewed", skip_all, fields(application = %id))]
pub(crate) async fn deem_renewed(deps: &Deps, lease: &Lease, id: ApplicationId) -> Result<(), Error> {
    let within = Within::of(&job::scope(VERB), deps.province);
    let now = deps.clock.now();
    let within = &within;
    let done = deps
        .database
        .run_tx("deem renewed", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            let found = application::lock(tx, within, &[id.as_uuid()]).await?.pop();
            let Some(mut record) = found.filter(|record| record.application.undecided_renewal().is_some())
            else {
                return Ok(false);
            };
            if record.application.state().kind() == StateKind::Submitted {
                return Ok(false);
            }
            let person = record.application.person;
            let present = registered::find(tx, within, person).await?;
            let Some(present) = present.filter(|known| known.moved_to.is_none() && known.ended.is_none())
            else {
                return Ok(false);
            };
            let policy = deps.policy_of(&record.application, now)?;
            let all = terms::after(&record, Some(&present), policy, day_of(now), day_of(now));
            let renewed = terms::told(&record, all.clone());
            let deemed = record.application.clone().deem_renewed(now)?;
            let moved = Moved {
                evidence: json!({ "terms": renewed }),
                until: renewed.iter().map(|(_, term)| term.to).min(),
                ..deemed.into()
            };
            let actor = job::actor(VERB, deps.province);
            note(deps, tx, &actor, VERB, &mut record, moved).await?;
            let name = deps.application_name(id);
            let payload = event::renewal_deemed(&name, &person.resource_name(), &renewed, now);
            let event = Event {
                format: event::FORMAT,
                payload: &payload,
                at: now,
            };
            check_head::agreed(deps)?;
            let position = tx.push_event(&deps.stream, event).await?.sequence;
            let registered = Registered {
                specialties: all,
                announced_at: now,
                application: id,
                position,
                licence_identifier: None,
                ..present
            };
            registered::upsert(tx, &registered).await?;
            Ok::<_, Error>(true)
        })
        .await?;
    if !done {
        return Ok(());
    }
    deps.wake.push.notify_one();
    tracing::warn!(
        application = %id,
        monotonic_counter.renewals_deemed = 1_u64,
        "an undecided renewal counts as granted"
    );
    Ok(())
}
