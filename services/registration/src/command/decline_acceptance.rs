//! 不予受理, with grounds and a notice (行政许可法 art 32).

use domain::application::NonAcceptanceGround;
use domain::ids::ApplicationId;
use domain::province::Jurisdiction;
use serde_json::json;
use tracing::instrument;

use super::{Call, Move, Moved, move_one};
use crate::deps::Deps;
use crate::error::Error;

/// Only the accepting authority.
#[instrument(name = "decline_acceptance", skip_all, fields(application = %target.application))]
pub(crate) async fn decline_acceptance(
    deps: &Deps,
    call: &Call,
    target: Move<'_>,
    ground: NonAcceptanceGround,
    grounds: &str,
) -> Result<ApplicationId, Error> {
    move_one(deps, call, target, |record, policy| {
        let officer = call.officer(
            policy
                .accepting_authority
                .of(Jurisdiction::Province(deps.province)),
        )?;
        let application = record.application.clone();
        let declined = application.decline_acceptance(policy, officer, ground, grounds, call.at)?;
        Ok(Moved {
            evidence: json!({ "ground": ground }),
            ..Moved::from(declined)
        })
    })
    .await
}
