//! The previous employer's registrar confirms that the employment ended (153号 art 13).

use domain::authority::Actor;
use domain::calendar::day_of;
use domain::employment::{Confirmation, Termination, TerminationEvidence};
use domain::ids::ApplicationId;
use jiff::civil::Date;
use service_runtime::Refusal;
use tracing::instrument;

use super::{Call, Move, move_one};
use crate::deps::Deps;
use crate::error::Error;

/// Only a registrar of the employer before.
#[instrument(name = "confirm_termination", skip_all, fields(%application))]
pub(crate) async fn confirm_termination(
    deps: &Deps,
    call: &Call,
    application: ApplicationId,
    ended_on: Date,
) -> Result<ApplicationId, Error> {
    let account = call.account()?;
    move_one(
        deps,
        call,
        Move {
            application,
            etag: "",
        },
        |record, _| {
            let previous = record.application.previous_employer;
            if !previous.is_some_and(|previous| call.scope.may_see_employer(previous.as_uuid())) {
                return Err(Error::not_found());
            }
            if ended_on > day_of(call.at) {
                return Err(Refusal::invalid("ended_on", "must not be in the future").into());
            }
            let evidence = TerminationEvidence::Confirmed(Confirmation {
                by: account,
                at: call.at,
            });
            let termination = Termination { ended_on, evidence };
            let application = record.application.clone();
            Ok(application
                .show_termination(termination, Actor::Registrar { account }, call.at)?
                .into())
        },
    )
    .await
}
