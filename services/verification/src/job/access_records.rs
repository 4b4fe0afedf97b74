//! Writes access records in batches.

use std::time::Duration;

use postgres::{Database, Tx};
use tokio::sync::mpsc;

use crate::records::Record;
use crate::store::access_record;

const BATCH: usize = 500;
/// How long a record waits for others to share its transaction; with the write itself the fraction of a second that a
/// crash may lose. Long enough that a busy replica pays for a hundred transactions a second and no more, short enough
/// that each of them is brief: answers wait while the database works on the same processors.
const GATHER: Duration = Duration::from_millis(10);
const PAUSE: Duration = Duration::from_millis(500);

/// Writes until the last place in the queue is gone, which is when no answer can be under way any more. While the
/// database is away a batch waits, and the queue behind it.
pub(super) async fn write(database: &Database, mut queue: mpsc::Receiver<Record>) {
    let mut batch = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        if batch.len() < BATCH {
            // Asleep, not listening: nobody who answers pays for waking this job.
            tokio::time::sleep(GATHER).await;
            while batch.len() < BATCH
                && let Ok(record) = queue.try_recv()
            {
                batch.push(record);
            }
        }
        while let Err(error) = add(database, &batch).await {
            tracing::error!(%error, count = batch.len(), "access records wait for the database");
            tokio::time::sleep(PAUSE).await;
        }
        batch.clear();
    }
}

async fn add(database: &Database, batch: &[Record]) -> Result<(), postgres::Error> {
    database
        .run_tx("record access", async |tx: &mut Tx| {
            access_record::add(tx, batch).await
        })
        .await
}
