//! Table `issuing.status_list`: the lists as they were signed last.

use jiff::Timestamp;
use postgres::{Error, ReadDatabase, SqlTimestamp, ToSql as _, Tx, ensure_affected};
use sqlx::{query, query_as, query_scalar};

use super::{small, stored};
use crate::store::{natural, signed};

const LIST: &str = "issuing.status_list";

/// A list as it was signed, without its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Published {
    pub(crate) shard: u32,
    pub(crate) position: u64,
    pub(crate) uri: String,
    pub(crate) issued_at: Timestamp,
    pub(crate) stale_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

struct ListRow {
    shard: i32,
    position: i64,
    uri: String,
    issued_at: SqlTimestamp,
    stale_at: SqlTimestamp,
    expires_at: SqlTimestamp,
}

impl TryFrom<ListRow> for Published {
    type Error = Error;

    fn try_from(row: ListRow) -> Result<Self, Error> {
        Ok(Self {
            shard: small(row.shard, LIST, "shard")?,
            position: natural(row.position, LIST, "position")?,
            uri: row.uri,
            issued_at: row.issued_at.to_jiff(),
            stale_at: row.stale_at.to_jiff(),
            expires_at: row.expires_at.to_jiff(),
        })
    }
}

/// Puts a list in place of the one before; one that stands at a later position stays.
pub(crate) async fn publish(tx: &mut Tx, list: &Published, token: &str) -> Result<(), Error> {
    let done = query!(
        "INSERT INTO issuing.status_list AS before (shard, position, uri, token, issued_at, stale_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (shard) DO UPDATE SET position = excluded.position, uri = excluded.uri, token = excluded.token,
             issued_at = excluded.issued_at, stale_at = excluded.stale_at, expires_at = excluded.expires_at,
             updated_by = shared.transaction_name()
         WHERE before.position <= excluded.position",
        stored(list.shard),
        signed(list.position),
        list.uri,
        token,
        list.issued_at.to_sql(),
        list.stale_at.to_sql(),
        list.expires_at.to_sql(),
    );
    ensure_affected("publish a status list", 1, &done.execute(tx.conn()).await?)
}

/// Lists from a number on, in order.
pub(crate) async fn lists(read: &ReadDatabase, from: u32, limit: i64) -> Result<Vec<Published>, Error> {
    let rows = query_as!(
        ListRow,
        "SELECT shard, position, uri, issued_at, stale_at, expires_at FROM issuing.status_list
         WHERE shard >= $1 ORDER BY shard LIMIT $2",
        stored(from),
        limit,
    );
    let rows = rows.fetch_all(read.pool()).await?;
    rows.into_iter().map(Published::try_from).collect()
}

/// The list of a shard with its token.
pub(crate) async fn list(read: &ReadDatabase, shard: u32) -> Result<Option<(Published, String)>, Error> {
    let row = query!(
        "SELECT shard, position, uri, issued_at, stale_at, expires_at, token FROM issuing.status_list WHERE shard = $1",
        stored(shard),
    );
    let row = row.fetch_optional(read.pool()).await?;
    row.map(|row| {
        let list = ListRow {
            shard: row.shard,
            position: row.position,
            uri: row.uri,
            issued_at: row.issued_at,
            stale_at: row.stale_at,
            expires_at: row.expires_at,
        };
        Ok((list.try_into()?, row.token))
    })
    .transpose()
}

/// The position that every list holds; none before the first list.
pub(crate) async fn reached(read: &ReadDatabase) -> Result<Option<u64>, Error> {
    let least = query_scalar!("SELECT min(position) FROM issuing.status_list");
    let least = least.fetch_one(read.pool()).await?;
    least
        .map(|position| natural(position, LIST, "position"))
        .transpose()
}
