//! Withdraws an application before the decision; a claim is given back by a job.

use domain::ids::ApplicationId;
use tracing::instrument;

use super::filing::initiator;
use super::{Call, Move, move_one};
use crate::deps::Deps;
use crate::error::Error;

/// Only whoever opened it.
#[instrument(name = "withdraw_application", skip_all, fields(%application))]
pub(crate) async fn withdraw_application(
    deps: &Deps,
    call: &Call,
    application: ApplicationId,
    reason: &str,
) -> Result<ApplicationId, Error> {
    let moved = move_one(
        deps,
        call,
        Move {
            application,
            etag: "",
        },
        |record, policy| {
            let actor = initiator(deps, call, &record.application, policy)?;
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
