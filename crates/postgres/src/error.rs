//! What can go wrong in the database, without a single value of a row.
//!
//! A driver's error is taken apart where it enters: kept are SQLSTATE, constraint, table and column names;
//! DETAIL, HINT, CONTEXT and messages that may quote a value are dropped, so nothing later can log them.

use std::borrow::Cow;

use sqlx::postgres::PgDatabaseError;

/// A failure of the database layer. Neither Display nor Debug ever holds a value from a row or a parameter.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server refused a statement or could not be reached.
    #[error("database: {0}")]
    Driver(Driver),
    /// A constraint of the schema refused a row. Callers map the name to a reason.
    #[error("constraint {name} on {table} violated")]
    Constraint {
        /// Name of the constraint as the migration gave it.
        name: String,
        /// Table that holds it.
        table: String,
        /// Which kind of rule it is.
        kind: ConstraintKind,
    },
    /// A row does not fit what the code knows about it. The row is named by its key, never by its contents.
    #[error("{table}.{column} of row {row} is inconsistent")]
    Inconsistent {
        /// Table of the row.
        table: &'static str,
        /// Column that does not fit.
        column: Cow<'static, str>,
        /// Key of the row (an id of ours, nothing personal).
        row: String,
    },
    /// A statement touched another number of rows than it must.
    #[error("{statement}: expected {expected} rows, touched {actual}")]
    RowCount {
        /// What the statement does.
        statement: &'static str,
        /// Rows it must touch.
        expected: u64,
        /// Rows it touched.
        actual: u64,
    },
    /// Two transactions stayed in each other's way through every attempt; the caller may try again later.
    #[error("transaction {transaction} gave way {attempts} times")]
    Contended {
        /// Name of the transaction.
        transaction: &'static str,
        /// How often it was tried.
        attempts: u32,
    },
    /// The request id was used before by another caller, for another method, or with another body.
    #[error("request id was used for another request")]
    RequestIdReused,
    /// The lease was lost: another holder has a higher fence.
    #[error("lease {name} is no longer held")]
    LeaseLost {
        /// Name of the lease.
        name: String,
    },
    /// The database's schema is not the one this program was built for.
    #[error("schema ledger {ledger}: {fault}")]
    Schema {
        /// Table of applied migrations.
        ledger: String,
        /// What differs.
        fault: String,
    },
    /// The connection settings are wrong; each fault names its key.
    #[error("database settings: {}", .0.join("; "))]
    Settings(Vec<String>),
}

/// The server's or the connection's failure.
#[derive(Debug, thiserror::Error)]
pub enum Driver {
    /// The server answered with an error that is no constraint violation.
    #[error("SQLSTATE {state}{}", .message.as_deref().map(|text| format!(" ({text})")).unwrap_or_default())]
    Server {
        /// The five characters of the standard.
        state: String,
        /// The server's words, only for classes that quote nothing but the statement's own text.
        message: Option<String>,
    },
    /// No connection came free in time.
    #[error("no connection came free in time")]
    PoolTimedOut,
    /// The pool was closed.
    #[error("the pool is closed")]
    PoolClosed,
    /// The transport failed.
    #[error("transport: {0}")]
    Io(std::io::ErrorKind),
    /// Anything else, by the name of what failed.
    #[error("{0}")]
    Other(&'static str),
}

/// Kinds of constraints that PostgreSQL reports by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConstraintKind {
    /// Primary key or unique index.
    Unique,
    /// Reference to another row.
    ForeignKey,
    /// CHECK.
    Check,
    /// EXCLUDE.
    Exclusion,
    /// NOT NULL (the name is the column's).
    NotNull,
}

/// An error type that a transaction's closure may return.
///
/// `run_tx` asks it for the database's part to decide on a retry, and turns its own failures into it.
pub trait TransactionError: From<Error> + Send {
    /// The database's failure inside, if that is what this is.
    fn database(&self) -> Option<&Error>;
}

impl TransactionError for Error {
    fn database(&self) -> Option<&Error> {
        Some(self)
    }
}

impl Error {
    /// Name of the violated constraint, for `match error.constraint() { Some("…") => …`.
    #[must_use]
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Constraint { name, .. } => Some(name),
            _ => None,
        }
    }

    /// Whether the same transaction run again may succeed: serialization failure or deadlock.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Driver(Driver::Server { state, .. })
            if state == SERIALIZATION_FAILURE || state == DEADLOCK_DETECTED)
    }

    /// Whether the database cannot be reached or used now, which is not the request's fault.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Contended { .. } => true,
            Self::Driver(Driver::Server { state, .. }) => {
                UNAVAILABLE_CLASSES.iter().any(|class| state.starts_with(class))
            }
            Self::Driver(Driver::PoolTimedOut | Driver::PoolClosed | Driver::Io(_)) => true,
            _ => false,
        }
    }

    /// A row that does not fit, to be named by table, column and key.
    #[must_use]
    pub fn inconsistent(
        table: &'static str,
        column: impl Into<Cow<'static, str>>,
        row: impl std::fmt::Display,
    ) -> Self {
        Self::Inconsistent {
            table,
            column: column.into(),
            row: row.to_string(),
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(database) => match database.try_downcast::<PgDatabaseError>() {
                Ok(server) => from_server(&server),
                Err(_) => Self::Driver(Driver::Other("another driver's error")),
            },
            sqlx::Error::RowNotFound => Self::RowCount {
                statement: "fetch",
                expected: 1,
                actual: 0,
            },
            sqlx::Error::ColumnDecode { index, .. } => Self::inconsistent("query", index, "(fetched)"),
            sqlx::Error::Io(error) => Self::Driver(Driver::Io(error.kind())),
            sqlx::Error::PoolTimedOut => Self::Driver(Driver::PoolTimedOut),
            sqlx::Error::PoolClosed => Self::Driver(Driver::PoolClosed),
            sqlx::Error::Tls(_) => Self::Driver(Driver::Other("TLS with the server failed")),
            sqlx::Error::Protocol(_) => Self::Driver(Driver::Other("the server broke the protocol")),
            sqlx::Error::Configuration(_) => Self::Driver(Driver::Other("connection settings not accepted")),
            sqlx::Error::Encode(_) => Self::Driver(Driver::Other("a parameter could not be encoded")),
            sqlx::Error::Decode(_) => Self::Driver(Driver::Other("a value could not be decoded")),
            sqlx::Error::WorkerCrashed => Self::Driver(Driver::Other("a driver task ended")),
            sqlx::Error::BeginFailed => Self::Driver(Driver::Other("the transaction did not begin")),
            _ => Self::Driver(Driver::Other("the driver failed")),
        }
    }
}

fn from_server(error: &PgDatabaseError) -> Error {
    let state = error.code();
    let kind = match state {
        "23505" => Some(ConstraintKind::Unique),
        "23503" => Some(ConstraintKind::ForeignKey),
        "23514" => Some(ConstraintKind::Check),
        "23P01" => Some(ConstraintKind::Exclusion),
        "23502" => Some(ConstraintKind::NotNull),
        _ => None,
    };
    if let Some(kind) = kind {
        let name = error
            .constraint()
            .or_else(|| error.column())
            .unwrap_or("(unnamed)")
            .to_owned();
        return Error::Constraint {
            name,
            table: error.table().unwrap_or("(unknown)").to_owned(),
            kind,
        };
    }
    let quotes_only_the_statement = QUOTING_CLASSES.iter().any(|class| state.starts_with(class));
    let message = quotes_only_the_statement.then(|| error.message().to_owned());
    Error::Driver(Driver::Server {
        state: state.to_owned(),
        message,
    })
}

/// Fails unless exactly `expected` rows were touched.
///
/// # Errors
/// [`Error::RowCount`] with both numbers.
pub fn ensure_affected(
    statement: &'static str,
    expected: u64,
    result: &sqlx::postgres::PgQueryResult,
) -> Result<(), Error> {
    let actual = result.rows_affected();
    if actual == expected {
        Ok(())
    } else {
        Err(Error::RowCount {
            statement,
            expected,
            actual,
        })
    }
}

const SERIALIZATION_FAILURE: &str = "40001";
const DEADLOCK_DETECTED: &str = "40P01";
/// Connection exception, insufficient resources, operator intervention.
const UNAVAILABLE_CLASSES: [&str; 3] = ["08", "53", "57"];
/// Access rule or syntax (quotes names and the statement's own text, and we bind every value), resources,
/// operator intervention, invalid catalog, transaction state.
const QUOTING_CLASSES: [&str; 8] = ["42", "08", "25", "28", "3D", "53", "55", "57"];
