//! 回避: an officer keeps away from a file, by their own word or a leader's.

use domain::authority::Authority;
use domain::ids::{ApplicationId, OfficerId};
use domain::work::ConflictGround;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use service_runtime::Refusal;
use service_runtime::error::PERMISSION_DENIED;
use tracing::instrument;

use super::claim_work::whatever;
use super::moves::locked;
use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::work;

/// The role of those who assign work.
pub(crate) const LEADER: &str = "LEADER";

/// Nobody takes it back: a file is judged by somebody else. What the officer has in hand goes back to the queue.
#[instrument(name = "declare_conflict", skip_all, fields(%application))]
pub(crate) async fn declare_conflict(
    deps: &Deps,
    call: &Call,
    application: ApplicationId,
    ground: ConflictGround,
    of: Option<OfficerId>,
) -> Result<ApplicationId, Error> {
    let subject = deps.application_name(application);
    let result = deps
        .database
        .run_tx("declare_conflict", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(ApplicationId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let record = locked(deps, tx, call, whatever(application)).await?;
            let own = OfficerId::from(call.account()?);
            let officer = of.unwrap_or(own);
            let leads = call.scope.grants().iter().any(|grant| grant.role == LEADER);
            if officer != own && !leads {
                return Err(Refusal::new(PERMISSION_DENIED).into());
            }
            work::declare_conflict(tx, record.application.id, (officer, ground), own, call.at).await?;
            let grants = call.scope.grants().iter();
            for authority in grants.filter_map(|grant| grant.authority.parse::<Authority>().ok()) {
                let held = work::claimed(tx, application, authority).await?;
                if held.is_some_and(|held| held.officer == officer) {
                    work::release(tx, application, Some(authority)).await?;
                }
            }
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: "行政许可法 art 5; 公务员法 art 76",
                subject: &subject,
                outcome: Outcome::Done,
                evidence: json!({ "officer": officer.resource_name(), "ground": ground }),
            })
            .await?;
            finish(tx, claim, application.as_uuid()).await?;
            Ok::<_, Error>(application)
        })
        .await;
    call.audited(deps, &subject, result).await
}
