//! Who has what in hand, delegations and opinion templates, for the officers of an authority.

use domain::authority::Authority;
use domain::ids::{ApplicationId, DelegationId};
use domain::work::Delegation;
use postgres::Tx;
use service_runtime::Scope;
use service_runtime::error::PERMISSION_DENIED;
use uuid::Uuid;

use crate::deps::Deps;
use crate::error::Error;
use crate::store::opinion_template::{self, OpinionTemplate};
use crate::store::work::{self, WorkClaim};
use crate::store::{Within, application};

/// The authority that an officer acts for: the province's, if they hold that grant, else their first.
pub(crate) fn authority(deps: &Deps, scope: &Scope) -> Result<Authority, Error> {
    let own = Authority::Province(deps.province);
    let held: Vec<Authority> = scope
        .grants()
        .iter()
        .filter_map(|grant| grant.authority.parse().ok())
        .collect();
    let first = held
        .iter()
        .copied()
        .find(|one| *one == own)
        .or_else(|| held.first().copied());
    first.ok_or_else(|| PERMISSION_DENIED.refusal().into())
}

/// Who has a file in hand for one of the caller's authorities.
pub(crate) async fn claim(deps: &Deps, scope: &Scope, id: ApplicationId) -> Result<Option<WorkClaim>, Error> {
    let within = Within::of(scope, deps.province);
    let within = &within;
    deps.reader
        .snapshot("read a claim of work", async |tx: &mut Tx| {
            let found = application::load(tx, within, &[id.as_uuid()]).await?.pop();
            found.ok_or_else(Error::not_found)?;
            for grant in scope.grants() {
                let Ok(authority) = grant.authority.parse() else {
                    continue;
                };
                if let Some(claim) = work::claimed(tx, id, authority).await? {
                    return Ok(Some(claim));
                }
            }
            Ok::<_, Error>(None)
        })
        .await
}

/// Delegations of the officer's authority, the newest first.
pub(crate) async fn delegations(
    deps: &Deps,
    scope: &Scope,
    before: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Delegation>, Error> {
    let authority = authority(deps, scope)?;
    let read = async |tx: &mut Tx| work::delegations(tx, authority, before, limit.into()).await;
    Ok(deps.reader.snapshot("list delegations", read).await?)
}

/// One delegation of the officer's authority.
pub(crate) async fn delegation(deps: &Deps, scope: &Scope, id: DelegationId) -> Result<Delegation, Error> {
    let authority = authority(deps, scope)?;
    let read = async |tx: &mut Tx| work::delegation(tx, id).await;
    let found = deps.database.run_tx("read a delegation", read).await?;
    found
        .filter(|one| one.authority == authority)
        .ok_or_else(Error::not_found)
}

/// The templates in force of the officer's authority.
pub(crate) async fn templates(deps: &Deps, scope: &Scope) -> Result<Vec<OpinionTemplate>, Error> {
    let authority = authority(deps, scope)?;
    let read = async |tx: &mut Tx| opinion_template::of_authority(tx, authority).await;
    Ok(deps.reader.snapshot("list opinion templates", read).await?)
}
