//! Frees the claim of an application that ended without announcement.

use jiff::Timestamp;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde_json::json;
use tracing::instrument;

use super::apply_act::moving;
use super::working_set::{Wanted, WorkingSet};
use crate::counterfoil::{AskedFor, What, keep_papers};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::exchange::claim::{self, End, Key};

/// What a province says.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) actor: String,
    pub(crate) key: Key,
    pub(crate) reason: String,
}

/// Releases in a transaction; false where nothing was open.
pub(super) async fn release(deps: &Deps, tx: &mut Tx, input: &Input, now: Timestamp) -> Result<bool, Error> {
    let subject = input.key.to_string();
    let claimed = claim::lock(tx, input.key).await?;
    let end = (input.key, End::Released(input.reason.clone()));
    if claim::end_all(tx, &[end], now).await? == 0 {
        return Ok(false);
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
        let wanted = Wanted::people([claimed.person]);
        let mut set = WorkingSet::read(deps, tx, wanted, now).await?;
        moving::cancelled(&mut set, input.key, claimed.person)?;
        set.write(deps, tx).await?;
    }
    Ok(true)
}

/// Idempotent. A clearance that was given meanwhile stays until an event of the province's chain releases it.
#[instrument(name = "release_claim", skip_all, fields(application = %input.key))]
pub(crate) async fn release_claim(deps: &Deps, input: Input) -> Result<(), Error> {
    let now = deps.now();
    let claimed = deps
        .database
        .run_tx("release claim", async |tx: &mut Tx| {
            release(deps, tx, &input, now).await?;
            Ok::<_, Error>(claim::lock(tx, input.key).await?)
        })
        .await?;
    if let Some(claimed) = claimed {
        // Kept also where it was released before: the province may not have been answered then.
        let asked = AskedFor {
            person: claimed.person,
            province: input.key.province,
            application: input.key.application,
            at: now,
            what: What::Release {
                actor: input.actor,
                reason: input.reason,
            },
        };
        keep_papers(&deps.objects, now, &[asked]).await?;
    }
    deps.bells.changes.notify_one();
    deps.bells.downstream.notify_waiters();
    Ok(())
}
