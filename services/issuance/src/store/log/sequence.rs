//! Tables `log.head` and `log.watermark`: what the sequencer writes, with the leaves of the transparency log.

use domain::province::Province;
use jiff::Timestamp;
use postgres::lease::Lease;
use postgres::{Error, ReadDatabase, Tx, ensure_affected};
use sqlx::{query, query_scalar};

use super::leaf;
use crate::store::restoration::is_under_way;
use crate::store::{natural, signed};

/// Where the log stands, and how far each province had told by then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) position: u64,
    pub(crate) watermarks: Vec<Mark>,
}

/// How far a province has told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) province: Province,
    pub(crate) sequence: u64,
    pub(crate) through: Timestamp,
}

/// What numbering came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Numbered {
    /// The new head.
    pub(crate) position: u64,
    /// Whether more may wait.
    pub(crate) more: bool,
}

/// Whether something waits for a number, a watermark has risen, or, where checkpoints are signed, one is due.
pub(crate) async fn has_work(read: &ReadDatabase, signs: bool) -> Result<bool, Error> {
    let work = query_scalar!(
        r#"SELECT (EXISTS (SELECT 1 FROM log.change WHERE position IS NULL)
             OR ($1 AND (SELECT size FROM log.head) > coalesce((SELECT max(size) FROM log.checkpoint), 0))
             OR EXISTS (SELECT 1 FROM log.late_leaf)
             OR EXISTS (SELECT 1 FROM exchange.watermark AS told LEFT JOIN log.watermark AS noted USING (province)
                 WHERE (noted.sequence, noted.through) IS DISTINCT FROM (told.sequence, told.through))) AS "work!""#,
        signs,
    );
    Ok(work.fetch_one(read.pool()).await?)
}

/// Numbers at most `limit` committed changes densely after the head, under the sequencer's fence, and appends their leaves to the
/// transparency log in the same order.
///
/// Watermarks are read before the changes: every change that a watermark covers was committed with it and is therefore
/// among those that are seen afterwards.
pub(crate) async fn number(tx: &mut Tx, lease: &Lease, limit: i64) -> Result<Numbered, Error> {
    tx.check_fence(lease).await?;
    let head = query!("SELECT position, size FROM log.head FOR UPDATE")
        .fetch_one(tx.conn())
        .await?;
    // Whoever closed the nation has seen the head, or is seen here.
    if is_under_way(tx).await? {
        return Ok(Numbered {
            position: natural(head.position, "log.head", "position")?,
            more: false,
        });
    }
    let told = query!("SELECT province, sequence, through FROM exchange.watermark")
        .fetch_all(tx.conn())
        .await?;
    let numbered = query!(
        "WITH picked AS (
             SELECT id, row_number() OVER (ORDER BY id) AS nth
             FROM (SELECT id FROM log.change WHERE position IS NULL ORDER BY id LIMIT $2) AS few)
         UPDATE log.change SET position = $1 + picked.nth FROM picked WHERE change.id = picked.id
         RETURNING $1 + picked.nth AS \"position!\", change.leaf",
        head.position,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    let count = i64::try_from(numbered.len()).unwrap_or(i64::MAX);
    let position = head.position.saturating_add(count);
    let mut entries: Vec<leaf::Entry> = numbered
        .into_iter()
        .filter_map(|change| Some((change.position, change.leaf?)))
        .collect();
    entries.sort_unstable_by_key(|(position, _)| *position);
    let size = leaf::append(tx, natural(head.size, "log.head", "size")?, entries, false).await?;
    // A position that exists: files from before the log had changes then.
    let late = if position > 0 && count < limit {
        leaf::take_late(tx, position, limit.saturating_sub(count)).await?
    } else {
        Vec::new()
    };
    let size = leaf::append(tx, size, late, true).await?;
    let moved = query!(
        "UPDATE log.head SET position = $1, size = $2, updated_by = shared.transaction_name()",
        position,
        signed(size),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("move the head of the log", 1, &moved)?;
    let more = count >= limit;
    if !more {
        for mark in told {
            query!(
                "INSERT INTO log.watermark AS noted (province, sequence, through) VALUES ($1, $2, $3)
                 ON CONFLICT (province) DO UPDATE SET sequence = excluded.sequence, through = excluded.through,
                     updated_by = shared.transaction_name()
                 WHERE (noted.sequence, noted.through) IS DISTINCT FROM (excluded.sequence, excluded.through)",
                mark.province,
                mark.sequence,
                mark.through,
            )
            .execute(tx.conn())
            .await?;
        }
    }
    let position = natural(position, "log.head", "position")?;
    Ok(Numbered { position, more })
}

/// The head with its watermarks, as one statement sees them.
pub(crate) async fn head(read: &ReadDatabase) -> Result<Head, Error> {
    let rows = query!(
        r#"SELECT head.position, mark.province AS "province?", mark.sequence AS "sequence?", mark.through AS "through?"
         FROM log.head LEFT JOIN log.watermark AS mark ON true ORDER BY mark.province"#
    )
    .fetch_all(read.pool())
    .await?;
    let mut head = Head {
        position: 0,
        watermarks: Vec::with_capacity(rows.len()),
    };
    for row in rows {
        head.position = natural(row.position, "log.head", "position")?;
        if let (Some(code), Some(sequence), Some(through)) = (row.province, row.sequence, row.through) {
            head.watermarks.push(Mark {
                province: crate::store::province(&code, "log.watermark", &code)?,
                sequence: natural(sequence, "log.watermark", "sequence")?,
                through: through.to_jiff(),
            });
        }
    }
    Ok(head)
}
