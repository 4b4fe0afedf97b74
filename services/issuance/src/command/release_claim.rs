//! Frees the claim of an application that ended without announcement.

use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde_json::json;
use tracing::instrument;

use super::apply_act::moving;
use crate::deps::Deps;
use crate::error::Error;
use crate::store::exchange::claim::{self, Key};

/// What a province says.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) actor: String,
    pub(crate) key: Key,
    pub(crate) reason: String,
}

/// Idempotent. A clearance that was given meanwhile stays until an event of the province's chain releases it.
#[instrument(name = "release_claim", skip_all, fields(application = %input.key))]
pub(crate) async fn release_claim(deps: &Deps, input: Input) -> Result<(), Error> {
    let now = deps.now();
    let subject = input.key.to_string();
    deps.database
        .run_tx("release claim", async |tx: &mut Tx| {
            let claimed = claim::lock(tx, input.key).await?;
            if !claim::end(tx, input.key, false, Some(&input.reason), now).await? {
                return Ok(());
            }
            let record = Record {
                at: now,
                actor: &input.actor,
                verb: "release_claim",
                article: "design §3",
                subject: &subject,
                outcome: Outcome::Done,
                evidence: json!({ "reason": &input.reason }),
            };
            tx.audit(record).await?;
            if let Some(claimed) = claimed {
                moving::cancelled(deps, tx, input.key, claimed.person, now).await?;
            }
            Ok::<_, Error>(())
        })
        .await?;
    deps.bells.changes.notify_one();
    deps.bells.downstream.notify_waiters();
    Ok(())
}
