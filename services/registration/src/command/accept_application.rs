//! 受理: the claim at the nation is pending until it answers.

use domain::application::Claim;
use domain::ids::ApplicationId;
use domain::province::Jurisdiction;
use tracing::instrument;

use super::{Call, Move, move_one, settle_claim};
use crate::deps::Deps;
use crate::error::Error;

/// Accepts, then asks the nation at once; while it is out of reach acceptance stands (design §3).
#[instrument(name = "accept_application", skip_all, fields(application = %target.application))]
pub(crate) async fn accept_application(
    deps: &Deps,
    call: &Call,
    target: Move<'_>,
) -> Result<ApplicationId, Error> {
    let accepted = accept(deps, call, target).await?;
    if let Err(error) = settle_claim::settle_claim(deps, accepted).await {
        tracing::info!(application = %accepted, %error, "the claim stays pending");
        deps.wake.claim.notify_one();
    }
    Ok(accepted)
}

/// Accepts and leaves the claim to its job.
pub(super) async fn accept(deps: &Deps, call: &Call, target: Move<'_>) -> Result<ApplicationId, Error> {
    move_one(deps, call, target, |record, policy| {
        let officer = call.officer(
            policy
                .accepting_authority
                .of(Jurisdiction::Province(deps.province)),
        )?;
        let claim = if record.kind().needs_claim() {
            Claim::Pending
        } else {
            Claim::Exempt
        };
        Ok(record
            .application
            .clone()
            .accept(policy, officer, claim, call.at)?
            .into())
    })
    .await
}
