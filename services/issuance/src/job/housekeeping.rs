//! Chains the audit, tells identity who is merged with whom, lets the trees of the registers follow their rows, and forgets
//! requests that nobody repeats any more.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use postgres::lease::{Lease, Periodic, Step};
use postgres::{Tx, audit, requests};
use service_runtime::Lifecycle;
use service_runtime::clock::Clock as _;
use uuid::Uuid;

use crate::command::compare_register::fold_register;
use crate::command::link_persons::tell_identity;
use crate::command::note_registrations::note_registrations;
use crate::counterfoil;
use crate::deps::Deps;
use crate::store::exchange::register_tree;

const EVERY: Duration = Duration::from_secs(2);
const TERM: Duration = Duration::from_secs(30);
const BATCH: i64 = 1_000;
/// As long as a backup may be restored.
const COUNTERFOILS_KEPT: SignedDuration = SignedDuration::from_hours(60 * 24);
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Works until the life drains.
pub(super) async fn run(life: Lifecycle, deps: Arc<Deps>) -> Result<(), Infallible> {
    if let Err(error) = note_registrations(&deps).await {
        tracing::warn!(%error, "registrations of before are not all in the trees; the next start goes on");
    }
    let job = Periodic::new("issuance housekeeping", &Uuid::new_v4(), TERM, EVERY);
    let stop = life.soft().cancelled().map(|()| ());
    let clock = deps.system.clone();
    let swept = AtomicI64::new(0);
    job.run(
        &deps.database,
        move || clock.now(),
        stop,
        None,
        async |lease: &Lease| {
            sweep(&deps, &swept).await;
            tidy_up(&deps, lease).await
        },
    )
    .await;
    Ok(())
}

/// Once a day in the life of a process.
async fn sweep(deps: &Deps, swept: &AtomicI64) {
    let now = deps.system.now();
    let day = now.as_second() / (24 * 3600);
    if swept.swap(day, Ordering::Relaxed) == day {
        return;
    }
    let before = now
        .checked_sub(COUNTERFOILS_KEPT)
        .unwrap_or(Timestamp::UNIX_EPOCH);
    if let Err(error) = counterfoil::forget(&deps.objects, before).await {
        tracing::warn!(%error, "counterfoils that nobody needs are still there; tomorrow goes on");
    }
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
    if let Err(error) = tell_identity(deps).await {
        tracing::warn!(%error, "identity does not know of every merge yet; the next turn goes on");
    }
    for province in register_tree::touched(&deps.read).await? {
        fold_register(deps, province).await?;
    }
    Ok(if worked { Step::Worked } else { Step::Idle })
}
