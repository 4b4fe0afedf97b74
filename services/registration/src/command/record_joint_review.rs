//! 会审: a co-reviewing department's opinion on one specialty.

use domain::authority::Authority;
use domain::ids::ApplicationId;
use domain::specialty::Specialty;
use serde_json::json;
use tracing::instrument;

use super::{Call, Move, Moved, move_one};
use crate::deps::Deps;
use crate::error::Error;

/// The opinion.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) specialty: Specialty,
    pub(crate) favourable: bool,
    pub(crate) grounds: String,
}

/// Only the specialty's own department.
#[instrument(name = "record_joint_review", skip_all, fields(application = %target.application))]
pub(crate) async fn record_joint_review(
    deps: &Deps,
    call: &Call,
    target: Move<'_>,
    input: Input,
) -> Result<ApplicationId, Error> {
    move_one(deps, call, target, |record, policy| {
        let reviewer = policy.joint_reviewers.get(&input.specialty).copied();
        let needed = reviewer.map_or(Authority::Ministry, Authority::JointReviewer);
        let officer = call.officer(needed)?;
        let Input {
            specialty,
            favourable,
            grounds,
        } = &input;
        let application = record.application.clone();
        let moved =
            application.record_joint_review(policy, officer, *specialty, *favourable, grounds, call.at)?;
        Ok(Moved {
            evidence: json!({ "specialty": specialty.code() }),
            ..Moved::from(moved)
        })
    })
    .await
}
