//! What employers have asked the caller for, the newest first.

use domain::calendar::day_of;
use domain::use_copy::{CopyRequestState, CopyTerms};
use jiff::civil::Date;
use postgres::Tx;
use service_runtime::Scope;

use super::list_standing_consents::{After, Page, cut, start};
use crate::error::Error;
use crate::issuing::Issuing;
use crate::sealing::open_json;
use crate::store::issuing::column;
use crate::store::issuing::copy_request::{self, RequestRow};

/// A request as the holder sees it.
#[derive(Debug, Clone)]
pub(crate) struct RequestView {
    pub(crate) row: RequestRow,
    pub(crate) terms: CopyTerms,
    /// On the day of the look.
    pub(crate) state: CopyRequestState,
}

/// Lists them.
pub(crate) async fn list_copy_requests(
    issuing: &Issuing,
    scope: &Scope,
    (page_size, page_token): (i32, &str),
) -> Result<Page<RequestView>, Error> {
    let query = ("copy requests", scope.require_person()?);
    let (size, before) = start(&query, page_size, page_token)?;
    let limit = i64::from(size) + 1;
    let read = async |tx: &mut Tx| copy_request::list(tx, scope, before, limit).await;
    let rows = issuing.read.snapshot("list copy requests", read).await?;
    let page = cut(rows, size, &query, |row: &RequestRow| After {
        at: row.asked_at,
        id: row.id,
    })?;
    let today = day_of(issuing.now());
    let views = page.rows.iter().map(|row| view(issuing, row, today));
    Ok(Page {
        rows: views.collect::<Result<_, _>>()?,
        next: page.next,
    })
}

/// Opens what a request says, as of a day.
pub(crate) fn view(issuing: &Issuing, row: &RequestRow, today: Date) -> Result<RequestView, Error> {
    let key = issuing.sealing.key(row.person, row.data_key.clone())?;
    let terms = open_json(&key, &column::request_terms(row.id), row.terms.clone())?;
    Ok(RequestView {
        terms,
        state: row.state.on(today, row.expires_on),
        row: row.clone(),
    })
}
