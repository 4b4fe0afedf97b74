//! Events for another deployment: numbered without a gap, chained, kept with the bytes as sent.

use jiff::Timestamp;
use sqlx::{query, query_as};

use crate::hash::{FieldHasher, GENESIS, Hash, from_row};
use crate::types::{SqlTimestamp, ToSql};
use crate::{Error, Tx, copy, ensure_affected};

/// One event to send. The payload holds person ids or ciphertext, never personal data in the clear.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// Version of the payload's encoding, from 1.
    pub format: i32,
    /// Encoded event.
    pub payload: &'a [u8],
    /// Register time of what happened.
    pub at: Timestamp,
}

/// A place in a stream: the last event's number and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Number of the event; 0 is the beginning (or an initial snapshot).
    pub sequence: i64,
    /// Hash over the event and all before it.
    pub hash: Hash,
}

/// A stored event as it goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The sender's stream, e.g. `provinces/32`.
    pub stream: String,
    /// Number in the stream, from 1 without a gap.
    pub sequence: i64,
    /// Version of the payload's encoding.
    pub format: i32,
    /// Hash of the event before, or the stream's origin.
    pub previous_hash: Hash,
    /// Encoded event.
    pub payload: Vec<u8>,
    /// Register time of what happened.
    pub at: Timestamp,
}

impl Envelope {
    /// The hash that chains this envelope; sender and receiver compute it alike.
    #[must_use]
    pub fn hash(&self) -> Hash {
        link_hash(
            &self.stream,
            self.sequence,
            self.format,
            &self.previous_hash,
            &self.payload,
        )
    }
}

/// Hash of one event: domain, stream, number, format, hash before, payload, each preceded by its length.
#[must_use]
pub fn link_hash(stream: &str, sequence: i64, format: i32, previous: &Hash, payload: &[u8]) -> Hash {
    FieldHasher::new("jianzheng/event/v1")
        .field(stream.as_bytes())
        .number(sequence)
        .number(i64::from(format))
        .field(previous)
        .field(payload)
        .finish()
}

impl Tx {
    /// Appends events to a stream and returns the place of the last.
    ///
    /// Locks the stream's head until the transaction ends: push last, so that others wait briefly. Numbers
    /// are given only to what commits, in commit order.
    ///
    /// # Errors
    /// The database's.
    pub async fn push_events(&mut self, stream: &str, events: &[Event<'_>]) -> Result<Position, Error> {
        let mut position = lock_head(self, stream).await?;
        if events.is_empty() {
            return Ok(position);
        }
        let mut links = Vec::with_capacity(events.len());
        for event in events {
            let previous = position.hash;
            position.sequence += 1;
            position.hash = link_hash(stream, position.sequence, event.format, &previous, event.payload);
            links.push((*event, position, previous));
        }
        append(self, stream, &links).await?;
        move_head(self, stream, &position).await?;
        Ok(position)
    }

    /// Appends one event; see [`Tx::push_events`].
    ///
    /// # Errors
    /// The database's.
    pub async fn push_event(&mut self, stream: &str, event: Event<'_>) -> Result<Position, Error> {
        self.push_events(stream, &[event]).await
    }
}

/// Starts a stream at an initial snapshot: its hash becomes the origin that event 1 names. Without this a
/// stream begins at [`GENESIS`].
///
/// # Errors
/// [`Error::Constraint`] `outbox_head_pkey` if the stream has begun.
pub async fn open(tx: &mut Tx, stream: &str, origin: &Hash) -> Result<(), Error> {
    query!(
        "INSERT INTO shared.outbox_head (stream, sequence, hash) VALUES ($1, 0, $2)",
        stream,
        &origin[..],
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The place of the last event pushed and committed; the beginning for a stream that has none.
///
/// # Errors
/// The database's.
pub async fn head(tx: &mut Tx, stream: &str) -> Result<Position, Error> {
    let row = query!(
        "SELECT sequence, hash FROM shared.outbox_head WHERE stream = $1",
        stream
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map_or(
        Ok(Position {
            sequence: 0,
            hash: GENESIS,
        }),
        |row| {
            let hash = from_row(&row.hash, "shared.outbox_head", "hash", stream)?;
            Ok(Position {
                sequence: row.sequence,
                hash,
            })
        },
    )
}

/// At most `limit` events after a number, in order.
///
/// # Errors
/// The database's.
pub async fn read_after(
    tx: &mut Tx,
    stream: &str,
    sequence: i64,
    limit: i64,
) -> Result<Vec<Envelope>, Error> {
    let rows = query_as!(
        EnvelopeRow,
        "SELECT stream, sequence, format, previous_hash, payload, at FROM shared.outbox
         WHERE stream = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
        stream,
        sequence,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Envelope::try_from).collect()
}

/// The hash of an event of ours; none if we have not pushed it.
///
/// # Errors
/// The database's.
pub async fn hash_at(tx: &mut Tx, stream: &str, sequence: i64) -> Result<Option<Hash>, Error> {
    let found = query!(
        "SELECT hash FROM shared.outbox WHERE stream = $1 AND sequence = $2",
        stream,
        sequence,
    )
    .fetch_optional(tx.conn())
    .await?;
    found
        .map(|row| from_row(&row.hash, "shared.outbox", "hash", sequence))
        .transpose()
}

/// Puts back events that this stream had pushed and lost (a database restored from a backup), as the receiver kept them.
/// Each must name the hash before it, from our head on; false, and nothing is stored, if one does not.
///
/// # Errors
/// The database's.
pub async fn put_back(tx: &mut Tx, stream: &str, envelopes: &[Envelope]) -> Result<bool, Error> {
    let mut position = lock_head(tx, stream).await?;
    let mut links = Vec::with_capacity(envelopes.len());
    for envelope in envelopes {
        let follows = envelope.stream == stream
            && envelope.sequence == position.sequence + 1
            && envelope.previous_hash == position.hash;
        if !follows {
            return Ok(false);
        }
        let previous = position.hash;
        position = Position {
            sequence: envelope.sequence,
            hash: envelope.hash(),
        };
        let event = Event {
            format: envelope.format,
            payload: &envelope.payload,
            at: envelope.at,
        };
        links.push((event, position, previous));
    }
    append(tx, stream, &links).await?;
    move_head(tx, stream, &position).await?;
    Ok(true)
}

/// Keeps the receiver's signature for everything up to and including a number. Repeating it is harmless;
/// the first receipt stands.
///
/// # Errors
/// [`Error::Constraint`] `outbox_receipt_of_event` if no such event was sent.
pub async fn record_receipt(
    tx: &mut Tx,
    stream: &str,
    sequence: i64,
    receipt: &[u8],
    at: Timestamp,
) -> Result<(), Error> {
    query!(
        "INSERT INTO shared.outbox_receipt (stream, sequence, receipt, at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (stream, sequence) DO NOTHING",
        stream,
        sequence,
        receipt,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The number up to which the receiver signed; 0 before the first receipt.
///
/// # Errors
/// The database's.
pub async fn receipted(tx: &mut Tx, stream: &str) -> Result<i64, Error> {
    let row = query!(
        r#"SELECT coalesce(max(sequence), 0) AS "sequence!" FROM shared.outbox_receipt WHERE stream = $1"#,
        stream,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.sequence)
}

/// The last receipt that was kept: for which event, with the receiver's signature and its time.
///
/// # Errors
/// The database's.
pub async fn last_receipt(tx: &mut Tx, stream: &str) -> Result<Option<(i64, Vec<u8>, Timestamp)>, Error> {
    let row = query!(
        r#"SELECT sequence, receipt, at AS "at: SqlTimestamp" FROM shared.outbox_receipt WHERE stream = $1
           ORDER BY sequence DESC LIMIT 1"#,
        stream,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| (row.sequence, row.receipt, row.at.to_jiff())))
}

async fn lock_head(tx: &mut Tx, stream: &str) -> Result<Position, Error> {
    query!(
        "INSERT INTO shared.outbox_head (stream, sequence, hash) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING",
        stream,
        &GENESIS[..],
    )
    .execute(tx.conn())
    .await?;
    let row = query!(
        "SELECT sequence, hash FROM shared.outbox_head WHERE stream = $1 FOR UPDATE",
        stream
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Position {
        sequence: row.sequence,
        hash: from_row(&row.hash, "shared.outbox_head", "hash", stream)?,
    })
}

async fn move_head(tx: &mut Tx, stream: &str, position: &Position) -> Result<(), Error> {
    let moved = query!(
        "UPDATE shared.outbox_head SET sequence = $2, hash = $3, updated_by = shared.transaction_name()
         WHERE stream = $1",
        stream,
        position.sequence,
        &position.hash[..],
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("move the head of an outbox", 1, &moved)
}

/// From so many events on a COPY is cheaper than an INSERT.
const MANY: usize = 50;

/// An event with its place and the hash before.
type Link<'a> = (Event<'a>, Position, Hash);

async fn append(tx: &mut Tx, stream: &str, links: &[Link<'_>]) -> Result<(), Error> {
    if links.len() < MANY {
        store(tx, stream, links).await
    } else {
        copy(tx, stream, links).await
    }
}

async fn store(tx: &mut Tx, stream: &str, links: &[Link<'_>]) -> Result<(), Error> {
    let sequences: Vec<i64> = links.iter().map(|(_, position, _)| position.sequence).collect();
    let formats: Vec<i32> = links.iter().map(|(event, ..)| event.format).collect();
    let payloads: Vec<Vec<u8>> = links.iter().map(|(event, ..)| event.payload.to_vec()).collect();
    let previous: Vec<Vec<u8>> = links.iter().map(|(.., previous)| previous.to_vec()).collect();
    let hashes: Vec<Vec<u8>> = links
        .iter()
        .map(|(_, position, _)| position.hash.to_vec())
        .collect();
    let instants: Vec<SqlTimestamp> = links.iter().map(|(event, ..)| event.at.to_sql()).collect();
    let stored = query!(
        "INSERT INTO shared.outbox (stream, sequence, format, payload, previous_hash, hash, at)
             SELECT $1, * FROM unnest($2::bigint[], $3::integer[], $4::bytea[], $5::bytea[], $6::bytea[], $7::timestamptz[])",
        stream,
        &sequences,
        &formats,
        &payloads,
        &previous,
        &hashes,
        &instants,
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("store events", links.len() as u64, &stored)
}

async fn copy(tx: &mut Tx, stream: &str, links: &[Link<'_>]) -> Result<(), Error> {
    let mut rows = copy::Rows::new(7, links.len(), 256);
    for (event, position, previous) in links {
        rows.row()
            .text(stream)
            .bigint(position.sequence)
            .integer(event.format)
            .bytes(event.payload)
            .bytes(previous)
            .bytes(&position.hash)
            .timestamp(event.at.to_sql());
    }
    let into = "shared.outbox (stream, sequence, format, payload, previous_hash, hash, at)";
    tx.copy_in(into, rows).await?;
    Ok(())
}

struct EnvelopeRow {
    stream: String,
    sequence: i64,
    format: i32,
    previous_hash: Vec<u8>,
    payload: Vec<u8>,
    at: SqlTimestamp,
}

impl TryFrom<EnvelopeRow> for Envelope {
    type Error = Error;

    fn try_from(row: EnvelopeRow) -> Result<Self, Error> {
        let previous_hash = from_row(&row.previous_hash, "shared.outbox", "previous_hash", row.sequence)?;
        Ok(Self {
            stream: row.stream,
            sequence: row.sequence,
            format: row.format,
            previous_hash,
            payload: row.payload,
            at: row.at.to_jiff(),
        })
    }
}
