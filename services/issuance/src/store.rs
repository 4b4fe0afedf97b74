//! SQL, a file per table. Rows are hostile input: private row types, and an error with table and key where one does not
//! fit.

pub(crate) mod exchange;
pub(crate) mod issuing;
pub(crate) mod log;
pub(crate) mod register;
pub(crate) mod restoration;

use domain::province::Province;
use postgres::Error;

/// A province as a row holds it.
fn province(code: &str, table: &'static str, row: impl std::fmt::Display) -> Result<Province, Error> {
    Province::from_code(code).ok_or_else(|| Error::inconsistent(table, "province", row))
}

/// A number that PostgreSQL keeps signed and that is never negative.
fn natural(number: i64, table: &'static str, column: &'static str) -> Result<u64, Error> {
    u64::try_from(number).map_err(|_| Error::inconsistent(table, column, number))
}

/// A number as PostgreSQL keeps it; one that does not fit is beyond everything stored.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The index of a row that `WITH ORDINALITY` numbered from 1.
fn nth(place: i64) -> Option<usize> {
    usize::try_from(place).ok()?.checked_sub(1)
}
