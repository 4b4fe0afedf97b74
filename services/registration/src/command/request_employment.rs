//! Hands a draft to the employer.

use domain::ids::ApplicationId;
use tracing::instrument;

use super::filing::initiator;
use super::{Call, Move, move_one};
use crate::deps::Deps;
use crate::error::Error;

/// A rejected application is taken back to a draft first.
#[instrument(name = "request_employment", skip_all, fields(%application))]
pub(crate) async fn request_employment(
    deps: &Deps,
    call: &Call,
    application: ApplicationId,
    commitment: bool,
) -> Result<ApplicationId, Error> {
    let account = call.account()?;
    move_one(
        deps,
        call,
        Move {
            application,
            etag: "",
        },
        |record, policy| {
            initiator(deps, call, &record.application, policy)?;
            let mut application = record.application.clone();
            if application.state().kind() == domain::application::StateKind::EmployerRejected {
                application = application.revise(account, call.at)?.0;
            }
            Ok(application.hand_over(commitment, account, call.at)?.into())
        },
    )
    .await
}
