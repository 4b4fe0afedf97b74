//! Table `issuing.job`: one row for each document set on its way through steps 3 to 7, leased row by row.

use std::collections::HashSet;

use jiff::Timestamp;
use postgres::{Database, Error, ToSql as _, Tx, column};
use service_runtime::Scope;
use sqlx::{query, query_scalar};
use uuid::Uuid;

/// A set that this worker holds until its lease ends; the fence tells a late worker from the present one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leased {
    pub(crate) id: Uuid,
    pub(crate) version: Uuid,
    /// None for the original.
    pub(crate) copy: Option<Uuid>,
    /// 1 for the documents made first.
    pub(crate) generation: i16,
    /// The bulk that it is a row of.
    pub(crate) bulk: Option<Uuid>,
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
    pub(crate) generation: i16,
    pub(crate) bulk: Option<Uuid>,
    pub(crate) state: IssuanceState,
    pub(crate) reason: Option<String>,
    pub(crate) attempts: u32,
    pub(crate) updated_at: Timestamp,
}

/// Which sets a worker takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Single requests only: they wait for no bulk that is under way.
    Express,
    /// Single requests first, rows of bulks into what is left, and at least one of these.
    General,
}

/// Leases up to `most` open sets that are nobody's, the oldest first, and in the general lane at least one row of a bulk
/// that runs; times are the system clock's. `number` tells the lanes of a process apart: what one holds beyond its time, it
/// gets back itself or loses to another process, never to a lane beside it that is as busy.
pub(crate) async fn lease(
    database: &Database,
    (process, number): (&str, usize),
    (now, until): (Timestamp, Timestamp),
    (lane, most): (Lane, u16),
) -> Result<Vec<Leased>, Error> {
    database
        .run_tx("lease issuing jobs", async |tx: &mut Tx| {
            let rows = query!(
                "WITH single AS (
                     SELECT id FROM issuing.job
                     WHERE state IN ('waiting', 'intended') AND bulk IS NULL AND due_at <= $2
                       AND (expires_at IS NULL OR expires_at <= $2 AND (holder = $1 OR NOT starts_with(holder, $6)))
                     ORDER BY due_at, created_at LIMIT $4 FOR UPDATE SKIP LOCKED),
                 room AS (SELECT greatest($4 - count(*), 1) AS places FROM single),
                 bulk AS (
                     SELECT row.id FROM issuing.bulk AS running
                     CROSS JOIN LATERAL (
                         SELECT job.id, job.due_at FROM issuing.job AS job
                         WHERE job.state IN ('waiting', 'intended') AND job.bulk = running.id AND job.due_at <= $2
                           AND (job.expires_at IS NULL
                                OR job.expires_at <= $2 AND (job.holder = $1 OR NOT starts_with(job.holder, $6)))
                         ORDER BY job.due_at LIMIT (SELECT places FROM room) FOR UPDATE SKIP LOCKED) AS row
                     WHERE running.state = 'running' AND $5
                     ORDER BY row.due_at LIMIT (SELECT places FROM room))
                 UPDATE issuing.job AS job
                 SET holder = $1, fence = job.fence + 1, expires_at = $3, attempts = job.attempts + 1,
                     updated_by = shared.transaction_name()
                 WHERE job.id IN (SELECT id FROM single UNION ALL SELECT id FROM bulk)
                 RETURNING job.id, job.version, job.copy, job.generation, job.bulk, job.fence, job.attempts",
                format!("{process}/{number}"),
                now.to_sql(),
                until.to_sql(),
                i64::from(most),
                lane == Lane::General,
                process,
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
                        generation: row.generation,
                        bulk: row.bulk,
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

/// Marks that the intents of sets are stored; returns the jobs that the worker still holds.
pub(crate) async fn intended_all(
    tx: &mut Tx,
    leased: &[&Leased],
    at: Timestamp,
) -> Result<HashSet<Uuid>, Error> {
    let held = query_scalar!(
        "UPDATE issuing.job SET state = 'intended', updated_at = $3, updated_by = shared.transaction_name()
         FROM unnest($1::uuid[], $2::bigint[]) AS held (id, fence)
         WHERE job.id = held.id AND job.fence = held.fence AND job.state IN ('waiting', 'intended')
         RETURNING job.id",
        &column(leased, |one| one.id),
        &column(leased, |one| one.fence),
        at.to_sql(),
    );
    Ok(held.fetch_all(tx.conn()).await?.into_iter().collect())
}

/// Marks sets issued if the worker still holds them; returns the jobs that it held.
pub(crate) async fn finish_all(
    tx: &mut Tx,
    leased: &[&Leased],
    at: Timestamp,
) -> Result<HashSet<Uuid>, Error> {
    let held = query_scalar!(
        "UPDATE issuing.job SET state = 'issued', holder = NULL, expires_at = NULL, updated_at = $3,
             updated_by = shared.transaction_name()
         FROM unnest($1::uuid[], $2::bigint[]) AS held (id, fence)
         WHERE job.id = held.id AND job.fence = held.fence AND job.state = 'intended'
         RETURNING job.id",
        &column(leased, |one| one.id),
        &column(leased, |one| one.fence),
        at.to_sql(),
    );
    Ok(held.fetch_all(tx.conn()).await?.into_iter().collect())
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
    let rows = select(tx, (Some(id), None, None), Uuid::nil(), 1, scope).await?;
    Ok(rows.into_iter().next())
}

/// Sets in a state, of a bulk, or all, after an id, for whom the scope lets see them.
pub(crate) async fn list(
    tx: &mut Tx,
    (state, bulk): (Option<IssuanceState>, Option<Uuid>),
    after: Uuid,
    limit: i64,
    scope: &Scope,
) -> Result<Vec<IssuanceRow>, Error> {
    select(tx, (None, state, bulk), after, limit, scope).await
}

async fn select(
    tx: &mut Tx,
    (id, state, bulk): (Option<Uuid>, Option<IssuanceState>, Option<Uuid>),
    after: Uuid,
    limit: i64,
    scope: &Scope,
) -> Result<Vec<IssuanceRow>, Error> {
    let rows = scope.rows();
    let found = query!(
        "SELECT job.id, version.licence_identifier, job.copy, job.generation, job.bulk, job.state, job.reason, job.attempts,
             job.updated_at
         FROM issuing.job AS job JOIN issuing.certificate_version AS version ON version.id = job.version
         WHERE ($1::uuid IS NULL OR job.id = $1) AND ($2::text IS NULL OR job.state = $2) AND job.id > $3
           AND ($8::uuid IS NULL OR job.bulk = $8) AND ($5 OR $6 OR version.person = $7)
         ORDER BY job.id LIMIT $4",
        id,
        state.map(IssuanceState::name),
        after,
        limit,
        rows.all,
        rows.every_province,
        rows.person,
        bulk,
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
                generation: row.generation,
                bulk: row.bulk,
                reason: row.reason,
                updated_at: row.updated_at.to_jiff(),
            })
        })
        .collect()
}
