//! Gives the claims of ended applications back to the nation.

use domain::ids::ApplicationId;
use postgres::Tx;
use postgres::lease::{Lease, Step};

use crate::deps::Deps;
use crate::error::Error;
use crate::store::application;

pub(super) const VERB: &str = "release_claims";
const BATCH: i64 = 50;

pub(super) async fn step(deps: &Deps, lease: &Lease) -> Result<Step, Error> {
    let due = deps
        .database
        .run_tx("find releases", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            application::releases_due(tx, BATCH).await
        })
        .await?;
    for id in &due {
        let id = ApplicationId::from_uuid(*id);
        deps.issuance
            .release(&deps.application_name(id), "ENDED_WITHOUT_ANNOUNCEMENT")
            .await?;
        deps.database
            .run_tx("mark claim released", async |tx: &mut Tx| {
                tx.check_fence(lease).await?;
                application::mark_released(tx, id).await
            })
            .await?;
    }
    Ok(if due.is_empty() { Step::Idle } else { Step::Worked })
}
