//! Reads, one a file, named like its RPC.

pub(crate) mod find_person;
pub(crate) mod get_account;
pub(crate) mod get_employer;
pub(crate) mod get_person;
pub(crate) mod get_persons;
pub(crate) mod list_employer_facts;
pub(crate) mod list_grants;
pub(crate) mod list_members;
pub(crate) mod list_sessions;
pub(crate) mod look_up_employer;
pub(crate) mod resolve_employers;
pub(crate) mod watch_revocations;

use crate::error::Error;

/// A page and where the next one starts.
pub(crate) struct Page<T> {
    /// What is on it.
    pub(crate) items: Vec<T>,
    /// Token of the next page; empty on the last.
    pub(crate) next: String,
}

/// Cuts one row too many off and makes the token of the next page from the last one kept.
fn page<T, C: serde::Serialize>(
    mut items: Vec<T>,
    size: u32,
    query: &impl serde::Serialize,
    cursor: impl FnOnce(&T) -> C,
) -> Result<Page<T>, Error> {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let more = items.len() > size;
    items.truncate(size);
    let next = match items.last().filter(|_| more) {
        Some(last) => service_runtime::page::token(query, &cursor(last))?,
        None => String::new(),
    };
    Ok(Page { items, next })
}

/// Usual and largest size of a page.
const PAGE: (u32, u32) = (50, 500);
