//! What can go wrong in the database, without a single value of a row.
//!
//! A driver's error is taken apart where it enters: kept are SQLSTATE, constraint, table and column names;
//! DETAIL, HINT, CONTEXT and messages that may quote a value are dropped, so nothing later can log them.

use std::borrow::Cow;

use sqlx::postgres::PgDatabaseError;

use crate::loss;

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
    /// The connection ended in the middle of something, as it does when the server is killed.
    #[error("{0}")]
    Lost(&'static str),
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

    /// Whether the connection ended before the server had answered: it went away, or takes nobody yet.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        match self {
            Self::Driver(Driver::Server { state, .. }) => {
                state.starts_with(CONNECTION_CLASS) || LOST_STATES.contains(&state.as_str())
            }
            Self::Driver(Driver::Io(_) | Driver::Lost(_)) => true,
            _ => false,
        }
    }

    /// Whether the database cannot be reached or used now, which is not the request's fault.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Contended { .. } => true,
            Self::Driver(Driver::Server { state, .. }) => {
                state == LOCK_NOT_AVAILABLE
                    || UNAVAILABLE_CLASSES.iter().any(|class| state.starts_with(class))
            }
            Self::Driver(Driver::PoolTimedOut | Driver::PoolClosed | Driver::Io(_) | Driver::Lost(_)) => true,
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

/// Every error of the driver comes through here, also of reads outside transactions: a loss is noted for the pools.
impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let error = from_driver(error);
        if error.is_lost() {
            loss::note();
        }
        error
    }
}

fn from_driver(error: sqlx::Error) -> Error {
    match error {
        sqlx::Error::Database(database) => match database.try_downcast::<PgDatabaseError>() {
            Ok(server) => from_server(&server),
            Err(_) => Error::Driver(Driver::Other("another driver's error")),
        },
        sqlx::Error::RowNotFound => Error::RowCount {
            statement: "fetch",
            expected: 1,
            actual: 0,
        },
        sqlx::Error::ColumnDecode { index, .. } => Error::inconsistent("query", index, "(fetched)"),
        sqlx::Error::Io(error) => Error::Driver(Driver::Io(error.kind())),
        sqlx::Error::PoolTimedOut => Error::Driver(Driver::PoolTimedOut),
        sqlx::Error::PoolClosed => Error::Driver(Driver::PoolClosed),
        sqlx::Error::Tls(_) => Error::Driver(Driver::Other("TLS with the server failed")),
        sqlx::Error::Protocol(_) => Error::Driver(Driver::Lost("the server broke the protocol")),
        sqlx::Error::Configuration(_) => Error::Driver(Driver::Other("connection settings not accepted")),
        sqlx::Error::Encode(_) => Error::Driver(Driver::Other("a parameter could not be encoded")),
        sqlx::Error::Decode(_) => Error::Driver(Driver::Other("a value could not be decoded")),
        sqlx::Error::WorkerCrashed => Error::Driver(Driver::Lost("a driver task ended")),
        sqlx::Error::BeginFailed => Error::Driver(Driver::Lost("the transaction did not begin")),
        _ => Error::Driver(Driver::Other("the driver failed")),
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
const CONNECTION_CLASS: &str = "08";
/// Ended by the administrator, by the crash of another process of the server, or refused while it starts or stops.
const LOST_STATES: [&str; 3] = ["57P01", "57P02", "57P03"];
const LOCK_NOT_AVAILABLE: &str = "55P03";
/// Connection exception, insufficient resources, operator intervention, failure of the system below.
const UNAVAILABLE_CLASSES: [&str; 4] = ["08", "53", "57", "58"];
/// Access rule or syntax (quotes names and the statement's own text, and we bind every value), resources,
/// operator intervention, invalid catalog, transaction state.
const QUOTING_CLASSES: [&str; 8] = ["42", "08", "25", "28", "3D", "53", "55", "57"];

#[cfg(test)]
mod tests {
    use super::*;

    fn server(state: &str) -> Error {
        Error::Driver(Driver::Server {
            state: state.to_owned(),
            message: None,
        })
    }

    #[test]
    fn a_server_that_dies_is_full_or_busy_is_no_fault_of_the_request() {
        for lost in [
            sqlx::Error::WorkerCrashed,
            sqlx::Error::BeginFailed,
            sqlx::Error::Protocol("half a message".to_owned()),
            sqlx::Error::Io(std::io::ErrorKind::UnexpectedEof.into()),
        ] {
            let error = Error::from(lost);
            assert!(error.is_unavailable() && error.is_lost(), "{error:?}");
        }
        for state in ["57P01", "57P03", "08006"] {
            assert!(server(state).is_lost(), "{state}");
        }
        for state in ["57014", "53100", "40001", "55P03"] {
            assert!(!server(state).is_lost(), "{state}");
        }
        for state in ["57P02", "53100", "58030", "55P03", "08006"] {
            assert!(server(state).is_unavailable(), "{state}");
        }
        for state in ["22P02", "42601", "25P02", "XX001"] {
            assert!(!server(state).is_unavailable(), "{state}");
        }
    }
}
