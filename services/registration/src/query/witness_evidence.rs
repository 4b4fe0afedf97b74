//! What the province's witness kept of the nation's log: officers' reads.

use postgres::Tx;
use service_runtime::Scope;

use super::reconciliation::officers_only;
use crate::deps::Deps;
use crate::error::Error;
use crate::store::witness::{self, Kept};

/// The newest first.
pub(crate) async fn list(
    deps: &Deps,
    scope: &Scope,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Kept>, Error> {
    officers_only(deps, scope)?;
    let read = async |tx: &mut Tx| witness::kept(tx, before, limit.into()).await;
    Ok(deps.reader.snapshot("list witness evidence", read).await?)
}
