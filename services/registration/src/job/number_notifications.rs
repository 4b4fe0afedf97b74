//! Puts notifications into the stream: positions are dense and follow commits, so that no reader skips one.

use postgres::Tx;
use postgres::lease::{Lease, Step};

use crate::deps::Deps;
use crate::error::Error;
use crate::store::notification;

pub(super) const VERB: &str = "number_notifications";
const BATCH: i64 = 1_000;

pub(super) async fn step(deps: &Deps, lease: &Lease) -> Result<Step, Error> {
    let numbered = deps
        .database
        .run_tx("number notifications", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            notification::number(tx, BATCH).await
        })
        .await?;
    if numbered == 0 {
        return Ok(Step::Idle);
    }
    deps.wake.numbered.notify_waiters();
    Ok(Step::Worked)
}
