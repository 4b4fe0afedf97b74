//! Withdraws an application before the decision; a claim is given back by a job.

use domain::authority::Actor;
use domain::ids::ApplicationId;
use tracing::instrument;

use super::{Call, Move, move_one};
use crate::app::Deps;
use crate::error::Error;

/// Only the person.
#[instrument(name = "withdraw_application", skip_all, fields(%application))]
pub(crate) async fn withdraw_application(
    deps: &Deps,
    call: &Call,
    application: ApplicationId,
    reason: &str,
) -> Result<ApplicationId, Error> {
    let actor = Actor::Holder {
        account: call.account()?,
    };
    let moved = move_one(
        deps,
        call,
        Move {
            application,
            etag: "",
        },
        |record, _| {
            Ok(record
                .application
                .clone()
                .withdraw(actor, reason, call.at)?
                .into())
        },
    )
    .await?;
    deps.wake.release.notify_one();
    Ok(moved)
}
