//! The province's view of registrations.

use domain::ids::{EmployerId, PersonId};
use postgres::Tx;
use service_runtime::Scope;
use uuid::Uuid;

use crate::app::Deps;
use crate::error::Error;
use crate::store::registered::{self, Registered};
use crate::store::{Within, employer};

/// A registration with its employer's title.
pub(crate) type View = (Registered, String);

/// One person's within the scope.
pub(crate) async fn find(deps: &Deps, scope: &Scope, person: PersonId) -> Result<View, Error> {
    let within = Within::of(scope, deps.province);
    let read = async |tx: &mut Tx| {
        let found = registered::find(tx, &within, person)
            .await?
            .ok_or_else(Error::not_found)?;
        titled(tx, found).await
    };
    deps.reader.snapshot("read registration", read).await
}

/// Those within the scope.
pub(crate) async fn list(
    deps: &Deps,
    scope: &Scope,
    of: Option<EmployerId>,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<View>, Error> {
    let within = Within::of(scope, deps.province);
    let read = async |tx: &mut Tx| {
        let mut views = Vec::new();
        for found in registered::list(tx, &within, of, after, limit.into()).await? {
            views.push(titled(tx, found).await?);
        }
        Ok::<_, Error>(views)
    };
    deps.reader.snapshot("list registrations", read).await
}

async fn titled(tx: &mut Tx, registered: Registered) -> Result<View, Error> {
    let employer = employer::find(tx, registered.employer).await?;
    Ok((registered, employer.map(|known| known.title).unwrap_or_default()))
}
