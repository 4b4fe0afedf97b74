//! Takes a proposed succession back.

use domain::ids::SuccessionId;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;

use super::propose_succession::own_officer;
use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::succession;

/// Any officer of the province, until it is announced.
#[instrument(name = "withdraw_succession", skip_all, fields(succession = %id))]
pub(crate) async fn withdraw_succession(
    deps: &Deps,
    call: &Call,
    id: SuccessionId,
) -> Result<SuccessionId, Error> {
    let subject = deps.succession_name(id);
    let result = deps
        .database
        .run_tx("withdraw_succession", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(SuccessionId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let officer = own_officer(deps, call)?;
            let found = succession::lock(tx, id).await?.ok_or_else(Error::not_found)?;
            succession::save(tx, &found.withdraw(officer, call.at)?).await?;
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: "153号 art 13",
                subject: &subject,
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
