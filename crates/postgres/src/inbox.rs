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

/// What an arriving batch is to this side.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum BatchArrival {
    /// The first `applied` were applied before with the same bytes; the others come next. Apply them, then
    /// [`record_all`] them in this transaction.
    Next {
        /// How many are known.
        applied: usize,
    },
    /// Events before the first are missing.
    Gap,
    /// The sender contradicts itself at this envelope.
    Fork {
        /// Index of the envelope.
        index: usize,
    },
    /// This source is stopped, for this reason.
    Stopped(String),
}

/// Judges a batch of one source whose envelopes follow each other and name each other's hashes (check that, and the
/// signature, before). Locks the source's head until the transaction ends.
///
/// # Errors
/// The database's.
pub async fn receive_all(tx: &mut Tx, envelopes: &[Envelope]) -> Result<BatchArrival, Error> {
    let Some(first) = envelopes.first() else {
        return Ok(BatchArrival::Next { applied: 0 });
    };
    let source = lock_source(tx, &first.stream).await?;
    if let Some(reason) = source.stopped {
        return Ok(BatchArrival::Stopped(reason));
    }
    let head = source.position;
    if first.sequence > head.sequence + 1 {
        return Ok(BatchArrival::Gap);
    }
    let known = usize::try_from(head.sequence + 1 - first.sequence).unwrap_or(usize::MAX);
    let applied = known.min(envelopes.len());
    if let Some(index) = first_that_differs(tx, &envelopes[..applied]).await? {
        return Ok(BatchArrival::Fork { index });
    }
    match envelopes.get(applied) {
        Some(next) if next.previous_hash != head.hash => Ok(BatchArrival::Fork { index: applied }),
        _ => Ok(BatchArrival::Next { applied }),
    }
}

/// Records envelopes that [`receive_all`] found to come next, and moves the head to the last.
///
/// # Errors
/// The database's.
pub async fn record_all(
    tx: &mut Tx,
    envelopes: &[Envelope],
    at: Timestamp,
) -> Result<Option<Position>, Error> {
    let Some(last) = envelopes.last() else {
        return Ok(None);
    };
    let sequences: Vec<_> = envelopes.iter().map(|envelope| envelope.sequence).collect();
    let hashes: Vec<_> = envelopes
        .iter()
        .map(|envelope| envelope.hash().to_vec())
        .collect();
    let stored = query!(
        "INSERT INTO shared.inbox (source, sequence, hash, at)
         SELECT $1, sequence, hash, $4 FROM unnest($2::bigint[], $3::bytea[]) AS one (sequence, hash)",
        last.stream,
        &sequences,
        &hashes,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("record envelopes", envelopes.len() as u64, &stored)?;
    let position = Position {
        sequence: last.sequence,
        hash: last.hash(),
    };
    move_head(tx, &last.stream, &position).await?;
    Ok(Some(position))
}

/// Records the event after the head without applying it: it has its number in the chain and no effect. False if another
/// comes next.
///
/// # Errors
/// The database's.
pub async fn pass_over(
    tx: &mut Tx,
    name: &str,
    (position, previous): (&Position, &Hash),
    at: Timestamp,
) -> Result<bool, Error> {
    let head = lock_source(tx, name).await?.position;
    if position.sequence != head.sequence + 1 || *previous != head.hash {
        return Ok(false);
    }
    record(tx, name, position, at).await?;
    Ok(true)
}

/// The hash under which an event of a source was applied.
///
/// # Errors
/// The database's.
pub async fn applied_hash(tx: &mut Tx, name: &str, sequence: i64) -> Result<Option<Hash>, Error> {
    let found = query_scalar!(
        "SELECT hash FROM shared.inbox WHERE source = $1 AND sequence = $2",
        name,
        sequence,
    )
    .fetch_optional(tx.conn())
    .await?;
    found
        .map(|hash| from_row(&hash, "shared.inbox", "hash", name))
        .transpose()
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

/// Index of the first envelope that was applied with other bytes, or was not.
async fn first_that_differs(tx: &mut Tx, envelopes: &[Envelope]) -> Result<Option<usize>, Error> {
    let (Some(first), Some(last)) = (envelopes.first(), envelopes.last()) else {
        return Ok(None);
    };
    let applied = query_scalar!(
        "SELECT hash FROM shared.inbox WHERE source = $1 AND sequence BETWEEN $2 AND $3 ORDER BY sequence",
        first.stream,
        first.sequence,
        last.sequence,
    )
    .fetch_all(tx.conn())
    .await?;
    let differs = |(index, envelope): (usize, &Envelope)| {
        let same = applied
            .get(index)
            .is_some_and(|hash| hash.as_slice() == envelope.hash());
        (!same).then_some(index)
    };
    Ok(envelopes.iter().enumerate().find_map(differs))
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
    move_head(tx, source, position).await
}

async fn move_head(tx: &mut Tx, source: &str, position: &Position) -> Result<(), Error> {
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
