//! Takes a recorded lapse back before a second officer has spoken; it stays on record.

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

/// Any officer of the province. Idempotent on the request.
#[instrument(name = "withdraw_lapse", skip_all, fields(lapse = %id))]
pub(crate) async fn withdraw_lapse(deps: &Deps, call: &Call, id: LapseId) -> Result<LapseId, Error> {
    let subject = deps.lapse_name(id);
    let result = deps
        .database
        .run_tx(call.verb, async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(LapseId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let (officer, locked) = second(deps, tx, call, id).await?;
            let withdrawn = locked.withdraw(officer, call.at)?;
            lapse::save(tx, &withdrawn).await?;
            settle_report(tx, &withdrawn).await?;
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: withdrawn.article(),
                subject: &deps.lapse_name(id),
                outcome: Outcome::Done,
                evidence: json!({}),
            })
            .await?;
            finish(tx, claim, id.as_uuid()).await?;
            Ok::<_, Error>(id)
        })
        .await;
    call.audited(deps, &subject, result).await
}
