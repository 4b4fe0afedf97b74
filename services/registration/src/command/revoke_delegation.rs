//! Ends a delegation before its last day.

use domain::ids::{DelegationId, OfficerId};
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;

use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::work;

/// By the delegator or the delegate; what was done under it stays.
#[instrument(name = "revoke_delegation", skip_all, fields(%delegation))]
pub(crate) async fn revoke_delegation(
    deps: &Deps,
    call: &Call,
    delegation: DelegationId,
) -> Result<DelegationId, Error> {
    let subject = deps.delegation_name(delegation);
    let result = deps
        .database
        .run_tx("revoke_delegation", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(DelegationId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let known = work::delegation(tx, delegation)
                .await?
                .ok_or_else(Error::not_found)?;
            let by = OfficerId::from(call.account()?);
            known.revoke(by, call.at)?;
            work::revoke(tx, delegation, call.at).await?;
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: "domain §1.2",
                subject: &subject,
                outcome: Outcome::Done,
                evidence: json!({}),
            })
            .await?;
            finish(tx, claim, delegation.as_uuid()).await?;
            Ok::<_, Error>(delegation)
        })
        .await;
    call.audited(deps, &subject, result).await
}
