//! The tables of this service, one file each. sqlx stays here; rows are checked as they come in.
//!
//! Functions take the transaction or the read pool they run on. Rows of a person's data are found only through a
//! [`Scope`](service_runtime::Scope) of the caller, or through a credential that the command checks itself
//! (a document's blind index, a session's or token's secret).

pub(crate) mod access_log;
pub(crate) mod account;
pub(crate) mod attempt;
pub(crate) mod bulk;
pub(crate) mod client;
pub(crate) mod employer;
pub(crate) mod employer_fact;
pub(crate) mod grant;
pub(crate) mod invitation;
pub(crate) mod member;
pub(crate) mod person;
pub(crate) mod real_name;
pub(crate) mod refresh_token;
pub(crate) mod revocation;
pub(crate) mod second_factor;
pub(crate) mod session;

use postgres::Error;

/// Schema `identity`.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();

/// A code of ours in a column; anything else is a broken row.
fn known<T>(
    value: Option<T>,
    table: &'static str,
    column: &'static str,
    row: impl std::fmt::Display,
) -> Result<T, Error> {
    value.ok_or_else(|| Error::inconsistent(table, column, row))
}
