//! SQL of this service; rows become typed values here.

pub(crate) mod event;
pub(crate) mod journal;
pub(crate) mod key;
pub(crate) mod making;
pub(crate) mod proposal;
pub(crate) mod seal;

/// A row that does not fit what the code knows about it.
fn broken(table: &'static str, row: impl Into<String>, what: impl Into<String>) -> postgres::Error {
    postgres::Error::Inconsistent {
        table,
        column: what.into().into(),
        row: row.into(),
    }
}
