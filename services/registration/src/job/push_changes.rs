//! Sends the outbox to the nation from the last receipt on, in signed batches, and keeps the receipts.

use std::pin::pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::reason::Reason as _;
use domain::stream_repair::Parted;
use postgres::Tx;
use postgres::lease::{Lease, Step};
use postgres::outbox::{self, Envelope};
use service_runtime::clock::Clock as _;
use tokio_stream::StreamExt as _;

use crate::command::check_head::{compare_head, nation_goes_back};
use crate::deps::Deps;
use crate::error::Error;
use crate::exchange::Receipt;
use crate::store::exchange;

pub(super) const VERB: &str = "push_changes";
/// Most envelopes of one batch.
const BATCH: i64 = 500;
/// How long the job rests after the nation stopped the stream: somebody must look at it.
const AFTER_STOP: Duration = Duration::from_secs(30);

pub(super) async fn step(deps: &Deps, lease: &Lease) -> Result<Step, Error> {
    if let Err(parted) = compare_head(deps).await? {
        return stopped(deps, lease, parted.reason()).await;
    }
    // Not what we hold a receipt for: a nation that was restored from a backup has lost some of it.
    let through = deps.nation_through.load(Ordering::Acquire);
    // Nothing is written, so no fence is held, which would wait for the disk on the way of every announcement: what two tell the
    // nation applies once, and a receipt is kept under the fence.
    let read = async |tx: &mut Tx| outbox::read_after(tx, &deps.stream, through, BATCH).await;
    let waiting = deps.reader.snapshot("read outbox", read).await?;
    let Some(last) = waiting.last() else {
        return Ok(Step::Idle);
    };
    let (through, hash) = (number(last), last.hash());
    tracing::debug!(
        sequence = through,
        histogram.outbox_depth = waiting.len() as u64,
        "sending the outbox"
    );
    let signature = deps.signer.sign(deps.province, through, &hash)?;
    let answers = deps
        .issuance
        .push(waiting.clone(), signature, deps.signer.key_id())
        .await;
    let mut answers = pin!(answers.inspect_err(|error| nation_goes_back(deps, error))?);
    while let Some(receipt) = answers.next().await {
        let receipt = receipt.inspect_err(|error| nation_goes_back(deps, error))?;
        if let Some(reason) = &receipt.stopped {
            return stopped(deps, lease, reason).await;
        }
        keep(deps, lease, &waiting, &receipt).await?;
        let applied = i64::try_from(receipt.sequence).map_err(Error::internal)?;
        deps.nation_through.store(applied, Ordering::Release);
        if receipt.sequence >= through {
            return Ok(Step::Worked);
        }
    }
    Err(Error::internal(
        "issuance: the stream ended before everything was applied",
    ))
}

/// Only what verifies, and only for hashes that are ours.
async fn keep(deps: &Deps, lease: &Lease, sent: &[Envelope], receipt: &Receipt) -> Result<(), Error> {
    let ours = sent.iter().find(|envelope| number(envelope) == receipt.sequence);
    if ours.is_none_or(|envelope| envelope.hash().as_slice() != receipt.hash) {
        return Err(Error::internal("issuance: a receipt for what was not sent"));
    }
    if !deps.receipt_key.verifies(deps.province, receipt) {
        return Err(Error::internal(
            "issuance: a receipt whose signature does not verify",
        ));
    }
    let sequence = i64::try_from(receipt.sequence).map_err(Error::internal)?;
    deps.database
        .run_tx("keep receipt", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            outbox::record_receipt(tx, &deps.stream, sequence, &receipt.signature, receipt.applied_at)
                .await?;
            exchange::set_stopped(tx, None, receipt.applied_at).await
        })
        .await?;
    Ok(())
}

/// The nation goes no further: said once, kept, and not tried again hot.
async fn stopped(deps: &Deps, lease: &Lease, reason: &str) -> Result<Step, Error> {
    tracing::error!(
        reason,
        monotonic_counter.exchange_stopped = 1_u64,
        "the nation stopped this province's stream"
    );
    // Nothing is published on another chain, and nothing tells what a nation that lost something lacks before: the next step
    // compares again.
    if reason == Parted::Fork.reason() || reason == "GAP" {
        deps.head_agreed.store(false, Ordering::Release);
    }
    let now = deps.clock.now();
    deps.database
        .run_tx("note stopped stream", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            exchange::set_stopped(tx, Some(reason), now).await
        })
        .await?;
    let renewals = async {
        // The lease outlives the pause: nobody else shall try in our place.
        loop {
            tokio::time::sleep(super::RENEW_AFTER).await;
            if deps
                .database
                .renew_lease(lease, deps.system.now(), super::TERM)
                .await
                .is_err()
            {
                return;
            }
        }
    };
    let _rested = tokio::time::timeout(AFTER_STOP, renewals).await;
    Ok(Step::Idle)
}

fn number(envelope: &Envelope) -> u64 {
    u64::try_from(envelope.sequence).unwrap_or_default()
}
