//! Tells at 00:00 Asia/Shanghai, by the register clock, what the day alone does to registrations; one process at a time.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use postgres::lease::{Lease, Periodic, Step};
use service_runtime::Lifecycle;
use service_runtime::clock::Clock as _;
use uuid::Uuid;

use crate::command::tell_transitions::{Told, schedule_missing, tell_transitions};
use crate::deps::Deps;
use crate::error::Error;

/// How late a day is told at most, while nothing is wrong.
const EVERY: Duration = Duration::from_millis(250);
const TERM: Duration = Duration::from_secs(15);

/// Works until the life drains.
pub(super) async fn run(life: Lifecycle, deps: Arc<Deps>) -> Result<(), Infallible> {
    if let Err(error) = schedule_missing(&deps).await {
        tracing::warn!(%error, "days of registrations of before are not all kept; the next start goes on");
    }
    let job = Periodic::new("transitions", &Uuid::new_v4(), TERM, EVERY);
    let clock = deps.system.clone();
    job.run(
        &deps.database,
        move || clock.now(),
        life.soft().cancelled(),
        None,
        async |lease: &Lease| turn(&deps, lease).await,
    )
    .await;
    Ok(())
}

async fn turn(deps: &Deps, lease: &Lease) -> Result<Step, Error> {
    if !deps.gate.is_open() {
        return Ok(Step::Idle);
    }
    Ok(match tell_transitions(deps, lease).await? {
        Told::Some => Step::Worked,
        Told::None => Step::Idle,
    })
}
