//! The sequencer: numbers committed changes densely, appends their leaves to the transparency log, and signs what the log
//! then is, one process at a time (issuance cycle, step 2).

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use postgres::Tx;
use postgres::lease::{Lease, Periodic, Step};
use service_runtime::Lifecycle;
use service_runtime::clock::Clock as _;
use uuid::Uuid;

use crate::counterfoil::piece;
use crate::deps::Deps;
use crate::error::Error;
use crate::store::log::{checkpoint, leaf, sequence};
use crate::store::restoration::{self, counterfoil};

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
async fn turn(deps: &Deps, lease: &Lease) -> Result<Step, Error> {
    if !deps.gate.is_open() || !sequence::has_work(&deps.read, deps.log.is_some()).await? {
        return Ok(Step::Idle);
    }
    let numbered = deps
        .database
        .run_tx("number changes", async |tx: &mut Tx| {
            sequence::number(tx, lease, BATCH).await
        })
        .await?;
    deps.positions.register().advance(numbered.position);
    let kept = keep(deps, lease).await?;
    sign(deps, lease, kept).await?;
    Ok(if numbered.more { Step::Worked } else { Step::Idle })
}

/// Keeps what was numbered outside the database, before anybody vouches for it (decision 0035); how far. While the object store is away
/// no checkpoint is signed.
async fn keep(deps: &Deps, lease: &Lease) -> Result<Option<u64>, Error> {
    let written = deps
        .database
        .run_tx("write counterfoil", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            counterfoil::write(tx).await
        })
        .await?;
    let Some(written) = written else { return Ok(None) };
    let place = piece(written.first, written.through);
    let put = deps.objects.put(&place, written.content.into_bytes()).await;
    put.map_err(Error::internal)?;
    Ok(Some(written.through))
}

/// States the tree as it is committed. A crash before it leaves a tree without its checkpoint, which the next turn finds; two sizes
/// or roots cannot be confused, since leaves are never rewritten and one size has one checkpoint.
async fn sign(deps: &Deps, lease: &Lease, kept: Option<u64>) -> Result<(), Error> {
    deps.database
        .run_tx("sign checkpoint", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            if let Some(through) = kept {
                restoration::kept_through(tx, through).await?;
            }
            let Some(log) = &deps.log else { return Ok(()) };
            let size = checkpoint::tree_size(tx).await?;
            if size > checkpoint::latest_size(tx).await? {
                let root = leaf::edge(tx.conn(), size).await?.root();
                let note = log.sign(size, root).to_string();
                checkpoint::insert(tx, size, root, &note, deps.now()).await?;
            }
            Ok::<_, Error>(())
        })
        .await
}
