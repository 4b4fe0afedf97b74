//! Tables `log.head` and `log.watermark`: what the sequencer writes.

use domain::province::Province;
use jiff::Timestamp;
use postgres::lease::Lease;
use postgres::{Error, ReadDatabase, Tx, ensure_affected};
use sqlx::{query, query_scalar};

use crate::store::natural;

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

/// Whether something waits for a number, or a watermark has risen.
pub(crate) async fn has_work(read: &ReadDatabase) -> Result<bool, Error> {
    let work = query_scalar!(
        r#"SELECT (EXISTS (SELECT 1 FROM log.change WHERE position IS NULL)
             OR EXISTS (SELECT 1 FROM exchange.watermark AS told LEFT JOIN log.watermark AS noted USING (province)
                 WHERE (noted.sequence, noted.through) IS DISTINCT FROM (told.sequence, told.through))) AS "work!""#
    );
    Ok(work.fetch_one(read.pool()).await?)
}

/// Numbers at most `limit` committed changes densely after the head, under the sequencer's fence; returns the new head
/// and whether more may wait.
///
/// Watermarks are read before the changes: every change that a watermark covers was committed with it and is therefore
/// among those that are seen afterwards.
pub(crate) async fn number(tx: &mut Tx, lease: &Lease, limit: i64) -> Result<(u64, bool), Error> {
    tx.check_fence(lease).await?;
    let head = query_scalar!("SELECT position FROM log.head FOR UPDATE")
        .fetch_one(tx.conn())
        .await?;
    let told = query!("SELECT province, sequence, through FROM exchange.watermark")
        .fetch_all(tx.conn())
        .await?;
    let numbered = query!(
        "WITH picked AS (
             SELECT id, row_number() OVER (ORDER BY id) AS nth
             FROM (SELECT id FROM log.change WHERE position IS NULL ORDER BY id LIMIT $2) AS few)
         UPDATE log.change SET position = $1 + picked.nth FROM picked WHERE change.id = picked.id",
        head,
        limit,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    let count = i64::try_from(numbered).unwrap_or(i64::MAX);
    let position = head.saturating_add(count);
    let moved = query!(
        "UPDATE log.head SET position = $1, updated_by = shared.transaction_name()",
        position
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
    Ok((natural(position, "log.head", "position")?, more))
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
