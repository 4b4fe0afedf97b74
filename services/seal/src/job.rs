//! Background work: chains the audit.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use postgres::lease::{Lease, Periodic, Step};
use postgres::{Tx, audit};
use service_runtime::Lifecycle;
use service_runtime::clock::{Clock as _, SystemClock};
use uuid::Uuid;

use crate::app::Deps;

const EVERY: Duration = Duration::from_secs(2);
const TERM: Duration = Duration::from_secs(30);
const BATCH: i64 = 1_000;

/// Starts the jobs; they end when the life drains.
pub(crate) fn start(life: &Lifecycle, deps: &Arc<Deps>, system: &SystemClock) {
    let (deps, system, stop) = (Arc::clone(deps), system.clone(), life.soft().clone());
    life.spawn("link_audit", async move {
        let job = Periodic::new("link_audit", Uuid::new_v4(), TERM, EVERY);
        let now = || system.now();
        job.run(
            &deps.database,
            now,
            stop.cancelled(),
            None,
            async |lease: &Lease| link_audit(&deps, lease).await,
        )
        .await;
        Ok::<_, Infallible>(())
    });
}

async fn link_audit(deps: &Deps, lease: &Lease) -> Result<Step, postgres::Error> {
    let linked = deps
        .database
        .run_tx("link audit", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            Ok::<_, postgres::Error>(audit::link(tx, BATCH).await?.1)
        })
        .await?;
    Ok(if linked == 0 { Step::Idle } else { Step::Worked })
}
