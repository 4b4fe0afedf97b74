//! 指派: a leader of the authority puts a file into an officer's hands, also one that another has.

use domain::authority::Officer;
use domain::ids::{ApplicationId, OfficerId};
use postgres::Tx;
use tracing::instrument;

use super::claim_work::{could_take, due, put, whatever};
use super::moves::locked;
use super::{Begin, Call, finish};
use crate::deps::Deps;
use crate::error::Error;

/// Refused where the officer must keep away or took a step that is kept apart. That the officer holds a grant of the
/// authority shows when they act.
#[instrument(name = "assign_work", skip_all, fields(%application))]
pub(crate) async fn assign_work(
    deps: &Deps,
    call: &Call,
    application: ApplicationId,
    officer: OfficerId,
) -> Result<ApplicationId, Error> {
    let subject = deps.application_name(application);
    let result = deps
        .database
        .run_tx("assign_work", async |tx: &mut Tx| {
            let claim = match call.begin(tx).await? {
                Begin::Replay(id) => return Ok(ApplicationId::from_uuid(id)),
                Begin::First(claim) => claim,
            };
            let record = locked(deps, tx, call, whatever(application)).await?;
            let (step, authority) = due(tx, call, &record.application).await?;
            let leader = call.officer(authority)?;
            let assigned = Officer {
                id: officer,
                authority,
            };
            could_take(tx, deps, call, &record, (assigned, step)).await?;
            put(tx, call, &record, (assigned, Some(leader)), &subject).await?;
            finish(tx, claim, application.as_uuid()).await?;
            Ok::<_, Error>(application)
        })
        .await;
    call.audited(deps, &subject, result).await
}
