//! Idempotent writes: the same request gets the same answer and has no second effect.

use jiff::Timestamp;
use sqlx::query;
use uuid::Uuid;

use crate::error::TransactionError;
use crate::hash::{Hash, sha256};
use crate::types::ToSql;
use crate::work::{Boxed, WorkOnce};
use crate::{Error, Tx, ensure_affected};

/// A write as its caller sent it.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Authenticated identity of the caller (SPIFFE id or account name of ours).
    pub caller: &'a str,
    /// Full name of the method, `package.Service/Method`.
    pub method: &'a str,
    /// The caller's `request_id`.
    pub id: Uuid,
    /// SHA-256 of the encoded request.
    pub body_sha256: Hash,
    /// Register time of the call.
    pub at: Timestamp,
}

/// What the store knows about a request.
#[derive(Debug)]
#[must_use]
pub enum Begun {
    /// Not seen before. Carry it out in this transaction, then pass the claim to [`Tx::finish_request`].
    First(Claim),
    /// Carried out before: give this answer again.
    Replay(Stored),
}

/// The right to carry a request out, bound to the transaction that took it.
#[derive(Debug)]
#[must_use = "finish the request, or its answer cannot be given again"]
pub struct Claim {
    id: Uuid,
}

/// The answer of a request that was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    /// Encoded answer, free of secrets.
    Response(Vec<u8>),
    /// The answer held a secret; a repetition learns only that the request was carried out.
    Never,
}

/// The outcome of [`replay_or_run`].
#[derive(Debug, PartialEq, Eq)]
pub enum Answer<T> {
    /// Carried out now.
    Ran(T),
    /// Carried out before.
    Replayed(Stored),
}

impl<'a> Request<'a> {
    /// A request whose body is hashed here.
    #[must_use]
    pub fn new(caller: &'a str, method: &'a str, id: Uuid, body: &[u8], at: Timestamp) -> Self {
        Self {
            caller,
            method,
            id,
            body_sha256: sha256(body),
            at,
        }
    }
}

impl Tx {
    /// Claims a request id or finds its answer. A second caller with the same id waits until the first
    /// transaction ended. If this transaction rolls back, the id is free again.
    ///
    /// # Errors
    /// [`Error::RequestIdReused`] if the id belongs to another caller, method or body.
    pub async fn begin_request(&mut self, request: &Request<'_>) -> Result<Begun, Error> {
        let claimed = query!(
            "INSERT INTO shared.request (request_id, caller, method, body_sha256, created_at)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (request_id) DO NOTHING",
            request.id,
            request.caller,
            request.method,
            &request.body_sha256[..],
            request.at.to_sql(),
        )
        .execute(self.conn())
        .await?;
        if claimed.rows_affected() == 1 {
            return Ok(Begun::First(Claim { id: request.id }));
        }
        let known = query!(
            "SELECT caller, method, body_sha256, response FROM shared.request WHERE request_id = $1",
            request.id,
        )
        .fetch_one(self.conn())
        .await?;
        let same = known.caller == request.caller
            && known.method == request.method
            && known.body_sha256 == request.body_sha256;
        if !same {
            return Err(Error::RequestIdReused);
        }
        Ok(Begun::Replay(
            known.response.map_or(Stored::Never, Stored::Response),
        ))
    }

    /// Keeps the answer with the claim. Without it a repetition learns only that the request was carried out.
    ///
    /// # Errors
    /// The database's.
    pub async fn finish_request(&mut self, claim: Claim, stored: &Stored) -> Result<(), Error> {
        let Stored::Response(response) = stored else {
            return Ok(());
        };
        let result = query!(
            "UPDATE shared.request SET response = $2, updated_by = shared.transaction_name() WHERE request_id = $1",
            claim.id,
            response,
        )
        .execute(self.conn())
        .await?;
        ensure_affected("store the answer of a request", 1, &result)
    }
}

/// Replays the stored answer or runs `work` and keeps what it says may be kept, all in this transaction.
///
/// # Errors
/// [`Error::RequestIdReused`], or what `work` returns.
pub fn replay_or_run<'a, T, E, F>(
    tx: &'a mut Tx,
    request: &'a Request<'a>,
    work: F,
) -> Boxed<'a, Answer<T>, E>
where
    T: Send + 'a,
    E: TransactionError + 'a,
    F: AsyncFnOnce(&mut Tx) -> Result<(T, Stored), E> + for<'t> WorkOnce<&'t mut Tx, (T, Stored), E> + 'a,
{
    Box::pin(async move {
        match tx.begin_request(request).await? {
            Begun::Replay(stored) => Ok(Answer::Replayed(stored)),
            Begun::First(claim) => {
                let (value, stored) = work.start(tx).await?;
                tx.finish_request(claim, &stored).await?;
                Ok(Answer::Ran(value))
            }
        }
    })
}

/// Removes requests older than `before` (nobody retries after days); returns how many, at most `limit`.
///
/// # Errors
/// The database's.
pub async fn purge(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, Error> {
    let result = query!(
        "DELETE FROM shared.request WHERE request_id IN
             (SELECT request_id FROM shared.request WHERE created_at < $1 ORDER BY created_at LIMIT $2)",
        before.to_sql(),
        limit,
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected())
}
