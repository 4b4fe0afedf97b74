//! The sequencer: numbers committed changes densely, one process at a time (issuance cycle, step 2).

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use postgres::Tx;
use postgres::lease::Lease;
use service_runtime::Lifecycle;
use service_runtime::clock::Clock as _;
use tokio::time::Instant;
use uuid::Uuid;

use crate::deps::Deps;
use crate::store::log::sequence;

const NAME: &str = "sequence";
/// How long the log stands still after the sequencing process vanished.
const TERM: Duration = Duration::from_secs(5);
/// Renewed well before its end.
const RENEW_EVERY: Duration = Duration::from_secs(1);
/// How often others ask for the lease.
const ASK_EVERY: Duration = Duration::from_millis(500);
/// Changes of other processes ring no bell here.
const LOOK_EVERY: Duration = Duration::from_millis(25);
const BATCH: i64 = 1_000;

/// Sequences as long as the lease is held; waits for it otherwise.
pub(super) async fn run(life: Lifecycle, deps: Arc<Deps>) -> Result<(), Infallible> {
    let holder = Uuid::new_v4().to_string();
    loop {
        let lease = deps
            .database
            .acquire_lease(NAME, &holder, deps.system.now(), TERM)
            .await;
        match lease {
            Ok(Some(lease)) => hold(&life, &deps, &lease).await,
            Ok(None) => {}
            Err(error) => tracing::warn!(job = NAME, %error, "the lease cannot be had"),
        }
        tokio::select! {
            biased;
            () = life.soft().cancelled() => return Ok(()),
            () = tokio::time::sleep(ASK_EVERY) => {}
        }
    }
}

/// Works until the lease is lost or the life drains; gives it back then.
async fn hold(life: &Lifecycle, deps: &Deps, lease: &Lease) {
    let mut renewed = Instant::now();
    loop {
        if renewed.elapsed() >= RENEW_EVERY {
            if let Err(error) = deps.database.renew_lease(lease, deps.system.now(), TERM).await {
                tracing::warn!(job = NAME, %error, "the lease was not renewed");
                return;
            }
            renewed = Instant::now();
        }
        let more = match turn(deps, lease).await {
            Ok(more) => more,
            Err(postgres::Error::LeaseLost { .. }) => return,
            Err(error) => {
                tracing::warn!(job = NAME, %error, "changes wait for their numbers");
                false
            }
        };
        if more && !life.soft().is_cancelled() {
            continue;
        }
        tokio::select! {
            biased;
            () = life.soft().cancelled() => break,
            () = deps.bells.changes.notified() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
    if let Err(error) = deps.database.release_lease(lease, deps.system.now()).await {
        tracing::warn!(job = NAME, %error, "the lease was not given back; others wait for its end");
    }
}

/// Numbers what waits; true if more may wait.
async fn turn(deps: &Deps, lease: &Lease) -> Result<bool, postgres::Error> {
    if !sequence::has_work(&deps.read).await? {
        return Ok(false);
    }
    let (position, more) = deps
        .database
        .run_tx("number changes", async |tx: &mut Tx| {
            sequence::number(tx, lease, BATCH).await
        })
        .await?;
    deps.positions.register().advance(position);
    Ok(more)
}
