//! 委托: an officer's powers in another's hands for some days.

use domain::authority::Authority;
use domain::calendar::day_of;
use domain::ids::{DelegationId, OfficerId};
use domain::work::Delegation;
use jiff::civil::Date;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;
use uuid::Uuid;

use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::work;

/// Powers of the authority that the officer's first grant is for. What is known of the delegator is kept, for the delegate
/// inherits the conflicts.
#[instrument(name = "delegate_powers", skip_all)]
pub(crate) async fn delegate_powers(
    deps: &Deps,
    call: &Call,
    delegate: OfficerId,
    (from, to): (Date, Date),
) -> Result<DelegationId, Error> {
    let id = DelegationId::from_uuid(Uuid::now_v7());
    let subject = deps.delegation_name(id);
    let result = deps
        .database
        .run_tx("delegate_powers", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(DelegationId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let officer = call.officer(Authority::Province(deps.province))?;
            let today = day_of(call.at);
            let others = work::standing(tx, officer.authority, today, true).await?;
            let delegation = Delegation {
                id,
                authority: officer.authority,
                delegator: officer.id,
                delegate,
                from,
                to,
                relations: call.relations.clone(),
                at: call.at,
                revoked_at: None,
            }
            .give(today, &others)?;
            work::delegate(tx, &delegation).await?;
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: "domain §1.2",
                subject: &subject,
                outcome: Outcome::Done,
                evidence: json!({
                    "authority": officer.authority, "delegator": officer.id.resource_name(),
                    "delegate": delegate.resource_name(), "from": from, "to": to,
                }),
            })
            .await?;
            finish(tx, claim, id.as_uuid()).await?;
            Ok::<_, Error>(id)
        })
        .await;
    call.audited(deps, &subject, result).await
}
