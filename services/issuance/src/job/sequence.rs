//! The sequencer: numbers committed changes densely, appends their leaves to the transparency log, and signs what the log
//! then is, one process at a time (issuance cycle, step 2).

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use postgres::Tx;
use postgres::lease::{Lease, Periodic, Step};
use service_runtime::Lifecycle;
use service_runtime::clock::Clock as _;
use tlog::LogSigner;
use uuid::Uuid;

use crate::deps::Deps;
use crate::store::log::{checkpoint, leaf, sequence};

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

/// Works until the life drains.
pub(super) async fn run(life: Lifecycle, deps: Arc<Deps>) -> Result<(), Infallible> {
    let job = Periodic::new(NAME, &Uuid::new_v4(), TERM, LOOK_EVERY)
        .asking_every(ASK_EVERY)
        .renewing_after(RENEW_EVERY);
    let now = || deps.system.now();
    let wake = Some(&*deps.bells.changes);
    job.run(
        &deps.database,
        now,
        life.soft().cancelled(),
        wake,
        async |lease: &Lease| turn(&deps, lease).await,
    )
    .await;
    Ok(())
}

/// Numbers what waits.
async fn turn(deps: &Deps, lease: &Lease) -> Result<Step, postgres::Error> {
    if !sequence::has_work(&deps.read, deps.log.is_some()).await? {
        return Ok(Step::Idle);
    }
    let numbered = deps
        .database
        .run_tx("number changes", async |tx: &mut Tx| {
            sequence::number(tx, lease, BATCH).await
        })
        .await?;
    deps.positions.register().advance(numbered.position);
    if let Some(log) = &deps.log {
        sign(deps, log, lease).await?;
    }
    Ok(if numbered.more { Step::Worked } else { Step::Idle })
}

/// States the tree as it is committed. A crash before it leaves a tree without its checkpoint, which the next turn finds; two sizes
/// or roots cannot be confused, since leaves are never rewritten and one size has one checkpoint.
async fn sign(deps: &Deps, log: &LogSigner, lease: &Lease) -> Result<(), postgres::Error> {
    deps.database
        .run_tx("sign checkpoint", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            let size = checkpoint::tree_size(tx).await?;
            if size > checkpoint::latest_size(tx).await? {
                let root = leaf::edge(tx.conn(), size).await?.root();
                let note = log.sign(size, root).to_string();
                checkpoint::insert(tx, size, root, &note, deps.now()).await?;
            }
            Ok::<_, postgres::Error>(())
        })
        .await
}
