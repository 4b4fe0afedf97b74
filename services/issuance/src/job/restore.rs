//! Takes a restoration through its steps, one process at a time; every process follows how far its doors are open.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use domain::restoration::RestorationStep;
use postgres::lease::{Lease, Periodic, Step};
use service_runtime::Lifecycle;
use service_runtime::clock::Clock as _;
use uuid::Uuid;

use crate::command::restoration::compare::compare;
use crate::command::restoration::load::load;
use crate::command::restoration::rebuild::rebuild;
use crate::command::restoration::regrow::regrow;
use crate::command::restoration::{self as command, replay, under_way};
use crate::deps::Deps;
use crate::error::Error;
use crate::issuing::Issuing;
use crate::store::restoration;

const EVERY: Duration = Duration::from_millis(250);
const TERM: Duration = Duration::from_secs(60);

/// Works until the life drains.
pub(crate) async fn run(life: Lifecycle, deps: Arc<Deps>, issuing: Arc<Issuing>) -> Result<(), Infallible> {
    let job = Periodic::new("restore nation", &Uuid::new_v4(), TERM, EVERY).renewing_after(TERM / 3);
    let clock = deps.system.clone();
    job.run(
        &deps.database,
        move || clock.now(),
        life.soft().cancelled(),
        None,
        async |_: &Lease| turn(&deps, &issuing).await,
    )
    .await;
    Ok(())
}

/// One step further, where that can be.
async fn turn(deps: &Deps, issuing: &Issuing) -> Result<Step, Error> {
    // Every process follows what is stored; asking here again would find nothing that it does not.
    if deps.gate.is_open() {
        return Ok(Step::Idle);
    }
    let Some(one) = under_way(deps).await? else {
        return Ok(Step::Idle);
    };
    let done = match one.step {
        RestorationStep::Load => {
            load(deps, &one).await?;
            true
        }
        RestorationStep::Replay => replay::finish(deps, &one).await?,
        RestorationStep::Rebuild => rebuild(deps, &one).await?,
        RestorationStep::Regrow => regrow(deps, &one).await?,
        RestorationStep::Compare => compare(deps, issuing, &one).await?,
        RestorationStep::Opened => false,
    };
    command::follow(deps).await?;
    if deps.gate.is_open() {
        tracing::warn!("the nation is open again");
    }
    Ok(if done { Step::Worked } else { Step::Idle })
}

/// Follows what other processes found out or have done.
pub(crate) async fn follow(life: Lifecycle, deps: Arc<Deps>) -> Result<(), Infallible> {
    loop {
        tokio::select! {
            biased;
            () = life.soft().cancelled() => return Ok(()),
            () = tokio::time::sleep(EVERY) => {}
        }
        match restoration::step(&deps.read).await {
            Ok(step) => deps.gate.follow(step),
            Err(error) => tracing::debug!(%error, "how far the doors are open is not known; as before"),
        }
    }
}
