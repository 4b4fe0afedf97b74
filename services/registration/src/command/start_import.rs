//! Has the rows of a checked file written.

use domain::authority::Authority;
use domain::ids::ImportId;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;

use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::import::{self, Progress};

/// Idempotent on the request. What the check said is forgotten: every row is judged again when it is written.
#[instrument(name = "start_import", skip_all, fields(import = %id))]
pub(crate) async fn start_import(deps: &Deps, call: &Call, id: ImportId) -> Result<ImportId, Error> {
    let result = start(deps, call, id).await;
    let started = call.audited(deps, &deps.import_name(id), result).await?;
    deps.wake.import.notify_one();
    Ok(started)
}

async fn start(deps: &Deps, call: &Call, id: ImportId) -> Result<ImportId, Error> {
    let officer = call.officer(Authority::Province(deps.province))?;
    deps.database
        .run_tx("start_import", async |tx: &mut Tx| {
            let Begin::First(claim) = call.begin(tx).await? else {
                return Ok(id);
            };
            let found = import::lock(tx, call.within(deps).all, id).await?;
            let mut stored = found.ok_or_else(Error::not_found)?;
            let checked = stored.progress;
            stored.import = stored.import.start(officer, call.at)?;
            stored.started_at = Some(call.at);
            stored.next_piece = 0;
            stored.progress = Progress::default();
            import::forget_notes(tx, id).await?;
            import::save(tx, &stored).await?;
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: stored.import.kind.article(),
                subject: &deps.import_name(id),
                outcome: Outcome::Done,
                evidence: json!({
                    "sm3": hex::encode(&stored.digest), "good": checked.written, "unchanged": checked.unchanged,
                    "failed": checked.failed,
                }),
            })
            .await?;
            finish(tx, claim, id.as_uuid()).await?;
            Ok::<_, Error>(id)
        })
        .await
}
