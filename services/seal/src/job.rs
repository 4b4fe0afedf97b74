//! Background work: chains the audit, and destroys keys whose end was decided and not yet done.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use postgres::lease::{Lease, Periodic, Step};
use postgres::{Tx, audit};
use service_runtime::Lifecycle;
use service_runtime::clock::{Clock as _, SystemClock};
use tracing::warn;
use uuid::Uuid;

use crate::app::Deps;
use crate::error::Error;
use crate::management;

const EVERY: Duration = Duration::from_secs(2);
const DESTROY_EVERY: Duration = Duration::from_secs(30);
const TERM: Duration = Duration::from_secs(30);
const BATCH: i64 = 1_000;

/// Starts the jobs; they end when the life drains.
pub(crate) fn start(life: &Lifecycle, deps: &Arc<Deps>, system: &SystemClock) {
    let (chaining, clock, stop) = (Arc::clone(deps), system.clone(), life.soft().clone());
    life.spawn("link_audit", async move {
        let job = Periodic::new("link_audit", &Uuid::new_v4(), TERM, EVERY);
        let now = || clock.now();
        job.run(
            &chaining.database,
            now,
            stop.cancelled(),
            None,
            async |lease: &Lease| link_audit(&chaining, lease).await,
        )
        .await;
        Ok::<_, Infallible>(())
    });
    let (deps, clock, stop) = (Arc::clone(deps), system.clone(), life.soft().clone());
    life.spawn("destroy_keys", async move {
        let job = Periodic::new("destroy_keys", &Uuid::new_v4(), TERM, DESTROY_EVERY);
        let now = || clock.now();
        job.run(
            &deps.database,
            now,
            stop.cancelled(),
            None,
            // Destroying twice does no harm, so the lease only saves work.
            async |_: &Lease| destroy_keys(&deps).await,
        )
        .await;
        Ok::<_, Infallible>(())
    });
}

async fn destroy_keys(deps: &Deps) -> Result<Step, postgres::Error> {
    match management::destroy_keys(deps).await {
        Ok(0) => Ok(Step::Idle),
        Ok(_) => Ok(Step::Worked),
        Err(Error::Database(error)) => Err(error),
        Err(error) => {
            warn!(job = "destroy_keys", %error, "keys wait for their destruction");
            Ok(Step::Idle)
        }
    }
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
