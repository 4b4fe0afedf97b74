//! Links committed records, and reads the chain back.

use sqlx::{query, query_scalar};

use super::chain::{Checker, Entry, Fault, Head, Link, link_hash};
use crate::hash::from_row;
use crate::types::SqlTimestamp;
use crate::{Error, Tx, ensure_affected};

/// The result of checking a whole audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Where the chain ends.
    pub head: Head,
    /// Committed records that wait for the next [`link`].
    pub pending: i64,
    /// What does not hold; empty for a sound audit.
    pub faults: Vec<Fault>,
}

/// A link with its record as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// The link.
    pub link: Link,
    /// The record; none if it is gone.
    pub entry: Option<Entry>,
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
    for row in waiting {
        let before = head;
        let entry = Entry {
            id: row.id,
            at: row.at.to_jiff(),
            actor: row.actor,
            verb: row.verb,
            article: row.article,
            subject: row.subject,
            outcome: row.outcome,
            reason: row.reason,
            evidence: row.evidence,
            recorded_by: row.recorded_by,
        };
        head.sequence += 1;
        head.hash = link_hash(head.sequence, &before.hash, &entry.digest());
        ids.push(entry.id);
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

/// The chain as it stood at `sequence`; none if there is no such link.
///
/// # Errors
/// The database's.
pub async fn head_at(tx: &mut Tx, sequence: i64) -> Result<Option<Head>, Error> {
    if sequence == 0 {
        return Ok(Some(Head::START));
    }
    let hash = query_scalar!("SELECT hash FROM shared.audit_link WHERE sequence = $1", sequence)
        .fetch_optional(tx.conn())
        .await?;
    hash.map(|hash| {
        let hash = from_row(&hash, "shared.audit_link", "hash", sequence)?;
        Ok(Head { sequence, hash })
    })
    .transpose()
}

/// Links after a number, up to and including another, in order, each with its record.
///
/// # Errors
/// The database's.
pub async fn links(tx: &mut Tx, after: i64, to: i64, limit: i64) -> Result<Vec<Linked>, Error> {
    let rows = query_as_links(tx, after, to, limit).await?;
    rows.into_iter().map(Row::read).collect()
}

/// Records that are neither linked nor waiting, by id, at most `limit`: nothing of ours leaves one.
///
/// # Errors
/// The database's.
pub async fn unlinked(tx: &mut Tx, limit: i64) -> Result<Vec<i64>, Error> {
    Ok(query_scalar!(
        "SELECT a.id FROM shared.audit a
         WHERE NOT EXISTS (SELECT 1 FROM shared.audit_link l WHERE l.audit_id = a.id)
           AND NOT EXISTS (SELECT 1 FROM shared.audit_pending p WHERE p.audit_id = a.id) ORDER BY a.id LIMIT $1",
        limit,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// How many committed records wait to be linked.
///
/// # Errors
/// The database's.
pub async fn pending(tx: &mut Tx) -> Result<i64, Error> {
    Ok(
        query_scalar!(r#"SELECT count(*) AS "count!" FROM shared.audit_pending"#)
            .fetch_one(tx.conn())
            .await?,
    )
}

/// Walks the whole chain and every record; meant for a snapshot of a read-only database.
///
/// # Errors
/// The database's. What is wrong with the audit is no error but a [`Fault`].
pub async fn verify(tx: &mut Tx) -> Result<Verified, Error> {
    let head = head(tx).await?;
    let mut checker = Checker::after(Head::START);
    let mut faults = Vec::new();
    loop {
        let found = links(tx, checker.reached().sequence, i64::MAX, BATCH).await?;
        if found.is_empty() {
            break;
        }
        for linked in found {
            checker.follow(&linked.link, &mut faults);
        }
    }
    faults.extend(checker.finish(head));
    let unlinked = unlinked(tx, i64::MAX).await?;
    faults.extend(unlinked.into_iter().map(|audit| Fault::Unlinked { audit }));
    Ok(Verified {
        head,
        pending: pending(tx).await?,
        faults,
    })
}

struct Row {
    sequence: i64,
    previous_hash: Vec<u8>,
    hash: Vec<u8>,
    id: Option<i64>,
    at: Option<SqlTimestamp>,
    actor: Option<String>,
    verb: Option<String>,
    article: Option<String>,
    subject: Option<String>,
    outcome: Option<String>,
    reason: Option<String>,
    evidence: Option<String>,
    recorded_by: Option<String>,
}

impl Row {
    fn read(self) -> Result<Linked, Error> {
        let sequence = self.sequence;
        let hash = |bytes: &[u8], column| from_row(bytes, "shared.audit_link", column, sequence);
        let link = Link {
            sequence,
            previous: hash(&self.previous_hash, "previous_hash")?,
            hash: hash(&self.hash, "hash")?,
            record: None,
        };
        let entry = self.entry();
        let record = entry.as_ref().map(Entry::digest);
        Ok(Linked {
            link: Link { record, ..link },
            entry,
        })
    }

    fn entry(self) -> Option<Entry> {
        Some(Entry {
            id: self.id?,
            at: self.at?.to_jiff(),
            actor: self.actor?,
            verb: self.verb?,
            article: self.article?,
            subject: self.subject?,
            outcome: self.outcome?,
            reason: self.reason,
            evidence: self.evidence?,
            recorded_by: self.recorded_by?,
        })
    }
}

async fn query_as_links(tx: &mut Tx, after: i64, to: i64, limit: i64) -> Result<Vec<Row>, Error> {
    Ok(sqlx::query_as!(
        Row,
        r#"SELECT l.sequence, l.previous_hash, l.hash, a.id AS "id?", a.at AS "at?", a.actor AS "actor?",
                  a.verb AS "verb?", a.article AS "article?", a.subject AS "subject?", a.outcome AS "outcome?",
                  a.reason AS "reason?", a.evidence::text AS "evidence?", a.recorded_by AS "recorded_by?"
           FROM shared.audit_link l LEFT JOIN shared.audit a ON a.id = l.audit_id
           WHERE l.sequence > $1 AND l.sequence <= $2 ORDER BY l.sequence LIMIT $3"#,
        after,
        to,
        limit,
    )
    .fetch_all(tx.conn())
    .await?)
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

/// Links read at once.
const BATCH: i64 = 1_000;
