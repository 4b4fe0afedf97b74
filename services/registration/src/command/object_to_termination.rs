//! The old employer objects: the employment has not ended. An officer reads the grounds.

use domain::ids::ApplicationId;
use domain::notification::NotificationKind;
use domain::province::Jurisdiction;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use serde_json::json;
use tracing::instrument;

use super::moves::locked;
use super::notify;
use super::{Begin, Call, Move, finish};
use crate::deps::Deps;
use crate::error::{Error, OBJECTION_INVALID};
use crate::store::{person, termination_notice};

/// Longest grounds in characters.
const GROUNDS: usize = 4000;

/// Only a registrar of the employer that was told; the grounds are sealed under the person's key.
#[instrument(name = "object_to_termination", skip_all, fields(%application))]
pub(crate) async fn object_to_termination(
    deps: &Deps,
    call: &Call,
    application: ApplicationId,
    grounds: &str,
) -> Result<ApplicationId, Error> {
    let subject = deps.application_name(application);
    let result = object(deps, call, application, grounds).await;
    call.audited(deps, &subject, result).await
}

async fn object(
    deps: &Deps,
    call: &Call,
    application: ApplicationId,
    grounds: &str,
) -> Result<ApplicationId, Error> {
    if grounds.chars().count() > GROUNDS {
        return Err(OBJECTION_INVALID.into());
    }
    let account = call.account()?;
    deps.database
        .run_tx("object_to_termination", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(ApplicationId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let target = Move {
                application,
                etag: "",
            };
            let record = locked(deps, tx, call, target).await?;
            let found = termination_notice::find(tx, application).await?;
            let told = |employer: domain::ids::EmployerId| call.scope.may_see_employer(employer.as_uuid());
            let mut notice = found
                .filter(|notice| told(notice.employer))
                .ok_or_else(Error::not_found)?;
            notice.notice = notice.notice.object(account, grounds, call.at)?;
            let owner = record.application.person;
            let row = person::find(tx, &call.within(deps), owner)
                .await?
                .ok_or_else(Error::not_found)?;
            let key = deps.sealing.key(owner.as_uuid(), row.wrapped_key)?;
            notice.sealed_grounds = Some(deps.sealing.seal_termination_grounds(&key, grounds.trim()));
            termination_notice::save(tx, &notice).await?;
            tx.audit(AuditRecord {
                at: call.at,
                actor: &call.caller,
                verb: call.verb,
                article: "153号 art 13",
                subject: &deps.application_name(application),
                outcome: Outcome::Done,
                evidence: json!({ "employer": notice.employer.resource_name() }),
            })
            .await?;
            let policy = deps.policy_of(&record.application, call.at)?;
            let charged = policy
                .accepting_authority
                .of(Jurisdiction::Province(deps.province));
            let kind = NotificationKind::TerminationObjected;
            let told = notify::of(deps, kind, &record.application, Some(charged), call.at);
            notify::push(deps, tx, &told).await?;
            finish(tx, claim, application.as_uuid()).await?;
            Ok::<_, Error>(application)
        })
        .await
}
