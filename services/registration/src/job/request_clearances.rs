//! Retries clearances until the nation answers, and gives back those that ran out.

use domain::ids::ApplicationId;
use postgres::Tx;
use postgres::lease::{Lease, Step};

use crate::command::release_clearance::release_expired;
use crate::command::settle_clearance::settle_clearances;
use crate::deps::Deps;
use crate::error::Error;
use crate::store::application;

const BATCH: i64 = 50;

pub(super) async fn step(deps: &Deps, lease: &Lease) -> Result<Step, Error> {
    let (waiting, cleared) = deps
        .database
        .run_tx("find clearances", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            let waiting = application::awaiting_clearance(tx, BATCH).await?;
            Ok::<_, Error>((waiting, application::cleared(tx, BATCH).await?))
        })
        .await?;
    for id in cleared {
        release_expired(deps, ApplicationId::from_uuid(id)).await?;
    }
    settle_clearances(deps, &waiting).await?;
    Ok(Step::Idle)
}
