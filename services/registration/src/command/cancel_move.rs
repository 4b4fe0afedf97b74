//! 取消转出: ends an application for a move between provinces after its decision and before its announcement. The nation is
//! told, and the registration stays where it is.

use domain::application::MoveRefused;
use domain::authority::Actor;
use domain::ids::ApplicationId;
use domain::province::Jurisdiction;
use postgres::Tx;
use postgres::outbox::Event;
use serde_json::json;
use tracing::instrument;

use super::moves::locked;
use super::{Begin, Call, Move, Moved, finish, note};
use crate::deps::Deps;
use crate::error::Error;
use crate::peer::exchange::event;
use crate::store::application::Record;
use crate::store::national_entry;

/// The holder, or an officer of the authority that announces. Before the decision a move is withdrawn like any application.
#[instrument(name = "cancel_move", skip_all, fields(%application))]
pub(crate) async fn cancel_move(
    deps: &Deps,
    call: &Call,
    application: ApplicationId,
    reason: &str,
) -> Result<ApplicationId, Error> {
    let subject = deps.application_name(application);
    let result = cancel(deps, call, application, reason).await;
    let cancelled = call.audited(deps, &subject, result).await?;
    deps.wake.push.notify_one();
    deps.wake.release.notify_one();
    Ok(cancelled)
}

async fn cancel(
    deps: &Deps,
    call: &Call,
    application: ApplicationId,
    reason: &str,
) -> Result<ApplicationId, Error> {
    deps.database
        .run_tx("cancel_move", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(ApplicationId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let target = Move {
                application,
                etag: "",
            };
            let mut record = locked(deps, tx, call, target).await?;
            if national_entry::province(tx, application).await?.is_none() {
                return Err(MoveRefused::NoMove.into());
            }
            let actor = actor(deps, call, &record)?;
            let clearance = record
                .application
                .state()
                .cleared()
                .map(|cleared| cleared.clearance);
            let cancelled = record.application.clone().cancel_move(actor, reason, call.at)?;
            let moved = Moved {
                evidence: json!({ "clearance": clearance }),
                ..cancelled.into()
            };
            note(deps, tx, &call.caller, call.verb, &mut record, moved).await?;
            finish(tx, claim, application.as_uuid()).await?;
            if let Some(clearance) = clearance {
                let name = deps.application_name(application);
                let payload = event::clearance_released(&name, clearance, "MOVE_CANCELLED", call.at);
                let event = Event {
                    format: event::FORMAT,
                    payload: &payload,
                    at: call.at,
                };
                tx.push_event(&deps.stream, event).await?;
            }
            Ok::<_, Error>(application)
        })
        .await
}

fn actor(deps: &Deps, call: &Call, record: &Record) -> Result<Actor, Error> {
    if call.scope.own_person() == Some(record.application.person.as_uuid()) {
        return Ok(Actor::Holder {
            account: call.account()?,
        });
    }
    let policy = deps.policy_of(&record.application, call.at)?;
    let needed = policy
        .announcing_authority
        .of(Jurisdiction::Province(deps.province));
    let officer = call.officer(needed)?;
    if officer.authority != needed {
        return Err(MoveRefused::WrongAuthority { needed }.into());
    }
    Ok(Actor::Officer(officer))
}
