//! Silence on completeness: after the limit an application counts as accepted (101号 art 17; 行政许可法 art 32).

use domain::application::{Claim, StateKind};
use domain::calendar::HolidayCalendar;
use domain::ids::ApplicationId;
use postgres::Tx;
use postgres::lease::Lease;
use serde_json::json;
use service_runtime::clock::Clock as _;
use tracing::instrument;

use super::{Moved, note, settle_claim};
use crate::deps::Deps;
use crate::error::Error;
use crate::job;
use crate::store::{Within, application, clock};

/// Audit verb and scope.
pub(crate) const VERB: &str = "deem_accepted";

/// An explicit event whose actor is the clock, never an officer. Does nothing to a file that was acted upon meanwhile.
#[instrument(name = "deem_accepted", skip_all, fields(application = %id))]
pub(crate) async fn deem_accepted(deps: &Deps, lease: &Lease, id: ApplicationId) -> Result<(), Error> {
    let within = Within::of(&job::scope(VERB), deps.province);
    let now = deps.clock.now();
    let within = &within;
    let done = deps
        .database
        .run_tx("deem accepted", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            let found = application::lock(tx, within, &[id.as_uuid()]).await?.pop();
            let waiting = found.filter(|record| record.application.state().kind() == StateKind::Submitted);
            let (Some(mut record), Some(running)) = (waiting, clock::find(tx, id).await?) else {
                return Ok(false);
            };
            let claim = if record.kind().needs_claim() {
                Claim::Pending
            } else {
                Claim::Exempt
            };
            let due = running.deadline(HolidayCalendar::official());
            let deemed = record.application.clone().deem_accepted(
                &running,
                HolidayCalendar::official(),
                claim,
                now,
            )?;
            let moved = Moved {
                evidence: json!({ "limit": running.limit, "due": due }),
                ..deemed.into()
            };
            let actor = job::actor(VERB, deps.province);
            note(deps, tx, &actor, VERB, &mut record, moved).await?;
            Ok::<_, Error>(true)
        })
        .await?;
    if !done {
        return Ok(());
    }
    tracing::warn!(
        application = %id,
        monotonic_counter.applications_deemed_accepted = 1_u64,
        "silence counts as acceptance"
    );
    if let Err(error) = settle_claim::settle_claim(deps, id).await {
        tracing::info!(application = %id, %error, "the claim stays pending");
        deps.wake.claim.notify_one();
    }
    Ok(())
}
