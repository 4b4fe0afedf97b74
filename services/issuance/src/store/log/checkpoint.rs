//! Table `log.checkpoint`: what the log has said of itself.

use jiff::Timestamp;
use postgres::{Error, ReadDatabase, ToSql as _, Tx, ensure_affected};
use sqlx::{query, query_scalar};
use tlog::Hash;

use crate::store::{natural, signed};

/// Leaves of the tree, as far as it is committed.
pub(crate) async fn tree_size(tx: &mut Tx) -> Result<u64, Error> {
    let size = query_scalar!("SELECT size FROM log.head")
        .fetch_one(tx.conn())
        .await?;
    natural(size, "log.head", "size")
}

/// The size of the latest checkpoint; 0 before the first.
pub(crate) async fn latest_size(tx: &mut Tx) -> Result<u64, Error> {
    let size = query_scalar!(r#"SELECT coalesce(max(size), 0) AS "size!" FROM log.checkpoint"#);
    natural(size.fetch_one(tx.conn()).await?, "log.checkpoint", "size")
}

/// Keeps a checkpoint.
pub(crate) async fn insert(
    tx: &mut Tx,
    size: u64,
    root: Hash,
    note: &str,
    at: Timestamp,
) -> Result<(), Error> {
    let done = query!(
        "INSERT INTO log.checkpoint (size, root, note, signed_at) VALUES ($1, $2, $3, $4)",
        signed(size),
        root.as_bytes().as_slice(),
        note,
        at.to_sql(),
    );
    ensure_affected("keep a checkpoint", 1, &done.execute(tx.conn()).await?)
}

/// The latest checkpoint: its size, and its note with the cosignatures that it has.
pub(crate) async fn latest(read: &ReadDatabase) -> Result<Option<(u64, String)>, Error> {
    let row = query!(
        r#"SELECT size, note || coalesce((SELECT string_agg(line || E'\n', '' ORDER BY witness) FROM log.cosignature
             WHERE cosignature.size = checkpoint.size), '') AS "note!"
           FROM log.checkpoint ORDER BY size DESC LIMIT 1"#
    )
    .fetch_optional(read.pool())
    .await?;
    row.map(|row| Ok((natural(row.size, "log.checkpoint", "size")?, row.note)))
        .transpose()
}

/// The checkpoint of a size with its cosignatures, if one was signed.
pub(crate) async fn of_size(read: &ReadDatabase, size: u64) -> Result<Option<String>, Error> {
    let note = query_scalar!(
        r#"SELECT note || coalesce((SELECT string_agg(line || E'\n', '' ORDER BY witness) FROM log.cosignature
             WHERE cosignature.size = checkpoint.size), '') AS "note!"
           FROM log.checkpoint WHERE size = $1"#,
        signed(size),
    );
    Ok(note.fetch_optional(read.pool()).await?)
}

/// Notes, with their cosignatures, of at most `limit` checkpoints of larger trees, from the smallest on.
pub(crate) async fn after(read: &ReadDatabase, size: u64, limit: i64) -> Result<Vec<String>, Error> {
    let notes = query_scalar!(
        r#"SELECT note || coalesce((SELECT string_agg(line || E'\n', '' ORDER BY witness) FROM log.cosignature
             WHERE cosignature.size = checkpoint.size), '') AS "note!"
           FROM log.checkpoint WHERE size > $1 ORDER BY size LIMIT $2"#,
        signed(size),
        limit,
    );
    Ok(notes.fetch_all(read.pool()).await?)
}
