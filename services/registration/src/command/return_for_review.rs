//! 退回复核: sends a granted file back because a rule has come to stand against it since the decision.

use domain::ids::ApplicationId;
use domain::province::Jurisdiction;
use domain::refusal::Stage;
use postgres::Tx;
use postgres::outbox::Event;
use serde_json::json;
use tracing::instrument;

use super::facts::{self, Facts};
use super::moves::locked;
use super::{Begin, Call, Move, Moved, finish, note};
use crate::deps::Deps;
use crate::error::Error;
use crate::peer::exchange::event;

/// An unused clearance is given back to the nation in the same transaction.
#[instrument(name = "return_for_review", skip_all, fields(application = %target.application))]
pub(crate) async fn return_for_review(
    deps: &Deps,
    call: &Call,
    target: Move<'_>,
) -> Result<ApplicationId, Error> {
    let subject = deps.application_name(target.application);
    let result = deps
        .database
        .run_tx("return_for_review", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(ApplicationId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let mut record = locked(deps, tx, call, target).await?;
            let policy = deps.policy_of(&record.application, call.at)?;
            let announcing = policy.announcing_authority;
            let officer = call.officer(announcing.of(Jurisdiction::Province(deps.province)))?;
            let facts = facts::load(deps, tx, &call.within(deps), &record).await?;
            let failing = facts.failing(Facts::asked(&record, Stage::Issue, call.at, &[]), policy);
            let cleared = record.application.state().cleared();
            let clearance = cleared.map(|cleared| cleared.clearance);
            let application = record.application.clone();
            let moved = application.return_failing(policy, officer, &failing, call.at)?;
            let rules: Vec<_> = failing.iter().map(|failed| failed.rule.code()).collect();
            let moved = Moved {
                evidence: json!({ "rules": rules, "clearance": clearance }),
                ..moved.into()
            };
            facts
                .keep_failing(deps, tx, &mut record, failing, call.at)
                .await?;
            note(deps, tx, &call.caller, call.verb, &mut record, moved).await?;
            finish(tx, claim, target.application.as_uuid()).await?;
            if let Some(clearance) = clearance {
                let name = deps.application_name(target.application);
                let payload = event::clearance_released(&name, clearance, "RULES_FAIL", call.at);
                let event = Event {
                    format: event::FORMAT,
                    payload: &payload,
                    at: call.at,
                };
                tx.push_event(&deps.stream, event).await?;
            }
            Ok::<_, Error>(target.application)
        })
        .await;
    let returned = call.audited(deps, &subject, result).await?;
    deps.wake.push.notify_one();
    Ok(returned)
}
