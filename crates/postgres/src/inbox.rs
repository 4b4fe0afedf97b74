//! Events from another deployment, applied exactly once, in order, along one unbroken chain.

use jiff::Timestamp;
use sqlx::{query, query_scalar};

use crate::hash::{GENESIS, Hash, from_row};
use crate::outbox::{Envelope, Position};
use crate::types::ToSql;
use crate::{Error, Tx, ensure_affected};

/// What an arriving envelope is to this side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Arrival {
    /// The next one: it is now recorded; apply it in this transaction.
    Next(Position),
    /// Applied before with the same bytes: acknowledge, do nothing.
    Duplicate,
    /// Events before it are missing; ask from `expected`.
    Gap {
        /// Number that must come next.
        expected: i64,
    },
    /// The sender contradicts itself: other bytes under a known number, or another predecessor.
    Fork {
        /// Number where its chain parts from ours.
        sequence: i64,
    },
    /// This source is stopped until an officer clears it.
    Stopped,
}

/// How far a source was applied, and why it stands still if it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Last event applied.
    pub position: Position,
    /// Reason code of the stop.
    pub stopped: Option<String>,
}

/// Judges an envelope and, if it is the next one, records it. Locks the source's head, so two streams of one
/// source take turns. Check the signature before.
///
/// # Errors
/// The database's.
pub async fn receive(tx: &mut Tx, envelope: &Envelope, at: Timestamp) -> Result<Arrival, Error> {
    let source = lock_source(tx, &envelope.stream).await?;
    let head = source.position;
    if source.stopped.is_some() {
        return Ok(Arrival::Stopped);
    }
    if envelope.sequence <= head.sequence {
        return compare_with_applied(tx, envelope).await;
    }
    if envelope.sequence > head.sequence + 1 {
        return Ok(Arrival::Gap {
            expected: head.sequence + 1,
        });
    }
    if envelope.previous_hash != head.hash {
        return Ok(Arrival::Fork {
            sequence: envelope.sequence,
        });
    }
    let position = Position {
        sequence: envelope.sequence,
        hash: envelope.hash(),
    };
    record(tx, &envelope.stream, &position, at).await?;
    Ok(Arrival::Next(position))
}

/// How far a source was applied; the beginning if nothing arrived yet.
///
/// # Errors
/// The database's.
pub async fn source(tx: &mut Tx, name: &str) -> Result<Source, Error> {
    let row = query!(
        "SELECT sequence, hash, stopped FROM shared.inbox_head WHERE source = $1",
        name
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else {
        return Ok(Source {
            position: Position {
                sequence: 0,
                hash: GENESIS,
            },
            stopped: None,
        });
    };
    let hash = from_row(&row.hash, "shared.inbox_head", "hash", name)?;
    Ok(Source {
        position: Position {
            sequence: row.sequence,
            hash,
        },
        stopped: row.stopped,
    })
}

/// Starts a source at an initial snapshot (sequence 0) whose hash event 1 must name.
///
/// # Errors
/// [`Error::Constraint`] `inbox_head_pkey` if the source has begun.
pub async fn open(tx: &mut Tx, name: &str, origin: &Hash) -> Result<(), Error> {
    query!(
        "INSERT INTO shared.inbox_head (source, sequence, hash) VALUES ($1, 0, $2)",
        name,
        &origin[..]
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stops one source, others go on. The first reason stands until [`resume`].
///
/// # Errors
/// The database's.
pub async fn stop(tx: &mut Tx, name: &str, reason: &str, at: Timestamp) -> Result<(), Error> {
    lock_source(tx, name).await?;
    query!(
        "UPDATE shared.inbox_head SET stopped = $2, stopped_at = $3, updated_by = shared.transaction_name()
         WHERE source = $1 AND stopped IS NULL",
        name,
        reason,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Lets a stopped source go on where it stood.
///
/// # Errors
/// [`Error::RowCount`] if it was not stopped.
pub async fn resume(tx: &mut Tx, name: &str) -> Result<(), Error> {
    let result = query!(
        "UPDATE shared.inbox_head SET stopped = NULL, stopped_at = NULL, updated_by = shared.transaction_name()
         WHERE source = $1 AND stopped IS NOT NULL",
        name,
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("resume a stopped source", 1, &result)
}

async fn lock_source(tx: &mut Tx, name: &str) -> Result<Source, Error> {
    query!(
        "INSERT INTO shared.inbox_head (source, sequence, hash) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING",
        name,
        &GENESIS[..],
    )
    .execute(tx.conn())
    .await?;
    let row = query!(
        "SELECT sequence, hash, stopped FROM shared.inbox_head WHERE source = $1 FOR UPDATE",
        name
    )
    .fetch_one(tx.conn())
    .await?;
    let hash = from_row(&row.hash, "shared.inbox_head", "hash", name)?;
    Ok(Source {
        position: Position {
            sequence: row.sequence,
            hash,
        },
        stopped: row.stopped,
    })
}

async fn compare_with_applied(tx: &mut Tx, envelope: &Envelope) -> Result<Arrival, Error> {
    let applied = query_scalar!(
        "SELECT hash FROM shared.inbox WHERE source = $1 AND sequence = $2",
        envelope.stream,
        envelope.sequence,
    )
    .fetch_optional(tx.conn())
    .await?;
    match applied {
        Some(hash) if hash == envelope.hash() => Ok(Arrival::Duplicate),
        _ => Ok(Arrival::Fork {
            sequence: envelope.sequence,
        }),
    }
}

async fn record(tx: &mut Tx, source: &str, position: &Position, at: Timestamp) -> Result<(), Error> {
    query!(
        "INSERT INTO shared.inbox (source, sequence, hash, at) VALUES ($1, $2, $3, $4)",
        source,
        position.sequence,
        &position.hash[..],
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    let moved = query!(
        "UPDATE shared.inbox_head SET sequence = $2, hash = $3, updated_by = shared.transaction_name()
         WHERE source = $1",
        source,
        position.sequence,
        &position.hash[..],
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("move the head of an inbox", 1, &moved)
}
