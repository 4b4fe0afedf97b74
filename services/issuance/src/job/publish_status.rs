//! Keeps the status lists: derives statuses from numbered changes and from the day, and signs the lists, one process at a time
//! (decision 0027).

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use postgres::lease::{Lease, Periodic, Step};
use service_runtime::Lifecycle;
use service_runtime::clock::Clock as _;
use uuid::Uuid;

use crate::command::derive_status::{allot_missing, derive_status, open_next_shard};
use crate::command::publish_status::{Decoys, publish_status};
use crate::deps::Deps;
use crate::error::Error;
use crate::status::StatusLists;

/// Also the pace of signing while the register changes.
const EVERY: Duration = Duration::from_millis(500);
const TERM: Duration = Duration::from_secs(15);

/// What the holder of the lease keeps between steps.
#[derive(Default)]
struct Kept {
    decoys: Decoys,
    /// Whether everything from before the lists has a place.
    all_placed: AtomicBool,
}

/// Works until the life drains.
pub(super) async fn run(life: Lifecycle, deps: Arc<Deps>, lists: Arc<StatusLists>) -> Result<(), Infallible> {
    let job = Periodic::new("publish status", &Uuid::new_v4(), TERM, EVERY).renewing_after(TERM / 3);
    let stop = life.soft().cancelled().map(|()| ());
    let clock = deps.system.clone();
    let kept = Kept::default();
    job.run(
        &deps.database,
        move || clock.now(),
        stop,
        None,
        async |lease: &Lease| turn(&deps, &lists, &kept, lease).await,
    )
    .await;
    Ok(())
}

async fn turn(deps: &Deps, lists: &Arc<StatusLists>, kept: &Kept, lease: &Lease) -> Result<Step, Error> {
    if !deps.gate.is_open() {
        return Ok(Step::Idle);
    }
    let now = deps.now();
    if !kept.all_placed.load(Ordering::Relaxed) {
        open_next_shard(deps, lease, now).await?;
        if allot_missing(deps, lists, lease, now).await? {
            return Ok(Step::Worked);
        }
        kept.all_placed.store(true, Ordering::Relaxed);
    }
    if derive_status(deps, lease, now).await? {
        return Ok(Step::Worked);
    }
    if publish_status(deps, lists, &kept.decoys, lease, now).await? {
        open_next_shard(deps, lease, now).await?;
    }
    Ok(Step::Idle)
}
