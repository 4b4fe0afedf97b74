//! Pools and named transactions.

use std::hash::{BuildHasher, RandomState};
use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Postgres, SqlSafeStr, Transaction};
use tracing::{Instrument, debug, info_span};

use crate::error::{Driver, TransactionError};
use crate::work::{Boxed, Work};
use crate::{Error, Settings, loss};

/// The database of a service, as the role that runs it. Cheap to clone; clones share the pool.
///
/// Every change goes through [`Database::run_tx`]. Reads take a [`ReadDatabase`].
#[derive(Debug, Clone)]
pub struct Database {
    pool: PgPool,
}

/// A pool whose sessions cannot write, for queries. May point at a replica.
#[derive(Debug, Clone)]
pub struct ReadDatabase {
    pool: PgPool,
}

/// A running transaction. Pass `tx.conn()` to the query macros.
///
/// The closure of a transaction gets only this: no RPC, rendering or sealing happens while it is open.
/// Dropping it rolls back.
#[derive(Debug)]
pub struct Tx {
    inner: Transaction<'static, Postgres>,
    name: &'static str,
}

impl Database {
    /// Opens the pool and one connection, so that wrong settings show at once.
    ///
    /// # Errors
    /// [`Error::Settings`] for faults of the settings, [`Error::Driver`] if the server refuses or is not there.
    pub async fn connect(settings: &Settings, application: &str) -> Result<Self, Error> {
        let options = settings.options(application)?;
        let pool = pool_options(settings).connect_with(options).await?;
        Ok(Self { pool })
    }

    /// Runs a READ COMMITTED transaction: lock the aggregate's root first, then decide.
    ///
    /// The closure runs again from the start after a serialization failure, a deadlock, or the loss of the connection before
    /// COMMIT was sent, at most [`MAX_ATTEMPTS`] times in all, so it must have no effect outside `tx`. `name` (lower-case words) is
    /// the span's and metric's name and, through `shared.transaction_name()`, the row's `updated_by`.
    ///
    /// # Errors
    /// What the closure returns (then nothing was stored), or the database's failure, or
    /// [`Error::Contended`] when every attempt gave way. After a failed commit over a lost connection the
    /// outcome is unknown: repeat with the same request id.
    pub fn run_tx<'a, T, E, F>(&'a self, name: &'static str, work: F) -> Boxed<'a, T, E>
    where
        T: Send + 'a,
        E: TransactionError + 'a,
        F: AsyncFn(&mut Tx) -> Result<T, E> + for<'t> Work<&'t mut Tx, T, E> + 'a,
    {
        Box::pin(run(&self.pool, name, "READ COMMITTED, READ WRITE", work))
    }

    /// Like [`Database::run_tx`] under SERIALIZABLE, for rules across aggregates that no constraint holds.
    ///
    /// # Errors
    /// As [`Database::run_tx`]; expect [`Error::Contended`] more often.
    pub fn run_serializable_tx<'a, T, E, F>(&'a self, name: &'static str, work: F) -> Boxed<'a, T, E>
    where
        T: Send + 'a,
        E: TransactionError + 'a,
        F: AsyncFn(&mut Tx) -> Result<T, E> + for<'t> Work<&'t mut Tx, T, E> + 'a,
    {
        Box::pin(run(&self.pool, name, "SERIALIZABLE, READ WRITE", work))
    }

    /// Fails unless the server answers; for health checks.
    ///
    /// # Errors
    /// [`Error::Driver`].
    pub async fn ping(&self) -> Result<(), Error> {
        ping(&self.pool).await
    }

    /// Connections open and idle now, for gauges.
    #[must_use]
    pub fn connections(&self) -> (u32, usize) {
        (self.pool.size(), self.pool.num_idle())
    }

    /// Waits for running transactions and closes every connection.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

impl ReadDatabase {
    /// Opens the pool; every session has `default_transaction_read_only = on`.
    ///
    /// # Errors
    /// As [`Database::connect`].
    pub async fn connect(settings: &Settings, application: &str) -> Result<Self, Error> {
        let options = settings
            .options(application)?
            .options([("default_transaction_read_only", "on")]);
        let pool = pool_options(settings).connect_with(options).await?;
        Ok(Self { pool })
    }

    /// The pool, as executor of a single query.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Runs several reads on one snapshot.
    ///
    /// # Errors
    /// What the closure returns, or the database's failure.
    pub fn snapshot<'a, T, E, F>(&'a self, name: &'static str, work: F) -> Boxed<'a, T, E>
    where
        T: Send + 'a,
        E: TransactionError + 'a,
        F: AsyncFn(&mut Tx) -> Result<T, E> + for<'t> Work<&'t mut Tx, T, E> + 'a,
    {
        Box::pin(run(&self.pool, name, "REPEATABLE READ, READ ONLY", work))
    }

    /// Fails unless the server answers; for health checks.
    ///
    /// # Errors
    /// [`Error::Driver`].
    pub async fn ping(&self) -> Result<(), Error> {
        ping(&self.pool).await
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

impl Tx {
    /// The connection, as the query macros take it.
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.inner
    }

    /// Name of this transaction.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }
}

impl Deref for Tx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.inner
    }
}

async fn run<T, E>(
    pool: &PgPool,
    name: &'static str,
    mode: &'static str,
    work: impl for<'t> Work<&'t mut Tx, T, E>,
) -> Result<T, E>
where
    E: TransactionError,
{
    let started = Instant::now();
    let mut attempt = 1;
    let result = loop {
        let span = info_span!("transaction", otel.name = name, name, attempt);
        let result = attempt_once(pool, name, mode, &work).instrument(span).await;
        let again = match result {
            Ok(value) => break Ok(value),
            Err(Failed {
                error,
                again: Again::Never,
            }) => break Err(error),
            Err(Failed { error, again }) => (error, again),
        };
        if attempt == MAX_ATTEMPTS {
            break Err(match again {
                (error, Again::Lost) => error,
                _ => E::from(Error::Contended {
                    transaction: name,
                    attempts: attempt,
                }),
            });
        }
        tokio::time::sleep(backoff(attempt)).await;
        attempt += 1;
    };
    report(name, attempt, started.elapsed(), &result);
    result
}

async fn attempt_once<T, E>(
    pool: &PgPool,
    name: &'static str,
    mode: &'static str,
    work: &impl for<'t> Work<&'t mut Tx, T, E>,
) -> Result<T, Failed<E>>
where
    E: TransactionError,
{
    let inner = begin(pool, begin_statement(name, mode)).await;
    let mut tx = Tx {
        inner: inner.map_err(|error| Failed::before_commit(E::from(error)))?,
        name,
    };
    match work.start(&mut tx).await {
        Ok(value) => commit(tx).await.map(|()| value),
        Err(error) => {
            // Frees the locks now; if even this fails the connection is lost and the server rolls back itself.
            let _ = tx.inner.rollback().await;
            Err(Failed::before_commit(error))
        }
    }
}

/// A failed attempt, and whether there may be another.
struct Failed<E> {
    error: E,
    again: Again,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    /// It gave way to another transaction.
    GaveWay,
    /// Its connection was lost with nothing stored.
    Lost,
    /// The failure is its own, or nobody knows whether it was stored.
    Never,
}

impl<E: TransactionError> Failed<E> {
    fn before_commit(error: E) -> Self {
        let again = match error.database() {
            Some(failure) if failure.is_transient() => Again::GaveWay,
            Some(failure) if failure.is_lost() => Again::Lost,
            _ => Again::Never,
        };
        Self { error, again }
    }

    /// What a lost connection leaves of a COMMIT is unknown.
    fn in_commit(error: E) -> Self {
        let failed = Self::before_commit(error);
        match failed.again {
            Again::Lost => Self {
                again: Again::Never,
                ..failed
            },
            _ => failed,
        }
    }
}

/// Begins in a task of its own, which goes on when the caller goes away. If BEGIN itself were dropped on its way, the driver
/// would give the connection back to the pool without knowing of the transaction that the server has opened (sqlx 0.9,
/// `PgTransactionManager::begin`): whoever read by that connection next, outside a transaction, would read one past for ever.
#[expect(
    clippy::disallowed_methods,
    reason = "it ends with its BEGIN, which the pool's own limit bounds"
)]
async fn begin(pool: &PgPool, statement: String) -> Result<Transaction<'static, Postgres>, Error> {
    let (pool, statement) = (pool.clone(), AssertSqlSafe(statement).into_sql_str());
    let beginning = async move { pool.begin_with(statement).await };
    match tokio::spawn(beginning.in_current_span()).await {
        Ok(begun) => Ok(begun?),
        Err(_ended) => Err(Error::Driver(Driver::Lost(
            "the task that began a transaction ended",
        ))),
    }
}

/// COMMIT after a failed statement is a silent ROLLBACK to PostgreSQL. The statement before it fails in such
/// a transaction, so a closure that swallowed an error cannot be told that its work was stored. It also
/// brings deferred constraints forward, where their names are still reported.
async fn commit<E: TransactionError>(mut tx: Tx) -> Result<(), Failed<E>> {
    let ready = sqlx::raw_sql("SET CONSTRAINTS ALL IMMEDIATE")
        .execute(tx.conn())
        .await;
    ready.map_err(|error| Failed::before_commit(E::from(error.into())))?;
    let committed = tx.inner.commit().await;
    committed.map_err(|error| Failed::in_commit(E::from(error.into())))
}

/// One round trip: the name is set inside the transaction and ends with it.
fn begin_statement(name: &'static str, mode: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b" _-.".contains(&byte);
    assert!(
        !name.is_empty() && name.bytes().all(plain),
        "transaction names are lower-case words: {name:?}"
    );
    format!("BEGIN ISOLATION LEVEL {mode}; SET LOCAL jianzheng.transaction = '{name}'")
}

/// Doubles with each attempt, and differs between processes that collided.
fn backoff(attempt: u32) -> Duration {
    let ceiling = 4_u64 << attempt.min(6);
    Duration::from_millis(1 + RandomState::new().hash_one(attempt) % ceiling)
}

/// The fields follow tracing-opentelemetry's metric layer, which turns them into a histogram and a counter.
fn report<T, E: TransactionError>(
    name: &'static str,
    attempts: u32,
    elapsed: Duration,
    result: &Result<T, E>,
) {
    let outcome = match result {
        Ok(_) => "committed",
        Err(error) if error.database().is_some() => "failed",
        Err(_) => "refused",
    };
    debug!(
        target: "postgres::transaction",
        name,
        outcome,
        histogram.database_transaction_seconds = elapsed.as_secs_f64(),
        monotonic_counter.database_transaction_attempts = u64::from(attempts),
    );
}

async fn ping(pool: &PgPool) -> Result<(), Error> {
    let mut connection = pool.acquire().await?;
    connection.ping().await?;
    Ok(())
}

pub(crate) fn pool_options(settings: &Settings) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(settings.max_connections)
        .acquire_timeout(Duration::from_millis(u64::from(settings.wait_timeout_ms)))
        .max_lifetime(MAX_LIFETIME)
        .idle_timeout(IDLE_TIMEOUT)
        // A ping before every use costs half the throughput; a long-idle connection gets one, and each that another's loss may
        // concern. One that does not answer is replaced.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > PING_AFTER_IDLE || loss::may_concern(meta.idle_for) {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}

/// One connection outside any pool, for migrations and administration.
pub(crate) async fn connect_once(options: &PgConnectOptions) -> Result<PgConnection, Error> {
    Ok(PgConnection::connect_with(options).await?)
}

/// How often a transaction that gave way is tried in all.
pub const MAX_ATTEMPTS: u32 = 6;
const PING_AFTER_IDLE: Duration = Duration::from_secs(60);
const MAX_LIFETIME: Duration = Duration::from_secs(30 * 60);
const IDLE_TIMEOUT: Duration = Duration::from_secs(5 * 60);
