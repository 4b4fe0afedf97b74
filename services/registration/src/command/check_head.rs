//! Before this process publishes anything, the nation's word on what it has applied is compared with our outbox: a database
//! that was restored from an old backup gets its own events back, one on another chain publishes nothing (design §3;
//! docs/runbooks/province-restored.md).

use std::sync::atomic::Ordering;

use domain::stream_repair::Parted;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use postgres::hash::GENESIS;
use postgres::outbox::{self, Position};
use serde_json::json;
use service_runtime::clock::Clock as _;
use service_runtime::error::{PEER_UNAVAILABLE, RESTORING};
use tracing::instrument;

use crate::deps::Deps;
use crate::error::Error;
use crate::exchange::Receipt;
use crate::job;
use crate::peer::exchange::event;
use crate::store::exchange;

const VERB: &str = "check_head";

/// Asks the nation once in the life of this process, and again after a fork. While it is away the answer is its absence:
/// whoever wants to publish waits.
///
/// # Errors
/// The nation is away, or our own database; [`Parted`] as a refusal.
pub(crate) async fn check_head(deps: &Deps) -> Result<(), Error> {
    Ok(compare_head(deps).await??)
}

/// For a transaction, which asks nobody: whether this process has asked, and the nation agreed.
///
/// # Errors
/// Not yet: the caller tries again.
pub(crate) fn agreed(deps: &Deps) -> Result<(), Error> {
    if deps.head_agreed.load(Ordering::Acquire) {
        Ok(())
    } else {
        Err(PEER_UNAVAILABLE.into())
    }
}

/// As [`check_head`], for whoever has to tell a parted stream from an error.
#[instrument(name = "check_head", skip_all)]
pub(crate) async fn compare_head(deps: &Deps) -> Result<Result<(), Parted>, Error> {
    if deps.head_agreed.load(Ordering::Acquire) {
        return Ok(Ok(()));
    }
    let read = async |tx: &mut Tx| outbox::head(tx, &deps.stream).await;
    let head = deps.reader.snapshot("look at outbox", read).await?;
    let held = held(deps).await?;
    let (receipt, finding) = deps.issuance.report_head(&head, held.as_ref()).await?;
    if !deps.receipt_key.verifies(deps.province, &receipt) {
        return Err(Error::internal(
            "issuance: a receipt whose signature does not verify",
        ));
    }
    let whole = match finding.as_deref() {
        None => true,
        Some("PROVINCE_BEHIND") => fetch_back(deps, head).await?,
        Some(_) => false,
    };
    if !whole || !is_ours(deps, &receipt).await? {
        tracing::error!(
            sequence = head.sequence,
            applied_through = receipt.sequence,
            monotonic_counter.exchange_parted = 1_u64,
            "our outbox is on another chain than the nation applied: nothing is published"
        );
        note(deps, Some(&Parted::Fork), &receipt).await?;
        return Ok(Err(Parted::Fork));
    }
    note(deps, None, &receipt).await?;
    let through = i64::try_from(receipt.sequence).map_err(Error::internal)?;
    if held.is_some_and(|held| held.sequence > receipt.sequence) {
        tracing::error!(
            applied_through = through,
            "the nation has lost events that it gave receipts for: they are told again"
        );
    }
    deps.nation_through.store(through, Ordering::Release);
    deps.head_agreed.store(true, Ordering::Release);
    Ok(Ok(()))
}

/// The nation's last receipt, to hold it to.
async fn held(deps: &Deps) -> Result<Option<Receipt>, Error> {
    let read = async |tx: &mut Tx| {
        let Some((sequence, signature, applied_at)) = outbox::last_receipt(tx, &deps.stream).await? else {
            return Ok(None);
        };
        let hash = outbox::hash_at(tx, &deps.stream, sequence).await?;
        Ok::<_, postgres::Error>(hash.map(|hash| Receipt {
            sequence: sequence.cast_unsigned(),
            hash: hash.to_vec(),
            applied_at,
            signature,
            stopped: None,
        }))
    };
    Ok(deps.reader.snapshot("look at receipts", read).await?)
}

/// The nation is being restored from a backup: what it has applied is asked for anew before anything more is told.
pub(crate) fn nation_goes_back(deps: &Deps, error: &Error) {
    if let Error::Refused { refusal, .. } = error
        && refusal.name() == RESTORING.name
    {
        deps.head_agreed.store(false, Ordering::Release);
    }
}

/// Whether the last event that the nation has applied is one of ours.
async fn is_ours(deps: &Deps, receipt: &Receipt) -> Result<bool, Error> {
    let sequence = i64::try_from(receipt.sequence).map_err(Error::internal)?;
    if sequence == 0 {
        return Ok(receipt.hash == GENESIS);
    }
    let read = async |tx: &mut Tx| outbox::hash_at(tx, &deps.stream, sequence).await;
    let ours = deps.reader.snapshot("look at outbox", read).await?;
    Ok(ours.is_some_and(|ours| receipt.hash == ours))
}

/// Puts back into the outbox what the nation has of it beyond our end. False if that does not go on from our end.
async fn fetch_back(deps: &Deps, mut head: Position) -> Result<bool, Error> {
    loop {
        let lost = deps.issuance.fetch_envelopes(head.sequence).await?;
        let Some(last) = lost.last() else {
            return Ok(true);
        };
        let position = Position {
            sequence: last.sequence,
            hash: last.hash(),
        };
        let (lost, now) = (&lost, deps.clock.now());
        let followed = deps
            .database
            .run_tx("put back outbox", async |tx: &mut Tx| {
                if !outbox::put_back(tx, &deps.stream, lost).await? {
                    // Whoever else compared at the same time may have put the same back.
                    let known = outbox::hash_at(tx, &deps.stream, position.sequence).await?;
                    return Ok(known == Some(position.hash));
                }
                for envelope in lost {
                    let application = event::announced_application(&envelope.payload);
                    exchange::note_restored(tx, envelope.sequence, application, now).await?;
                }
                let actor = job::actor(VERB, deps.province);
                let record = Record {
                    at: now,
                    actor: &actor,
                    verb: VERB,
                    article: "design §3",
                    subject: &deps.stream,
                    outcome: Outcome::Refused {
                        reason: "PROVINCE_BEHIND",
                    },
                    evidence: json!({ "from": head.sequence + 1, "through": position.sequence }),
                };
                tx.audit(record).await?;
                Ok::<_, postgres::Error>(true)
            })
            .await?;
        if !followed {
            return Ok(false);
        }
        tracing::error!(
            from = head.sequence + 1,
            through = position.sequence,
            "events that this database had lost were put back; see docs/runbooks/province-restored.md"
        );
        head = position;
    }
}

/// Keeps what was found, and the receipt where it is for an event of ours.
async fn note(deps: &Deps, parted: Option<&Parted>, receipt: &Receipt) -> Result<(), Error> {
    use domain::reason::Reason as _;
    let reason = parted.map(Parted::reason);
    let now = deps.clock.now();
    let sequence = i64::try_from(receipt.sequence).map_err(Error::internal)?;
    deps.database
        .run_tx("note head", async |tx: &mut Tx| {
            match reason {
                Some(reason) => exchange::set_stopped(tx, Some(reason), now).await?,
                None => exchange::clear_parted(tx).await?,
            }
            if reason.is_none() && sequence > 0 {
                let (signature, at) = (&receipt.signature, receipt.applied_at);
                outbox::record_receipt(tx, &deps.stream, sequence, signature, at).await?;
            }
            Ok::<_, postgres::Error>(())
        })
        .await?;
    Ok(())
}
