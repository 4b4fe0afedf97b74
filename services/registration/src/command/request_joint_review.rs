//! Passes the file to the co-reviewing departments (101号 art 5).

use domain::ids::ApplicationId;
use domain::province::Jurisdiction;
use tracing::instrument;

use super::{Call, Move, move_one};
use crate::deps::Deps;
use crate::error::Error;

/// The accepting or the deciding authority.
#[instrument(name = "request_joint_review", skip_all, fields(application = %target.application))]
pub(crate) async fn request_joint_review(
    deps: &Deps,
    call: &Call,
    target: Move<'_>,
) -> Result<ApplicationId, Error> {
    move_one(deps, call, target, |record, policy| {
        let province = Jurisdiction::Province(deps.province);
        let deciding = policy.deciding_authority.of(province);
        let mut officer = call.officer(deciding)?;
        if officer.authority != deciding {
            officer = call.officer(policy.accepting_authority.of(province))?;
        }
        Ok(record
            .application
            .clone()
            .request_joint_review(policy, officer, call.at)?
            .into())
    })
    .await
}
