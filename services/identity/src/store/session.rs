//! Sessions of people.

use domain::ids::AccountId;
use jiff::Timestamp;
use postgres::{Error, ReadDatabase, ToSql as _, Tx, ensure_affected};
use sqlx::{query, query_scalar};
use uuid::Uuid;

use super::known;

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionState {
    /// The password matched; the second factor is awaited.
    Pending,
    /// Both factors are proved.
    Active,
    /// Ended before its time.
    Revoked,
}

/// A session.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// Its id, which every token of it carries.
    pub(crate) id: Uuid,
    /// Whose it is.
    pub(crate) account: AccountId,
    /// Identity of the backend that carries it.
    pub(crate) carrier: String,
    /// Where it stands.
    pub(crate) state: SessionState,
    /// For whom its tokens are meant.
    pub(crate) audiences: Vec<String>,
    /// Since when.
    pub(crate) created_at: Timestamp,
    /// Its end, whatever is refreshed.
    pub(crate) expires_at: Timestamp,
    /// When the second factor was last proved on demand.
    pub(crate) stepped_up_at: Option<Timestamp>,
}

impl SessionState {
    fn from_code(code: &str) -> Option<Self> {
        match code {
            "pending" => Some(Self::Pending),
            "active" => Some(Self::Active),
            "revoked" => Some(Self::Revoked),
            _ => None,
        }
    }
}

/// Adds a session that awaits its second factor.
pub(crate) async fn insert_pending(tx: &mut Tx, session: &Session) -> Result<(), Error> {
    query!(
        "INSERT INTO identity.session (id, account_id, carrier, state, audiences, created_at, expires_at)
         VALUES ($1, $2, $3, 'pending', $4, $5, $6)",
        session.id,
        session.account.as_uuid(),
        session.carrier,
        &session.audiences,
        session.created_at.to_sql(),
        session.expires_at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The session with an id, locked. The command checks whose it is.
pub(crate) async fn lock(tx: &mut Tx, session: Uuid) -> Result<Option<Session>, Error> {
    let row = query!(
        "SELECT id, account_id, carrier, state, audiences, created_at, expires_at, stepped_up_at
         FROM identity.session WHERE id = $1 FOR UPDATE",
        session,
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| {
        Ok(Session {
            id: row.id,
            account: AccountId::from_uuid(row.account_id),
            carrier: row.carrier,
            state: known(SessionState::from_code(&row.state), "session", "state", row.id)?,
            audiences: row.audiences,
            created_at: row.created_at.to_jiff(),
            expires_at: row.expires_at.to_jiff(),
            stepped_up_at: row.stepped_up_at.map(Timestamp::from),
        })
    })
    .transpose()
}

/// Both factors are proved: the session lives until `expires_at`.
pub(crate) async fn activate(
    tx: &mut Tx,
    session: Uuid,
    audiences: &[String],
    at: Timestamp,
    expires_at: Timestamp,
) -> Result<(), Error> {
    let result = query!(
        "UPDATE identity.session
         SET state = 'active', audiences = $2, second_factor_at = $3, expires_at = $4,
             updated_by = shared.transaction_name()
         WHERE id = $1 AND state = 'pending'",
        session,
        audiences,
        at.to_sql(),
        expires_at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("activate a session", 1, &result)
}

/// Remembers that the second factor was proved on demand.
pub(crate) async fn step_up(tx: &mut Tx, session: Uuid, at: Timestamp) -> Result<(), Error> {
    let result = query!(
        "UPDATE identity.session SET stepped_up_at = $2, updated_by = shared.transaction_name()
         WHERE id = $1 AND state = 'active'",
        session,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("step a session up", 1, &result)
}

/// Ends a session. False if it had ended already.
pub(crate) async fn revoke(tx: &mut Tx, session: Uuid, at: Timestamp) -> Result<bool, Error> {
    let result = query!(
        "UPDATE identity.session SET state = 'revoked', revoked_at = $2, updated_by = shared.transaction_name()
         WHERE id = $1 AND state <> 'revoked'",
        session,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Ends every living session of an account; returns which.
pub(crate) async fn revoke_all(tx: &mut Tx, account: AccountId, at: Timestamp) -> Result<Vec<Uuid>, Error> {
    Ok(query_scalar!(
        "UPDATE identity.session SET state = 'revoked', revoked_at = $2, updated_by = shared.transaction_name()
         WHERE account_id = $1 AND state <> 'revoked' AND expires_at > $2 RETURNING id",
        account.as_uuid(),
        at.to_sql(),
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Where a page of sessions starts: after this one, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct SessionCursor {
    /// When the last session of the page before began.
    pub(crate) created_at: Timestamp,
    /// Its id.
    pub(crate) id: Uuid,
}

/// Living sessions of an account, newest first.
pub(crate) async fn list(
    read: &ReadDatabase,
    account: AccountId,
    now: Timestamp,
    after: Option<SessionCursor>,
    limit: u32,
) -> Result<Vec<Session>, Error> {
    let rows = query!(
        "SELECT id, account_id, carrier, state, audiences, created_at, expires_at, stepped_up_at
         FROM identity.session
         WHERE account_id = $1 AND state <> 'revoked' AND expires_at > $2
           AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4))
         ORDER BY created_at DESC, id DESC LIMIT $5",
        account.as_uuid(),
        now.to_sql(),
        after.map(|cursor| cursor.created_at).to_sql() as _,
        after.map(|cursor| cursor.id),
        i64::from(limit),
    )
    .fetch_all(read.pool())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Session {
                id: row.id,
                account: AccountId::from_uuid(row.account_id),
                carrier: row.carrier,
                state: known(SessionState::from_code(&row.state), "session", "state", row.id)?,
                audiences: row.audiences,
                created_at: row.created_at.to_jiff(),
                expires_at: row.expires_at.to_jiff(),
                stepped_up_at: row.stepped_up_at.map(Timestamp::from),
            })
        })
        .collect()
}

/// Removes sessions that ended before `before`, with their tokens; at most `limit`, returns how many.
pub(crate) async fn purge(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, Error> {
    let result = query!(
        "DELETE FROM identity.session WHERE id IN
             (SELECT id FROM identity.session WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
        before.to_sql(),
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected())
}
