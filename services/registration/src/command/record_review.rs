//! 初审, by another officer than the one who accepted (101号 art 16).

use domain::authority::ChargedAuthority;
use domain::ids::ApplicationId;
use domain::province::Jurisdiction;
use tracing::instrument;

use super::decide_application::refuse_conflict;
use super::opinions::{Words, worded};
use super::{Call, Move, Moved, move_one};
use crate::deps::Deps;
use crate::error::Error;

/// Only the province.
#[instrument(name = "record_review", skip_all, fields(application = %target.application))]
pub(crate) async fn record_review(
    deps: &Deps,
    call: &Call,
    target: Move<'_>,
    favourable: bool,
    words: &Words,
) -> Result<ApplicationId, Error> {
    let (grounds, template) = match worded(deps, call, words).await {
        Ok(worded) => worded,
        Err(error) => {
            let subject = deps.application_name(target.application);
            return call.audited(deps, &subject, Err(error)).await;
        }
    };
    let grounds = grounds.as_str();
    move_one(deps, call, target, |record, policy| {
        let officer = call.officer(ChargedAuthority::Province.of(Jurisdiction::Province(deps.province)))?;
        refuse_conflict(record)?;
        let application = record.application.clone();
        let reviewed = application.record_review(policy, officer, favourable, grounds, call.at)?;
        Ok(Moved {
            template,
            ..Moved::from(reviewed)
        })
    })
    .await
}
