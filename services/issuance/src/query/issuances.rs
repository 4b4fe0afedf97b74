//! The making of documents, for national officers: which set stands where, and why.

use postgres::Tx;
use serde::{Deserialize, Serialize};
use service_runtime::error::NOT_FOUND;
use service_runtime::{Scope, page};
use uuid::Uuid;

use crate::error::Error;
use crate::issuing::Issuing;
use crate::store::issuing::job::{self, IssuanceRow, IssuanceState};

const PAGE: (u32, u32) = (50, 500);

/// Where a page starts: after this job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct After {
    issuance: Uuid,
}

/// One page.
pub(crate) struct Page {
    pub(crate) issuances: Vec<IssuanceRow>,
    pub(crate) next: String,
}

/// One of them.
pub(crate) async fn get_issuance(issuing: &Issuing, scope: &Scope, id: Uuid) -> Result<IssuanceRow, Error> {
    let found = issuing
        .read
        .snapshot("get issuance", async |tx: &mut Tx| job::find(tx, id, scope).await)
        .await?;
    found.ok_or_else(|| NOT_FOUND.refusal().into())
}

/// All in a state, of a bulk, or all.
pub(crate) async fn list_issuances(
    issuing: &Issuing,
    scope: &Scope,
    (state, bulk): (Option<IssuanceState>, Option<Uuid>),
    page_size: i32,
    page_token: &str,
) -> Result<Page, Error> {
    let size = page::size(page_size, PAGE.0, PAGE.1)?;
    let query = (state.map(IssuanceState::name), bulk);
    let after: Option<After> = page::cursor(&query, page_token)?;
    let after = after.map_or(Uuid::nil(), |after| after.issuance);
    let limit = i64::from(size) + 1;
    let mut issuances = issuing
        .read
        .snapshot("list issuances", async |tx: &mut Tx| {
            job::list(tx, (state, bulk), after, limit, scope).await
        })
        .await?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let more = issuances.len() > size;
    issuances.truncate(size);
    let next = match issuances.last().filter(|_| more) {
        Some(last) => page::token(&query, &After { issuance: last.id })?,
        None => String::new(),
    };
    Ok(Page { issuances, next })
}
