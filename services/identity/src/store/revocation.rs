//! The feed of revocations, numbered without gaps in the order of commit.

use jiff::Timestamp;
use postgres::{Error, ReadDatabase, ToSql as _, Tx};
use sqlx::{query, query_scalar};

/// One entry of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Revocation {
    /// Its number.
    pub(crate) number: u64,
    /// `sessions/…` or `clients/…`
    pub(crate) subject: String,
    /// When, by the register clock.
    pub(crate) revoked_at: Timestamp,
}

/// Appends to the feed. Holds the head's lock until the transaction ends: call it last.
pub(crate) async fn publish(tx: &mut Tx, subject: &str, at: Timestamp) -> Result<(), Error> {
    let number = query_scalar!("UPDATE identity.revocation_head SET number = number + 1 RETURNING number")
        .fetch_one(tx.conn())
        .await?;
    query!(
        "INSERT INTO identity.revocation (number, subject, revoked_at) VALUES ($1, $2, $3)",
        number,
        subject,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Entries after a number that were revoked at or after `since`, in order.
pub(crate) async fn list(
    read: &ReadDatabase,
    after: u64,
    since: Timestamp,
    limit: u32,
) -> Result<Vec<Revocation>, Error> {
    let rows = query!(
        "SELECT number, subject, revoked_at FROM identity.revocation
         WHERE number > $1 AND revoked_at >= $2 ORDER BY number LIMIT $3",
        i64::try_from(after).unwrap_or(i64::MAX),
        since.to_sql(),
        i64::from(limit),
    )
    .fetch_all(read.pool())
    .await?;
    rows.into_iter()
        .map(|row| {
            let number = u64::try_from(row.number)
                .map_err(|_| Error::inconsistent("revocation", "number", row.number))?;
            Ok(Revocation {
                number,
                subject: row.subject,
                revoked_at: row.revoked_at.to_jiff(),
            })
        })
        .collect()
}

/// The number of the newest entry; 0 before the first.
pub(crate) async fn head(read: &ReadDatabase) -> Result<u64, Error> {
    let number = query_scalar!("SELECT number FROM identity.revocation_head")
        .fetch_one(read.pool())
        .await?;
    u64::try_from(number).map_err(|_| Error::inconsistent("revocation_head", "number", number))
}
