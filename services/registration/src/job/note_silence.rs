//! Looks for notices of termination whose last day for an objection has passed.

use domain::ids::ApplicationId;
use postgres::Tx;
use postgres::lease::{Lease, Step};
use service_runtime::clock::{Clock as _, day_of};

use crate::command::note_silence::note_silence;
use crate::deps::Deps;
use crate::error::Error;
use crate::store::termination_notice;

const BATCH: i64 = 50;

pub(super) async fn step(deps: &Deps, lease: &Lease) -> Result<Step, Error> {
    let today = day_of(deps.clock.now());
    let due = deps
        .database
        .run_tx("find silent employers", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            termination_notice::silent(tx, today, BATCH).await
        })
        .await?;
    for id in &due {
        note_silence(deps, ApplicationId::from_uuid(*id)).await?;
    }
    Ok(if due.is_empty() { Step::Idle } else { Step::Worked })
}
