//! The standing consents of the caller, and what was done by each, the newest first.

use jiff::Timestamp;
use postgres::Tx;
use serde::{Deserialize, Serialize};
use service_runtime::error::NOT_FOUND;
use service_runtime::{Scope, page};
use uuid::Uuid;

use crate::error::Error;
use crate::issuing::Issuing;
use crate::store::issuing::LATEST;
use crate::store::issuing::consent::{self, ConsentRow, UseRow};

pub(super) const PAGE: (u32, u32) = (20, 100);

/// Where a page starts: after this row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct After {
    pub(super) at: Timestamp,
    pub(super) id: Uuid,
}

/// One page of rows, and the token of the next.
pub(crate) struct Page<T> {
    pub(crate) rows: Vec<T>,
    pub(crate) next: String,
}

/// Cuts what was read with one row too many, and names where the next page starts.
pub(super) fn cut<T>(
    mut rows: Vec<T>,
    size: u32,
    query: &impl Serialize,
    after: impl Fn(&T) -> After,
) -> Result<Page<T>, Error> {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    rows.truncate(size);
    let next = match rows.last().filter(|_| more) {
        Some(last) => page::token(query, &after(last))?,
        None => String::new(),
    };
    Ok(Page { rows, next })
}

/// Where a page starts, and how long it is.
pub(super) fn start(
    query: &impl Serialize,
    page_size: i32,
    page_token: &str,
) -> Result<(u32, (Timestamp, Uuid)), Error> {
    let size = page::size(page_size, PAGE.0, PAGE.1)?;
    let after: Option<After> = page::cursor(query, page_token)?;
    Ok((
        size,
        after.map_or((LATEST, Uuid::max()), |after| (after.at, after.id)),
    ))
}

/// Lists consents.
pub(crate) async fn list_standing_consents(
    issuing: &Issuing,
    scope: &Scope,
    (page_size, page_token): (i32, &str),
) -> Result<Page<ConsentRow>, Error> {
    let query = ("consents", scope.require_person()?);
    let (size, before) = start(&query, page_size, page_token)?;
    let limit = i64::from(size) + 1;
    let read = async |tx: &mut Tx| consent::list(tx, scope, before, limit).await;
    let rows = issuing.read.snapshot("list standing consents", read).await?;
    cut(rows, size, &query, |row: &ConsentRow| After {
        at: row.granted_at,
        id: row.id,
    })
}

/// Lists the uses of one.
pub(crate) async fn list_consent_uses(
    issuing: &Issuing,
    scope: &Scope,
    consent: Uuid,
    (page_size, page_token): (i32, &str),
) -> Result<Page<UseRow>, Error> {
    let query = ("consent uses", consent);
    let (size, before) = start(&query, page_size, page_token)?;
    let limit = i64::from(size) + 1;
    let read = async |tx: &mut Tx| {
        if consent::find(tx, consent, scope).await?.is_none() {
            return Err(Error::from(NOT_FOUND.refusal()));
        }
        Ok(consent::uses(tx, consent, scope, before, limit).await?)
    };
    let rows = issuing.read.snapshot("list consent uses", read).await?;
    cut(rows, size, &query, |row: &UseRow| After {
        at: row.used_at,
        id: row.id,
    })
}
