//! Stops an import. What was written stays.

use domain::authority::Authority;
use domain::ids::ImportId;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;

use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::import;

/// Idempotent on the request. Waits for the piece that is being written.
#[instrument(name = "cancel_import", skip_all, fields(import = %id))]
pub(crate) async fn cancel_import(deps: &Deps, call: &Call, id: ImportId) -> Result<ImportId, Error> {
    let result = cancel(deps, call, id).await;
    call.audited(deps, &deps.import_name(id), result).await
}

async fn cancel(deps: &Deps, call: &Call, id: ImportId) -> Result<ImportId, Error> {
    let officer = call.officer(Authority::Province(deps.province))?;
    deps.database
        .run_tx("cancel_import", async |tx: &mut Tx| {
            let Begin::First(claim) = call.begin(tx).await? else {
                return Ok(id);
            };
            let found = import::lock(tx, call.within(deps).all, id).await?;
            let mut stored = found.ok_or_else(Error::not_found)?;
            stored.import = stored.import.cancel(officer, call.at)?;
            stored.ended_at = Some(call.at);
            import::save(tx, &stored).await?;
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: stored.import.kind.article(),
                subject: &deps.import_name(id),
                outcome: Outcome::Done,
                evidence: json!({ "written": stored.progress.written }),
            })
            .await?;
            finish(tx, claim, id.as_uuid()).await?;
            Ok::<_, Error>(id)
        })
        .await
}
