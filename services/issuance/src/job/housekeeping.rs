//! Chains the audit, lets the trees of the registers follow their rows, and forgets requests that nobody repeats any more.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::SignedDuration;
use postgres::lease::{Lease, Periodic, Step};
use postgres::{Tx, audit, requests};
use service_runtime::Lifecycle;
use service_runtime::clock::Clock as _;
use uuid::Uuid;

use crate::command::compare_register::fold_register;
use crate::command::note_registrations::note_registrations;
use crate::deps::Deps;
use crate::store::exchange::register_tree;

const EVERY: Duration = Duration::from_secs(2);
const TERM: Duration = Duration::from_secs(30);
const BATCH: i64 = 1_000;
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Works until the life drains.
pub(super) async fn run(life: Lifecycle, deps: Arc<Deps>) -> Result<(), Infallible> {
    if let Err(error) = note_registrations(&deps).await {
        tracing::warn!(%error, "registrations of before are not all in the trees; the next start goes on");
    }
    let job = Periodic::new("issuance housekeeping", &Uuid::new_v4(), TERM, EVERY);
    let stop = life.soft().cancelled().map(|()| ());
    let clock = deps.system.clone();
    job.run(
        &deps.database,
        move || clock.now(),
        stop,
        None,
        async |lease: &Lease| tidy_up(&deps, lease).await,
    )
    .await;
    Ok(())
}

async fn tidy_up(deps: &Deps, lease: &Lease) -> Result<Step, postgres::Error> {
    let now = deps.now();
    let before = now.checked_sub(KEPT).unwrap_or(now);
    let worked = deps
        .database
        .run_tx("issuance housekeeping", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            let (_, linked) = audit::link(tx, BATCH).await?;
            let requests = requests::purge(tx, before, BATCH).await?;
            let roots = register_tree::forget_roots(tx, before, BATCH).await?;
            Ok::<_, postgres::Error>(linked > 0 || requests > 0 || roots > 0)
        })
        .await?;
    for province in register_tree::touched(&deps.read).await? {
        fold_register(deps, province).await?;
    }
    Ok(if worked { Step::Worked } else { Step::Idle })
}
