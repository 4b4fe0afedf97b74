//! `PushChanges`: batches of envelopes in, receipts out.

use std::sync::Arc;

use api::convert::instant;
use api::exchange::v1 as wire;
use domain::province::Province;
use futures_util::{Stream, stream};
use jiff::Timestamp;
use postgres::hash::Hash;
use postgres::outbox::Envelope;
use tonic::{Status, Streaming};

use super::provincial_event;
use super::status;
use crate::command::apply_envelope::{Batch, apply_batch, refuse_batch};
use crate::command::report_head::receipt;
use crate::deps::Deps;
use crate::error::{BATCH_TOO_LARGE, EXCHANGE_MALFORMED, Error, PROVINCE_MISMATCH};
use crate::event::Stop;
use crate::exchange;

/// Most envelopes under one signature.
const MOST_ENVELOPES: usize = 500;

struct Push {
    deps: Arc<Deps>,
    province: Province,
    batches: Streaming<wire::PushChangesRequest>,
    stands: bool,
}

/// One receipt for each batch, in order. After the receipt that says why the stream stands, it ends.
pub(super) fn receipts(
    deps: Arc<Deps>,
    province: Province,
    batches: Streaming<wire::PushChangesRequest>,
) -> impl Stream<Item = Result<wire::PushChangesResponse, Status>> + Send {
    let push = Push {
        deps,
        province,
        batches,
        stands: false,
    };
    stream::try_unfold(push, async |mut push| {
        if push.stands {
            return Ok(None);
        }
        let Some(batch) = push.batches.message().await? else {
            return Ok(None);
        };
        let receipt = push.take(batch).await?;
        push.stands = !receipt.stopped_reason.is_empty();
        Ok(Some((receipt, push)))
    })
}

impl Push {
    async fn take(&self, batch: wire::PushChangesRequest) -> Result<wire::PushChangesResponse, Status> {
        let signature = batch.head_signature;
        let (envelopes, declared) = self.read(&batch.envelopes)?;
        let stopped = match self.judge(&envelopes, &declared, &signature) {
            Err(stop) => {
                refuse_batch(&self.deps, &envelopes[0], stop)
                    .await
                    .map_err(status)?;
                Some(stop.reason.to_owned())
            }
            Ok(()) => self.apply(&envelopes).await.map_err(status)?,
        };
        self.receipt(stopped).await.map_err(status)
    }

    /// Envelopes with the hashes that they declare. One of another province ends the call: nobody speaks for it here.
    fn read(&self, envelopes: &[wire::Envelope]) -> Result<(Vec<Envelope>, Vec<Hash>), Status> {
        if envelopes.is_empty() || envelopes.len() > MOST_ENVELOPES {
            return Err(BATCH_TOO_LARGE.refusal().into_status());
        }
        let now = self.deps.now();
        envelopes
            .iter()
            .map(|envelope| self.read_one(envelope, now))
            .collect()
    }

    fn read_one(&self, envelope: &wire::Envelope, now: Timestamp) -> Result<(Envelope, Hash), Status> {
        if envelope.province != self.province.code() {
            return Err(PROVINCE_MISMATCH
                .refusal()
                .field("envelopes.province", "not the caller's")
                .into_status());
        }
        let malformed = |field| {
            EXCHANGE_MALFORMED
                .refusal()
                .field(field, "out of range")
                .into_status()
        };
        let hash = |bytes: &[u8], field| bytes.try_into().map_err(|_| malformed(field));
        let read = Envelope {
            stream: exchange::stream(self.province),
            sequence: i64::try_from(envelope.sequence)
                .ok()
                .filter(|sequence| *sequence > 0)
                .ok_or_else(|| malformed("envelopes.sequence"))?,
            format: i32::try_from(envelope.format).map_err(|_| malformed("envelopes.format"))?,
            previous_hash: hash(&envelope.previous_hash, "envelopes.previous_hash")?,
            payload: envelope.payload.to_vec(),
            // The time of the event stands in its payload; this one is ours and hashed by nobody.
            at: now,
        };
        Ok((read, hash(&envelope.hash, "envelopes.hash")?))
    }

    /// Whether hashes, order and signature hold.
    fn judge(&self, envelopes: &[Envelope], declared: &[Hash], signature: &[u8]) -> Result<(), Stop> {
        let hashed = envelopes.iter().zip(declared);
        if hashed
            .into_iter()
            .any(|(envelope, declared)| envelope.hash() != *declared)
        {
            return Err(Stop::BAD_HASH);
        }
        let follows = |(pair, hash): (&[Envelope], &Hash)| {
            pair[1].sequence == pair[0].sequence + 1 && pair[1].previous_hash == *hash
        };
        if !envelopes.windows(2).zip(declared).all(follows) {
            return Err(Stop::BAD_HASH);
        }
        let (Some(last), Some(hash)) = (envelopes.last(), declared.last()) else {
            return Err(Stop::BAD_SIGNATURE);
        };
        let sequence = last.sequence.cast_unsigned();
        if self
            .deps
            .exchange
            .verifies_head(self.province, sequence, hash, signature)
        {
            Ok(())
        } else {
            Err(Stop::BAD_SIGNATURE)
        }
    }

    /// Applies the batch up to the first envelope that cannot be applied; returns why it stands there.
    async fn apply(&self, envelopes: &[Envelope]) -> Result<Option<String>, Error> {
        let event = |envelope: &Envelope| match envelope.format {
            1 => provincial_event::read(self.province, &envelope.payload),
            _ => Err(Stop::UNKNOWN_SCHEMA),
        };
        let events: Vec<_> = envelopes.iter().map(event).collect();
        let batch = Batch {
            province: self.province,
            envelopes,
            events: &events,
        };
        apply_batch(&self.deps, &batch).await
    }

    async fn receipt(&self, stopped: Option<String>) -> Result<wire::PushChangesResponse, Error> {
        let receipt = receipt(&self.deps, self.province).await?;
        Ok(wire::PushChangesResponse {
            applied_through: receipt.through,
            applied_hash: receipt.hash.to_vec().into(),
            applied_at: Some(instant(receipt.at)),
            receipt_signature: receipt.signature.into(),
            stopped_reason: stopped.unwrap_or_default(),
        })
    }
}
