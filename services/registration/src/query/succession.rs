//! Successions of employers and what became of their rows: officers' reads.

use domain::ids::SuccessionId;
use domain::succession::Succession;
use postgres::Tx;
use service_runtime::Scope;
use service_runtime::error::PERMISSION_DENIED;
use uuid::Uuid;

use crate::deps::Deps;
use crate::error::Error;
use crate::store::Within;
use crate::store::succession::{self, Row, RowState};

/// A succession with how many rows stand where.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) succession: Succession,
    pub(crate) counts: Vec<(RowState, u32)>,
}

/// One succession.
pub(crate) async fn find(deps: &Deps, scope: &Scope, id: SuccessionId) -> Result<View, Error> {
    officers_only(deps, scope)?;
    deps.reader
        .snapshot("read succession", async |tx: &mut Tx| {
            let succession = succession::find(tx, id).await?.ok_or_else(Error::not_found)?;
            let counts = succession::counts(tx, id).await?;
            Ok::<_, Error>(View { succession, counts })
        })
        .await
}

/// Its rows, in their order.
pub(crate) async fn rows(
    deps: &Deps,
    scope: &Scope,
    id: SuccessionId,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Row>, Error> {
    officers_only(deps, scope)?;
    let read = async |tx: &mut Tx| succession::rows(tx, id, after, limit.into()).await;
    Ok(deps.reader.snapshot("list rows of a succession", read).await?)
}

fn officers_only(deps: &Deps, scope: &Scope) -> Result<(), Error> {
    if Within::of(scope, deps.province).all {
        Ok(())
    } else {
        Err(PERMISSION_DENIED.refusal().into())
    }
}
