//! Table `issuing.job`: one row for each document set on its way through steps 3 to 7, leased row by row.

use jiff::Timestamp;
use postgres::{Database, Error, ToSql as _, Tx};
use service_runtime::Scope;
use sqlx::query;
use uuid::Uuid;

/// A set that this worker holds until its lease ends; the fence tells a late worker from the present one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leased {
    pub(crate) id: Uuid,
    pub(crate) version: Uuid,
    /// None for the original.
    pub(crate) copy: Option<Uuid>,
    pub(crate) fence: i64,
    /// Which attempt this is, from 0.
    pub(crate) attempts: u32,
}

/// Where a set stands, for officers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IssuanceState {
    /// Nothing to be signed is stored yet.
    Waiting,
    /// The intent is stored.
    Intended,
    /// Both documents are there.
    Issued,
    /// It goes no further by itself.
    Stopped,
}

impl IssuanceState {
    /// As queries name it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Intended => "intended",
            Self::Issued => "issued",
            Self::Stopped => "stopped",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Waiting, Self::Intended, Self::Issued, Self::Stopped]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

/// A set as officers see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IssuanceRow {
    pub(crate) id: Uuid,
    pub(crate) licence_identifier: String,
    pub(crate) copy: Option<Uuid>,
    pub(crate) state: IssuanceState,
    pub(crate) reason: Option<String>,
    pub(crate) attempts: u32,
    pub(crate) updated_at: Timestamp,
}

/// Leases up to `most` open sets that are nobody's, the oldest first; times are the system clock's.
pub(crate) async fn lease(
    database: &Database,
    holder: &str,
    now: Timestamp,
    until: Timestamp,
    most: u16,
) -> Result<Vec<Leased>, Error> {
    database
        .run_tx("lease issuing jobs", async |tx: &mut Tx| {
            let rows = query!(
                "UPDATE issuing.job AS job
                 SET holder = $1, fence = job.fence + 1, expires_at = $3, attempts = job.attempts + 1,
                     updated_by = shared.transaction_name()
                 WHERE job.id IN (
                     SELECT id FROM issuing.job
                     WHERE state IN ('waiting', 'intended') AND due_at <= $2
                       AND (expires_at IS NULL OR expires_at <= $2)
                     ORDER BY due_at, created_at LIMIT $4 FOR UPDATE SKIP LOCKED)
                 RETURNING job.id, job.version, job.copy, job.fence, job.attempts",
                holder,
                now.to_sql(),
                until.to_sql(),
                i64::from(most),
            )
            .fetch_all(tx.conn())
            .await?;
            rows.into_iter()
                .map(|row| {
                    let attempts = u32::try_from(row.attempts - 1);
                    Ok(Leased {
                        id: row.id,
                        version: row.version,
                        copy: row.copy,
                        fence: row.fence,
                        attempts: attempts
                            .map_err(|_| Error::inconsistent("issuing.job", "attempts", row.id))?,
                    })
                })
                .collect()
        })
        .await
}

/// Puts the set of a new copy in line. `now` is the system clock's, `at` the register's.
pub(crate) async fn insert_for_copy(
    tx: &mut Tx,
    version: Uuid,
    copy: Uuid,
    now: Timestamp,
    at: Timestamp,
) -> Result<(), Error> {
    query!(
        "INSERT INTO issuing.job (id, version, copy, state, due_at, created_at, updated_at)
         VALUES ($1, $2, $3, 'waiting', $4, $5, $5)",
        Uuid::new_v4(),
        version,
        copy,
        now.to_sql(),
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Marks that the intent of a set is stored.
pub(crate) async fn intended(tx: &mut Tx, leased: &Leased, at: Timestamp) -> Result<bool, Error> {
    let result = query!(
        "UPDATE issuing.job SET state = 'intended', updated_at = $3, updated_by = shared.transaction_name()
         WHERE id = $1 AND fence = $2 AND state IN ('waiting', 'intended')",
        leased.id,
        leased.fence,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Marks a set issued if the worker still holds it; false when another does.
pub(crate) async fn finish(tx: &mut Tx, leased: &Leased, at: Timestamp) -> Result<bool, Error> {
    let result = query!(
        "UPDATE issuing.job SET state = 'issued', holder = NULL, expires_at = NULL, updated_at = $3,
             updated_by = shared.transaction_name()
         WHERE id = $1 AND fence = $2 AND state = 'intended'",
        leased.id,
        leased.fence,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Puts a set whose intent is stored back to its beginning, due at once by the system clock's `now`, if the worker still
/// holds it.
pub(crate) async fn begin_anew(
    tx: &mut Tx,
    leased: &Leased,
    now: Timestamp,
    at: Timestamp,
) -> Result<bool, Error> {
    let result = query!(
        "UPDATE issuing.job SET state = 'waiting', holder = NULL, expires_at = NULL, due_at = $3, updated_at = $4,
             updated_by = shared.transaction_name()
         WHERE id = $1 AND fence = $2 AND state = 'intended'",
        leased.id,
        leased.fence,
        now.to_sql(),
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Stops a set for a reason, if the worker still holds it.
pub(crate) async fn stop(tx: &mut Tx, leased: &Leased, reason: &str, at: Timestamp) -> Result<bool, Error> {
    let result = query!(
        "UPDATE issuing.job SET state = 'stopped', reason = $3, holder = NULL, expires_at = NULL, updated_at = $4,
             updated_by = shared.transaction_name()
         WHERE id = $1 AND fence = $2 AND state IN ('waiting', 'intended')",
        leased.id,
        leased.fence,
        reason,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Gives a set back until `due_at`, if the worker still holds it.
pub(crate) async fn postpone(
    database: &Database,
    leased: &Leased,
    due_at: Timestamp,
    at: Timestamp,
) -> Result<(), Error> {
    database
        .run_tx("postpone issuing job", async |tx: &mut Tx| {
            query!(
                "UPDATE issuing.job SET holder = NULL, expires_at = NULL, due_at = $3, updated_at = $4,
                     updated_by = shared.transaction_name()
                 WHERE id = $1 AND fence = $2 AND state IN ('waiting', 'intended')",
                leased.id,
                leased.fence,
                due_at.to_sql(),
                at.to_sql(),
            )
            .execute(tx.conn())
            .await?;
            Ok(())
        })
        .await
}

/// One set, for whom the scope lets see it.
pub(crate) async fn find(tx: &mut Tx, id: Uuid, scope: &Scope) -> Result<Option<IssuanceRow>, Error> {
    let rows = select(tx, Some(id), None, Uuid::nil(), 1, scope).await?;
    Ok(rows.into_iter().next())
}

/// Sets in a state, or all, after an id, for whom the scope lets see them.
pub(crate) async fn list(
    tx: &mut Tx,
    state: Option<IssuanceState>,
    after: Uuid,
    limit: i64,
    scope: &Scope,
) -> Result<Vec<IssuanceRow>, Error> {
    select(tx, None, state, after, limit, scope).await
}

async fn select(
    tx: &mut Tx,
    id: Option<Uuid>,
    state: Option<IssuanceState>,
    after: Uuid,
    limit: i64,
    scope: &Scope,
) -> Result<Vec<IssuanceRow>, Error> {
    let rows = scope.rows();
    let found = query!(
        "SELECT job.id, version.licence_identifier, job.copy, job.state, job.reason, job.attempts, job.updated_at
         FROM issuing.job AS job JOIN issuing.certificate_version AS version ON version.id = job.version
         WHERE ($1::uuid IS NULL OR job.id = $1) AND ($2::text IS NULL OR job.state = $2) AND job.id > $3
           AND ($5 OR $6 OR version.person = $7)
         ORDER BY job.id LIMIT $4",
        id,
        state.map(IssuanceState::name),
        after,
        limit,
        rows.all,
        rows.every_province,
        rows.person,
    )
    .fetch_all(tx.conn())
    .await?;
    found
        .into_iter()
        .map(|row| {
            let fault = |column| Error::inconsistent("issuing.job", column, row.id);
            Ok(IssuanceRow {
                id: row.id,
                state: IssuanceState::from_name(&row.state).ok_or_else(|| fault("state"))?,
                attempts: u32::try_from(row.attempts).map_err(|_| fault("attempts"))?,
                licence_identifier: row.licence_identifier,
                copy: row.copy,
                reason: row.reason,
                updated_at: row.updated_at.to_jiff(),
            })
        })
        .collect()
}
