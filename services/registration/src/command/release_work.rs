//! Gives a file back to the queue.

use domain::ids::ApplicationId;
use domain::work::WorkRefused;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;

use super::claim_work::{due, whatever};
use super::moves::locked;
use super::{Begin, Call, finish, hands};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::work;

/// By whoever has it in hand, or their delegate.
#[instrument(name = "release_work", skip_all, fields(%application))]
pub(crate) async fn release_work(
    deps: &Deps,
    call: &Call,
    application: ApplicationId,
) -> Result<ApplicationId, Error> {
    let subject = deps.application_name(application);
    let result = deps
        .database
        .run_tx("release_work", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(ApplicationId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let record = locked(deps, tx, call, whatever(application)).await?;
            let (_, authority) = due(tx, call, &record.application).await?;
            let officer = call.officer(authority)?;
            let hand = hands::of(tx, officer, call.relations.clone(), call.at).await?;
            let held = work::claimed(tx, application, authority).await?;
            let held = held.ok_or(WorkRefused::NotInHand)?;
            if !hand.includes(held.officer) {
                return Err(WorkRefused::InOtherHands.into());
            }
            work::release(tx, application, Some(authority)).await?;
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: "domain §1.2",
                subject: &subject,
                outcome: Outcome::Done,
                evidence: json!({ "officer": held.officer.resource_name(), "authority": authority }),
            })
            .await?;
            finish(tx, claim, application.as_uuid()).await?;
            Ok::<_, Error>(application)
        })
        .await;
    call.audited(deps, &subject, result).await
}
