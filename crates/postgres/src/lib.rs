//! The only shared crate that knows sqlx: pools, named transactions, and what every service's database has in
//! schema `shared` — idempotent requests, audit, outbox, inbox, notifications and leases — and the private PostgreSQL cluster.
//!
//! A service connects as `<service>_app` ([`Database::connect`]), changes state only inside
//! [`Database::run_tx`], and reads through [`ReadDatabase`]. Migrations run as `<service>_owner`
//! ([`migrate()`]). How a crate gets compile-time checked queries is told in this crate's `README.md`.
//!
//! Nothing here reads a clock, an environment variable or a home directory, and no error holds a value of a row.

mod database;
mod error;
mod loss;
mod migrate;
mod settings;
pub mod types;
pub mod work;

#[cfg(feature = "store")]
pub mod audit;
#[cfg(feature = "store")]
pub mod copy;
#[cfg(feature = "store")]
pub mod hash;
#[cfg(feature = "store")]
pub mod inbox;
#[cfg(feature = "store")]
pub mod lease;
#[cfg(feature = "store")]
pub mod notification;
#[cfg(feature = "store")]
pub mod outbox;
#[cfg(feature = "store")]
pub mod requests;

pub mod cluster;
#[cfg(feature = "test-support")]
pub mod test_support;

pub use database::{Database, MAX_ATTEMPTS, ReadDatabase, Tx};
pub use error::{ConstraintKind, Driver, Error, TransactionError, ensure_affected};
pub use migrate::{SHARED, ensure_migrated, migrate};
pub use settings::Settings;
pub use sqlx;
pub use types::{SqlDate, SqlTimestamp, ToSql, column};
