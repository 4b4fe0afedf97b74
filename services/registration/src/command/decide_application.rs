//! 审批: grants or refuses, by the deciding authority of the policy alone.

use domain::application::{Claim, MoveRefused};
use domain::ids::ApplicationId;
use domain::province::Jurisdiction;
use domain::refusal::Stage;
use postgres::Tx;
use serde_json::json;
use tracing::instrument;

use super::ask_checks::ask_checks;
use super::facts::{self, Asked, Facts};
use super::moves::locked;
use super::{Begin, Call, Move, Moved, finish, note, project_lock};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::application::Record;

/// The rules are evaluated again, as known on this day.
#[instrument(name = "decide_application", skip_all, fields(application = %target.application, granted))]
pub(crate) async fn decide_application(
    deps: &Deps,
    call: &Call,
    target: Move<'_>,
    granted: bool,
    grounds: &str,
) -> Result<ApplicationId, Error> {
    let subject = deps.application_name(target.application);
    facts::refresh(deps, call, target.application, Stage::Decision).await?;
    ask_checks(deps, call, target.application).await?;
    let project_lock = project_lock::ask(deps, &call.within(deps), target.application).await?;
    let result = deps
        .database
        .run_tx("decide_application", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(ApplicationId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let mut record = locked(deps, tx, call, target).await?;
            let policy = deps.policy_of(&record.application, call.at)?;
            let officer = call.officer(
                policy
                    .deciding_authority
                    .of(Jurisdiction::Province(deps.province)),
            )?;
            let facts = facts::load(deps, tx, &call.within(deps), &record).await?;
            let asked = Asked {
                project_lock,
                ..Facts::asked(&record, Stage::Decision, call.at, &[])
            };
            let failing = facts.failing(asked, policy);
            let application = record.application.clone();
            let moved = if granted {
                refuse_conflict(&record)?;
                let granted = application.grant(policy, officer, &failing, call.at);
                granted.map_err(|refused| match refused {
                    MoveRefused::AgainstRules { .. } => Error::from(refused).naming(&failing, ""),
                    other => other.into(),
                })?
            } else {
                application.refuse(policy, officer, &failing, grounds, call.at)?
            };
            let rules: Vec<_> = failing.iter().map(|failed| failed.rule.code()).collect();
            let moved = Moved {
                evidence: json!({ "granted": granted, "rules": rules, "project_lock": project_lock }),
                ..Moved::from(moved)
            };
            facts
                .keep_failing(deps, tx, &mut record, failing, call.at)
                .await?;
            note(deps, tx, &call.caller, call.verb, &mut record, moved).await?;
            finish(tx, claim, target.application.as_uuid()).await?;
            Ok::<_, Error>(target.application)
        })
        .await;
    let decided = call.audited(deps, &subject, result).await?;
    if granted {
        deps.wake.clearance.notify_one();
    } else {
        deps.wake.release.notify_one();
    }
    Ok(decided)
}

/// While the nation holds another open application of the person, this one does not go on (design §3).
pub(crate) fn refuse_conflict(record: &Record) -> Result<(), Error> {
    match record
        .application
        .state()
        .acceptance()
        .map(|acceptance| acceptance.claim)
    {
        Some(Claim::Conflict { .. }) => Err(MoveRefused::ClaimNotHeld.into()),
        _ => Ok(()),
    }
}
