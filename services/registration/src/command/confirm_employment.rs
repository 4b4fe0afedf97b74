//! The employer's registrar confirms or rejects the employment.

use domain::ids::ApplicationId;
use tracing::instrument;

use super::{Call, Move, move_one};
use crate::app::Deps;
use crate::error::Error;

/// The registrar's answer.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) application: ApplicationId,
    pub(crate) confirmed: bool,
    pub(crate) reason: String,
}

/// Only a registrar of the employer applied for.
#[instrument(name = "confirm_employment", skip_all, fields(application = %input.application))]
pub(crate) async fn confirm_employment(
    deps: &Deps,
    call: &Call,
    input: Input,
) -> Result<ApplicationId, Error> {
    let account = call.account()?;
    move_one(
        deps,
        call,
        Move {
            application: input.application,
            etag: "",
        },
        |record, _| {
            let application = record.application.clone();
            if !call.scope.may_see_employer(application.employer.as_uuid()) {
                return Err(Error::not_found());
            }
            let moved = if input.confirmed {
                application.confirm_employment(account, call.at)?
            } else {
                application.reject_employment(account, &input.reason, call.at)?
            };
            Ok(moved.into())
        },
    )
    .await
}
