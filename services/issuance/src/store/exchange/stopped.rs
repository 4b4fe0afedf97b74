//! Tables `exchange.stopped_envelope` and `exchange.envelope`: envelopes of provinces as sent, and those on which a stream
//! stands or stood.

use domain::ids::StreamRepairId;
use domain::province::Province;
use domain::stream_repair::StoppedAt;
use jiff::Timestamp;
use postgres::hash::Hash;
use postgres::outbox::{Envelope, Position};
use postgres::{Error, SqlTimestamp, ToSql as _, Tx, ensure_affected};
use sqlx::query;

use crate::store::natural;

const TABLE: &str = "exchange.stopped_envelope";

/// An envelope on which a stream stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stopped {
    pub(crate) position: Position,
    pub(crate) previous: Hash,
    pub(crate) format: i32,
    pub(crate) payload: Vec<u8>,
    /// As the province was told.
    pub(crate) reason: String,
    /// Of a held one: the kind of act that was counted.
    pub(crate) kind: Option<String>,
    pub(crate) at: Timestamp,
}

impl Stopped {
    /// As a repair names it.
    pub(crate) fn place(&self) -> StoppedAt {
        StoppedAt {
            sequence: self.position.sequence.cast_unsigned(),
            hash: hex::encode(self.position.hash),
            reason: self.reason.clone(),
        }
    }
}

/// What became of an envelope on which a stream stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was applied after all.
    Applied,
    /// Two officers left it out.
    Skipped,
    /// Two officers had it judged again.
    Retried,
    /// Two officers released it.
    Released,
    /// The stream stands on another one.
    Replaced,
}

impl Outcome {
    const fn code(self) -> &'static str {
        match self {
            Self::Applied => "APPLIED",
            Self::Skipped => "SKIPPED",
            Self::Retried => "RETRIED",
            Self::Released => "RELEASED",
            Self::Replaced => "REPLACED",
        }
    }
}

/// Keeps the envelope on which a stream stands from now on. The same one for the same reason is kept once: false if it was.
pub(crate) async fn keep(
    tx: &mut Tx,
    province: Province,
    envelope: &Envelope,
    (reason, kind): (&str, Option<&str>),
    at: Timestamp,
) -> Result<bool, Error> {
    if let Some(known) = current(tx, province).await? {
        if known.position.hash == envelope.hash() && known.reason == reason {
            return Ok(false);
        }
        end(tx, province, Outcome::Replaced, None, at).await?;
    }
    let hash = envelope.hash();
    query!(
        "INSERT INTO exchange.stopped_envelope (province, sequence, format, previous_hash, hash, payload, reason, kind,
             stopped_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        province.code(),
        envelope.sequence,
        envelope.format,
        envelope.previous_hash.as_slice(),
        hash.as_slice(),
        envelope.payload,
        reason,
        kind,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(true)
}

/// The envelope on which a province's stream stands, or was refused last.
pub(crate) async fn current(tx: &mut Tx, province: Province) -> Result<Option<Stopped>, Error> {
    let row = query!(
        r#"SELECT sequence, format, previous_hash, hash, payload, reason, kind, stopped_at AS "stopped_at: SqlTimestamp"
           FROM exchange.stopped_envelope WHERE province = $1 AND ended_at IS NULL"#,
        province.code(),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| {
        let hash = |bytes: &[u8], column| {
            bytes
                .try_into()
                .map_err(|_| Error::inconsistent(TABLE, column, row.sequence))
        };
        Ok(Stopped {
            position: Position {
                sequence: row.sequence,
                hash: hash(&row.hash, "hash")?,
            },
            previous: hash(&row.previous_hash, "previous_hash")?,
            format: row.format,
            payload: row.payload,
            reason: row.reason,
            kind: row.kind,
            at: row.stopped_at.to_jiff(),
        })
    })
    .transpose()
}

/// Notes what became of the envelope on which a stream stands; nothing if it stands on none.
pub(crate) async fn end(
    tx: &mut Tx,
    province: Province,
    outcome: Outcome,
    repair: Option<StreamRepairId>,
    at: Timestamp,
) -> Result<(), Error> {
    query!(
        "UPDATE exchange.stopped_envelope SET ended_at = $3, outcome = $2, repair = $4, updated_by = shared.transaction_name()
         WHERE province = $1 AND ended_at IS NULL",
        province.code(),
        outcome.code(),
        at.to_sql(),
        repair.map(StreamRepairId::as_uuid),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Keeps envelopes of a province that have their place in its chain.
pub(crate) async fn store(tx: &mut Tx, province: Province, envelopes: &[Envelope]) -> Result<(), Error> {
    let sequences: Vec<_> = envelopes.iter().map(|envelope| envelope.sequence).collect();
    let formats: Vec<_> = envelopes.iter().map(|envelope| envelope.format).collect();
    let previous: Vec<_> = envelopes
        .iter()
        .map(|envelope| envelope.previous_hash.to_vec())
        .collect();
    let payloads: Vec<_> = envelopes
        .iter()
        .map(|envelope| envelope.payload.clone())
        .collect();
    let stored = query!(
        "INSERT INTO exchange.envelope (province, sequence, format, previous_hash, payload)
         SELECT $1, * FROM unnest($2::bigint[], $3::integer[], $4::bytea[], $5::bytea[])",
        province.code(),
        &sequences,
        &formats,
        &previous,
        &payloads,
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("keep envelopes", envelopes.len() as u64, &stored)
}

/// At most `limit` envelopes of a province after a number, as sent.
pub(crate) async fn envelopes_after(
    tx: &mut Tx,
    province: Province,
    after: u64,
    limit: i64,
) -> Result<Vec<Envelope>, Error> {
    let rows = query!(
        "SELECT sequence, format, previous_hash, payload FROM exchange.envelope
         WHERE province = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
        province.code(),
        crate::store::signed(after),
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            natural(row.sequence, "exchange.envelope", "sequence")?;
            Ok(Envelope {
                stream: crate::exchange::stream(province),
                sequence: row.sequence,
                format: row.format,
                previous_hash: row
                    .previous_hash
                    .as_slice()
                    .try_into()
                    .map_err(|_| Error::inconsistent("exchange.envelope", "previous_hash", row.sequence))?,
                payload: row.payload,
                // The time of the event stands in its payload.
                at: Timestamp::UNIX_EPOCH,
            })
        })
        .collect()
}
