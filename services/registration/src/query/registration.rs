//! The province's view of registrations.

use domain::ids::{EmployerId, PersonId};
use postgres::Tx;
use service_runtime::Scope;
use uuid::Uuid;

use crate::app::Deps;
use crate::error::Error;
use crate::store::Within;
use crate::store::registered::{self, Registered};

/// One person's within the scope.
pub(crate) async fn find(deps: &Deps, scope: &Scope, person: PersonId) -> Result<Registered, Error> {
    let within = Within::of(scope, deps.province);
    let read = async |tx: &mut Tx| registered::find(tx, &within, person).await;
    let found = deps.reader.snapshot("read registration", read).await?;
    found.ok_or_else(Error::not_found)
}

/// Those within the scope.
pub(crate) async fn list(
    deps: &Deps,
    scope: &Scope,
    of: Option<EmployerId>,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Registered>, Error> {
    let within = Within::of(scope, deps.province);
    let read = async |tx: &mut Tx| registered::list(tx, &within, of, after, limit.into()).await;
    Ok(deps.reader.snapshot("list registrations", read).await?)
}
