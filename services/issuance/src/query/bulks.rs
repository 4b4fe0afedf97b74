//! What is made in bulk: how far it has got, and the result of each row.

use jiff::SignedDuration;
use postgres::Tx;
use service_runtime::Scope;
use service_runtime::error::NOT_FOUND;
use uuid::Uuid;

use super::issuances::{Page, list_issuances};
use crate::error::Error;
use crate::issuing::Issuing;
use crate::store::issuing::bulk::{self, BulkRow, Counts};
use crate::store::issuing::job::{self, IssuanceRow, IssuanceState};

/// Over how long the rate is taken.
const RECENT: SignedDuration = SignedDuration::from_secs(60);
/// Stopped rows that are shown with the counts.
const FIRST: i64 = 10;

/// A bulk with its progress, read at one moment.
pub(crate) struct View {
    pub(crate) bulk: BulkRow,
    pub(crate) counts: Counts,
    pub(crate) rows_per_second: f64,
    pub(crate) first_stopped: Vec<IssuanceRow>,
}

/// One bulk.
pub(crate) async fn get_bulk(issuing: &Issuing, scope: &Scope, id: Uuid) -> Result<View, Error> {
    let now = issuing.now();
    issuing
        .read
        .snapshot("get bulk", async |tx: &mut Tx| {
            let found = bulk::find(tx, id, scope).await?;
            let found = found.ok_or_else(|| NOT_FOUND.refusal())?;
            let since = now.checked_sub(RECENT).unwrap_or(now).max(found.started_at);
            let counts = bulk::counts(tx, id, since).await?;
            let until = found.done_at.unwrap_or(now);
            let span = until.duration_since(since).as_secs_f64().max(1.0);
            let stopped = (Some(IssuanceState::Stopped), Some(id));
            Ok(View {
                bulk: found,
                counts,
                rows_per_second: f64::from(i32::try_from(counts.recent).unwrap_or(i32::MAX)) / span,
                first_stopped: job::list(tx, stopped, Uuid::nil(), FIRST, scope).await?,
            })
        })
        .await
}

/// Rows of a bulk, in a state or all.
pub(crate) async fn list_bulk_rows(
    issuing: &Issuing,
    scope: &Scope,
    (bulk, state): (Uuid, Option<IssuanceState>),
    page_size: i32,
    page_token: &str,
) -> Result<Page, Error> {
    get_bulk(issuing, scope, bulk).await?;
    list_issuances(issuing, scope, (state, Some(bulk)), page_size, page_token).await
}
