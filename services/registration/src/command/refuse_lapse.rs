//! A second officer does not agree with a recorded lapse, or with undoing one: it has no effect, and stays on record.

use domain::ids::LapseId;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;

use super::record_lapse::{second, settle_report};
use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::lapse;

/// Another officer than the one who recorded it, with grounds. Idempotent on the request.
#[instrument(name = "refuse_lapse", skip_all, fields(lapse = %id))]
pub(crate) async fn refuse_lapse(
    deps: &Deps,
    call: &Call,
    id: LapseId,
    grounds: &str,
) -> Result<LapseId, Error> {
    let subject = deps.lapse_name(id);
    let result = deps
        .database
        .run_tx(call.verb, async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(LapseId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let (officer, locked) = second(deps, tx, call, id).await?;
            let refused = locked.refuse(officer, grounds, call.at)?;
            lapse::save(tx, &refused).await?;
            settle_report(tx, &refused).await?;
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: refused.article(),
                subject: &deps.lapse_name(id),
                outcome: Outcome::Done,
                evidence: json!({ "grounds": grounds.trim() }),
            })
            .await?;
            finish(tx, claim, id.as_uuid()).await?;
            Ok::<_, Error>(id)
        })
        .await;
    call.audited(deps, &subject, result).await
}
