//! Retries claims until the nation answers.

use domain::ids::ApplicationId;
use postgres::Tx;
use postgres::lease::{Lease, Step};
use service_runtime::clock::Clock as _;

use crate::command::settle_claim::settle_claim;
use crate::deps::Deps;
use crate::error::Error;
use crate::store::application;

const BATCH: i64 = 50;

pub(super) async fn step(deps: &Deps, lease: &Lease) -> Result<Step, Error> {
    let now = deps.clock.now();
    let due = deps
        .database
        .run_tx("find claims", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            application::claims_due(tx, now, BATCH).await
        })
        .await?;
    for id in &due {
        settle_claim(deps, ApplicationId::from_uuid(*id)).await?;
    }
    Ok(if due.is_empty() { Step::Idle } else { Step::Worked })
}
