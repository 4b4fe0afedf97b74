//! Asks the nation about a claim and keeps its answer.

use domain::application::Claim;
use domain::ids::{ApplicationId, ClaimId};
use jiff::SignedDuration;
use postgres::Tx;
use serde_json::json;
use service_runtime::clock::Clock as _;

use super::{Moved, note};
use crate::deps::Deps;
use crate::error::Error;
use crate::job;
use crate::store::Within;
use crate::store::application::{self, ClaimState, Record};

/// The job's name: lease, scope and audit verb.
pub(crate) const VERB: &str = "claim_applications";

/// How long after a conflict the nation is asked again.
const CONFLICT_PAUSE: SignedDuration = SignedDuration::from_mins(10);

/// Idempotent: the nation knows claims by application, and only an unsettled one is changed here.
pub(crate) async fn settle_claim(deps: &Deps, id: ApplicationId) -> Result<(), Error> {
    let within = Within::of(&job::scope(VERB), deps.province);
    let within = &within;
    let load =
        async |tx: &mut Tx| Ok::<_, Error>(application::load(tx, within, &[id.as_uuid()]).await?.pop());
    let found = deps.reader.snapshot("claim to settle", load).await?;
    let Some(record) = found.filter(is_unsettled) else {
        return Ok(());
    };
    let name = deps.application_name(id);
    let held = deps
        .issuance
        .claim(&name, record.application.person, record.kind())
        .await?;
    let now = deps.clock.now();
    let held = &held;
    deps.database
        .run_tx("settle claim", async |tx: &mut Tx| {
            let found = application::lock(tx, within, &[id.as_uuid()]).await?.pop();
            let Some(mut record) = found.filter(is_unsettled) else {
                return Ok(());
            };
            let known = record.claim == Some(ClaimState::Conflict);
            if known && held.is_err() {
                record.claim_due = now.checked_add(CONFLICT_PAUSE).ok();
                return Ok(application::save(tx, &record).await?);
            }
            let (claim, evidence) = match held {
                Ok(()) => (
                    Claim::Held {
                        id: ClaimId::from_uuid(id.as_uuid()),
                    },
                    json!({ "held": true }),
                ),
                Err(reason) => (
                    Claim::Conflict { known_at: now },
                    json!({ "held": false, "reason": reason }),
                ),
            };
            let settled = record.application.clone().settle_claim(claim, now)?;
            let moved = Moved {
                evidence,
                ..settled.into()
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
            if held.is_err() {
                record.claim_due = now.checked_add(CONFLICT_PAUSE).ok();
                application::save(tx, &record).await?;
            }
            Ok::<_, Error>(())
        })
        .await?;
    deps.wake.clearance.notify_one();
    Ok(())
}

fn is_unsettled(record: &Record) -> bool {
    matches!(record.claim, Some(ClaimState::Pending | ClaimState::Conflict))
}
