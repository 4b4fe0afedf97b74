//! The one notice of everything that is missing (101号 art 17).

use domain::ids::ApplicationId;
use domain::province::Jurisdiction;
use serde_json::json;
use tracing::instrument;

use super::{Call, Move, Moved, move_one};
use crate::deps::Deps;
use crate::error::Error;

/// Only the accepting authority, once.
#[instrument(name = "request_correction", skip_all, fields(application = %target.application))]
pub(crate) async fn request_correction(
    deps: &Deps,
    call: &Call,
    target: Move<'_>,
    points: &[String],
) -> Result<ApplicationId, Error> {
    move_one(deps, call, target, |record, policy| {
        let officer = call.officer(
            policy
                .accepting_authority
                .of(Jurisdiction::Province(deps.province)),
        )?;
        let asked =
            record
                .application
                .clone()
                .request_correction(policy, officer, points.to_vec(), call.at)?;
        Ok(Moved {
            evidence: json!({ "points": points.len() }),
            ..Moved::from(asked)
        })
    })
    .await
}
