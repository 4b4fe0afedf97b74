//! Refresh tokens, by their hashes. Each is redeemed once.

use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx, ensure_affected};
use sqlx::{query, query_scalar};
use uuid::Uuid;

use crate::random::SecretHash;

/// A refresh token as stored.
#[derive(Debug, Clone)]
pub(crate) struct RefreshToken {
    /// Whose tokens it renews.
    pub(crate) session: Uuid,
    /// After this it renews nothing.
    pub(crate) expires_at: Timestamp,
    /// When it was redeemed or replaced.
    pub(crate) used_at: Option<Timestamp>,
    /// The request that redeemed it.
    pub(crate) used_by: Option<Uuid>,
}

/// Keeps the hash of a new token.
pub(crate) async fn insert(
    tx: &mut Tx,
    hash: &SecretHash,
    session: Uuid,
    issued_at: Timestamp,
    expires_at: Timestamp,
) -> Result<(), Error> {
    query!(
        "INSERT INTO identity.refresh_token (hash, session_id, issued_at, expires_at) VALUES ($1, $2, $3, $4)",
        &hash[..],
        session,
        issued_at.to_sql(),
        expires_at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The session that a token belongs to.
pub(crate) async fn session_of(tx: &mut Tx, hash: &SecretHash) -> Result<Option<Uuid>, Error> {
    Ok(query_scalar!(
        "SELECT session_id FROM identity.refresh_token WHERE hash = $1",
        &hash[..]
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// A token. Call it with its session locked: then nobody else redeems it.
pub(crate) async fn find(tx: &mut Tx, hash: &SecretHash) -> Result<Option<RefreshToken>, Error> {
    let row = query!(
        "SELECT session_id, expires_at, used_at, used_by FROM identity.refresh_token WHERE hash = $1",
        &hash[..],
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| RefreshToken {
        session: row.session_id,
        expires_at: row.expires_at.to_jiff(),
        used_at: row.used_at.map(Timestamp::from),
        used_by: row.used_by,
    }))
}

/// Marks a token as redeemed by a request.
pub(crate) async fn redeem(
    tx: &mut Tx,
    hash: &SecretHash,
    request: Uuid,
    at: Timestamp,
) -> Result<(), Error> {
    let result = query!(
        "UPDATE identity.refresh_token SET used_at = $2, used_by = $3, updated_by = shared.transaction_name()
         WHERE hash = $1 AND used_at IS NULL",
        &hash[..],
        at.to_sql(),
        request,
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("redeem a refresh token", 1, &result)
}

/// Replaces every token of a session that is not used yet; presenting one from now on is a reuse.
pub(crate) async fn retire(tx: &mut Tx, session: Uuid, at: Timestamp) -> Result<u64, Error> {
    let result = query!(
        "UPDATE identity.refresh_token SET used_at = $2, updated_by = shared.transaction_name()
         WHERE session_id = $1 AND used_at IS NULL",
        session,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected())
}

/// Whether a token of the session was redeemed after `since`: then whoever holds the newest got it.
pub(crate) async fn redeemed_since(tx: &mut Tx, session: Uuid, since: Timestamp) -> Result<bool, Error> {
    let redeemed = query_scalar!(
        r#"SELECT EXISTS (SELECT FROM identity.refresh_token
                          WHERE session_id = $1 AND used_by IS NOT NULL AND issued_at >= $2) AS "redeemed!""#,
        session,
        since.to_sql(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(redeemed)
}
