//! Answers an objection: upheld sends the file back to review, dismissed lets publicity run.

use domain::ids::{ApplicationId, ObjectionId};
use domain::province::Jurisdiction;
use postgres::Tx;
use serde_json::json;
use tracing::instrument;

use super::moves::locked;
use super::{Begin, Call, Move, Moved, finish, note};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::objection;

/// Only the announcing authority.
#[instrument(name = "resolve_objection", skip_all, fields(%objection, upheld))]
pub(crate) async fn resolve_objection(
    deps: &Deps,
    call: &Call,
    objection: ObjectionId,
    upheld: bool,
    grounds: &str,
) -> Result<ApplicationId, Error> {
    let subject = deps.objection_name(objection);
    let result = deps
        .database
        .run_tx("resolve_objection", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(ApplicationId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let application = objection::application(tx, objection)
                .await?
                .ok_or_else(Error::not_found)?;
            let mut record = locked(
                deps,
                tx,
                call,
                Move {
                    application,
                    etag: "",
                },
            )
            .await?;
            let policy = deps.policy_of(&record.application, call.at)?;
            let officer = call.officer(
                policy
                    .announcing_authority
                    .of(Jurisdiction::Province(deps.province)),
            )?;
            let current = record.application.clone();
            let resolved =
                current.resolve_objection(policy, officer, (objection, upheld), grounds, call.at)?;
            objection::resolve(tx, objection, (upheld, officer.id), grounds.trim(), call.at).await?;
            if upheld {
                objection::resolve_others(tx, application, officer.id, grounds.trim(), call.at).await?;
            }
            let moved = Moved {
                evidence: json!({ "objection": objection, "upheld": upheld }),
                ..resolved.into()
            };
            note(deps, tx, &call.caller, call.verb, &mut record, moved).await?;
            finish(tx, claim, application.as_uuid()).await?;
            Ok::<_, Error>(application)
        })
        .await;
    call.audited(deps, &subject, result).await
}
