//! The daily comparison of journal, register, log and stored files. One process runs it at a time; a run outlasts its lease
//! where there is much to read, and a second one beside it does no harm.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use postgres::lease::{Lease, Periodic, Step};
use service_runtime::Lifecycle;
use service_runtime::clock::Clock as _;
use tracing::warn;
use uuid::Uuid;

use crate::command::check_stores::{check_stores, turn as reading};
use crate::issuing::Issuing;
use crate::store::issuing::store_check;

const TERM: Duration = Duration::from_secs(60);
/// How often it is looked whether a day is over.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// From the end of one run to the beginning of the next, by the register's clock.
const EVERY: SignedDuration = SignedDuration::from_hours(24);
const ACTOR: &str = "jobs/check_stores";

/// Works until the life drains.
pub(crate) async fn run(life: Lifecycle, issuing: Arc<Issuing>) -> Result<(), Infallible> {
    let job = Periodic::new("check stores", &Uuid::new_v4(), TERM, LOOK_EVERY);
    let clock = issuing.system.clone();
    job.run(
        &issuing.database,
        move || clock.now(),
        life.soft().cancelled(),
        None,
        async |_: &Lease| turn(&issuing).await,
    )
    .await;
    Ok(())
}

/// A run once a day is over since the last one; the first a day after the first documents.
async fn turn(issuing: &Issuing) -> Result<Step, postgres::Error> {
    if !issuing.gate.is_open() {
        return Ok(Step::Idle);
    }
    let now = issuing.now();
    let last = store_check::last_run(&issuing.database).await?;
    let last = match last {
        Some(last) => Some(last.finished_at),
        None => store_check::first_issued(&issuing.database).await?,
    };
    if last.is_some_and(|last| now.duration_since(last) >= EVERY)
        && let Err(error) = check_stores(issuing, ACTOR, reading(issuing).await?).await
    {
        warn!(job = "check_stores", %error, "journal, register, log and files were not compared; the next turn asks again");
    }
    Ok(Step::Idle)
}
