//! The chain over committed audit records.

use sqlx::{query, query_scalar};

use crate::hash::{FieldHasher, GENESIS, Hash, from_row};
use crate::types::SqlTimestamp;
use crate::{Error, Tx, ensure_affected};

/// Where the chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Number of linked records; they are numbered from 1 without a gap.
    pub sequence: i64,
    /// Hash of the last link, [`GENESIS`] before the first.
    pub hash: Hash,
}

/// The result of checking the whole chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Where the chain ends.
    pub head: Head,
    /// Committed records that wait for the next [`link`].
    pub pending: i64,
    /// What does not hold; empty for a sound audit.
    pub faults: Vec<Fault>,
}

/// One thing wrong with the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A number is missing in the chain.
    Gap {
        /// The missing number.
        sequence: i64,
    },
    /// A link names another predecessor than the one before it.
    Broken {
        /// Number of the link.
        sequence: i64,
    },
    /// A record is not what was linked.
    Altered {
        /// Number of the link.
        sequence: i64,
    },
    /// A record is neither linked nor waiting.
    Unlinked {
        /// Id of the record.
        audit: i64,
    },
    /// The head does not name the last link: links were removed from the end.
    HeadMismatch,
}

/// Links at most `limit` committed records, oldest first, and returns the new head with how many were linked.
///
/// Locks the head, so two callers take turns and numbers stay dense; call it within a sequencer's transaction
/// or from a leased job. Records of transactions still open are linked later, whatever their id.
///
/// # Errors
/// The database's.
pub async fn link(tx: &mut Tx, limit: i64) -> Result<(Head, usize), Error> {
    let mut head = locked_head(tx).await?;
    let waiting = query!(
        r#"SELECT a.id, a.at, a.actor, a.verb, a.article, a.subject, a.outcome, a.reason,
                  a.evidence::text AS "evidence!", a.recorded_by
           FROM shared.audit_pending p JOIN shared.audit a ON a.id = p.audit_id ORDER BY a.id LIMIT $1"#,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    let (mut ids, mut sequences, mut previous, mut hashes) = (vec![], vec![], vec![], vec![]);
    for row in &waiting {
        let before = head;
        head.sequence += 1;
        let fields = Fields {
            id: row.id,
            at: row.at,
            texts: [&row.actor, &row.verb, &row.article, &row.subject, &row.outcome],
            reason: row.reason.as_deref(),
            evidence: &row.evidence,
            recorded_by: &row.recorded_by,
        };
        head.hash = fields.hash(head.sequence, &before.hash);
        ids.push(row.id);
        sequences.push(head.sequence);
        previous.push(before.hash.to_vec());
        hashes.push(head.hash.to_vec());
    }
    if ids.is_empty() {
        return Ok((head, 0));
    }
    store_links(tx, &head, &ids, &sequences, &previous, &hashes).await?;
    Ok((head, ids.len()))
}

/// The end of the chain as now committed.
///
/// # Errors
/// The database's.
pub async fn head(tx: &mut Tx) -> Result<Head, Error> {
    let row = query!("SELECT sequence, hash FROM shared.audit_head")
        .fetch_one(tx.conn())
        .await?;
    Ok(Head {
        sequence: row.sequence,
        hash: from_row(&row.hash, "shared.audit_head", "hash", row.sequence)?,
    })
}

/// Walks the whole chain and every record; meant for a snapshot of a read-only database.
///
/// # Errors
/// The database's. What is wrong with the audit is no error but a [`Fault`].
pub async fn verify(tx: &mut Tx) -> Result<Verified, Error> {
    let head = head(tx).await?;
    let mut faults = Vec::new();
    let mut at = Head {
        sequence: 0,
        hash: GENESIS,
    };
    loop {
        let checked = verify_batch(tx, &mut at, &mut faults).await?;
        if checked == 0 {
            break;
        }
    }
    if at != head {
        faults.push(Fault::HeadMismatch);
    }
    let unlinked = query_scalar!(
        "SELECT a.id FROM shared.audit a
         WHERE NOT EXISTS (SELECT 1 FROM shared.audit_link l WHERE l.audit_id = a.id)
           AND NOT EXISTS (SELECT 1 FROM shared.audit_pending p WHERE p.audit_id = a.id) ORDER BY a.id",
    )
    .fetch_all(tx.conn())
    .await?;
    faults.extend(unlinked.into_iter().map(|audit| Fault::Unlinked { audit }));
    let pending = query_scalar!(r#"SELECT count(*) AS "count!" FROM shared.audit_pending"#)
        .fetch_one(tx.conn())
        .await?;
    Ok(Verified {
        head,
        pending,
        faults,
    })
}

async fn verify_batch(tx: &mut Tx, at: &mut Head, faults: &mut Vec<Fault>) -> Result<usize, Error> {
    let links = query!(
        r#"SELECT l.sequence, l.previous_hash, l.hash, a.id, a.at, a.actor, a.verb, a.article, a.subject,
                  a.outcome, a.reason, a.evidence::text AS "evidence!", a.recorded_by
           FROM shared.audit_link l JOIN shared.audit a ON a.id = l.audit_id
           WHERE l.sequence > $1 ORDER BY l.sequence LIMIT $2"#,
        at.sequence,
        VERIFY_BATCH,
    )
    .fetch_all(tx.conn())
    .await?;
    for row in &links {
        let sequence = row.sequence;
        if sequence != at.sequence + 1 {
            faults.push(Fault::Gap {
                sequence: at.sequence + 1,
            });
        }
        if row.previous_hash != at.hash {
            faults.push(Fault::Broken { sequence });
        }
        let previous = from_row(&row.previous_hash, "shared.audit_link", "previous_hash", sequence)?;
        let fields = Fields {
            id: row.id,
            at: row.at,
            texts: [&row.actor, &row.verb, &row.article, &row.subject, &row.outcome],
            reason: row.reason.as_deref(),
            evidence: &row.evidence,
            recorded_by: &row.recorded_by,
        };
        let hash = from_row(&row.hash, "shared.audit_link", "hash", sequence)?;
        if fields.hash(sequence, &previous) != hash {
            faults.push(Fault::Altered { sequence });
        }
        *at = Head { sequence, hash };
    }
    Ok(links.len())
}

async fn locked_head(tx: &mut Tx) -> Result<Head, Error> {
    let row = query!("SELECT sequence, hash FROM shared.audit_head FOR UPDATE")
        .fetch_one(tx.conn())
        .await?;
    Ok(Head {
        sequence: row.sequence,
        hash: from_row(&row.hash, "shared.audit_head", "hash", row.sequence)?,
    })
}

async fn store_links(
    tx: &mut Tx,
    head: &Head,
    ids: &[i64],
    sequences: &[i64],
    previous: &[Vec<u8>],
    hashes: &[Vec<u8>],
) -> Result<(), Error> {
    let count = ids.len() as u64;
    let added = query!(
        "INSERT INTO shared.audit_link (sequence, audit_id, previous_hash, hash)
         SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[])",
        sequences,
        ids,
        previous,
        hashes,
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("link audit records", count, &added)?;
    let removed = query!("DELETE FROM shared.audit_pending WHERE audit_id = ANY($1)", ids)
        .execute(tx.conn())
        .await?;
    ensure_affected("take linked records off the waiting list", count, &removed)?;
    let moved = query!(
        "UPDATE shared.audit_head SET sequence = $1, hash = $2",
        head.sequence,
        &head.hash[..]
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("move the audit head", 1, &moved)
}

/// What a link's hash covers, in this order.
struct Fields<'a> {
    id: i64,
    at: SqlTimestamp,
    /// Actor, verb, article, subject, outcome.
    texts: [&'a str; 5],
    reason: Option<&'a str>,
    /// jsonb as text, which PostgreSQL normalises.
    evidence: &'a str,
    recorded_by: &'a str,
}

impl Fields<'_> {
    fn hash(&self, sequence: i64, previous: &Hash) -> Hash {
        let mut hasher = FieldHasher::new("jianzheng/audit/v1")
            .number(sequence)
            .field(previous)
            .number(self.id)
            .number(self.at.to_jiff().as_microsecond());
        for text in self.texts {
            hasher = hasher.field(text.as_bytes());
        }
        hasher
            .field(self.reason.unwrap_or_default().as_bytes())
            .field(self.evidence.as_bytes())
            .field(self.recorded_by.as_bytes())
            .finish()
    }
}

const VERIFY_BATCH: i64 = 1_000;
