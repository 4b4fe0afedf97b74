//! Comparisons with the nation's register and what they found: officers' reads.

use postgres::Tx;
use service_runtime::Scope;
use service_runtime::error::PERMISSION_DENIED;
use uuid::Uuid;

use crate::deps::Deps;
use crate::error::Error;
use crate::store::Within;
use crate::store::reconciliation::{self, Differing, Reconciliation};

/// One comparison with what was found to differ.
pub(crate) async fn find(
    deps: &Deps,
    scope: &Scope,
    id: Uuid,
) -> Result<(Reconciliation, Vec<Differing>), Error> {
    officers_only(deps, scope)?;
    deps.reader
        .snapshot("read reconciliation", async |tx: &mut Tx| {
            let found = reconciliation::find(tx, id).await?.ok_or_else(Error::not_found)?;
            Ok::<_, Error>((found, reconciliation::rows(tx, id).await?))
        })
        .await
}

/// The latest first.
pub(crate) async fn list(
    deps: &Deps,
    scope: &Scope,
    before: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Reconciliation>, Error> {
    officers_only(deps, scope)?;
    let read = async |tx: &mut Tx| reconciliation::list(tx, before, limit.into()).await;
    Ok(deps.reader.snapshot("list reconciliations", read).await?)
}

/// One row that differed.
pub(crate) async fn row(deps: &Deps, scope: &Scope, id: Uuid) -> Result<Differing, Error> {
    officers_only(deps, scope)?;
    let read = async |tx: &mut Tx| reconciliation::row(tx, id).await;
    let found = deps.reader.snapshot("read difference", read).await?;
    found.ok_or_else(Error::not_found)
}

/// Officers whose authority sees everything in the province.
pub(super) fn officers_only(deps: &Deps, scope: &Scope) -> Result<(), Error> {
    if Within::of(scope, deps.province).all {
        Ok(())
    } else {
        Err(PERMISSION_DENIED.refusal().into())
    }
}
