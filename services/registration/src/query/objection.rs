//! Objections for officers; who objects, for the officer in charge alone.

use domain::authority::Authority;
use domain::ids::{ApplicationId, ObjectionId, OfficerId};
use postgres::Tx;
use service_runtime::Scope;
use service_runtime::error::PERMISSION_DENIED;

use super::case_file::{Sealed, audit, opened};
use crate::deps::Deps;
use crate::error::Error;
pub(crate) use crate::store::objection::Entry as Shown;
use crate::store::objection::{self, Entry};
use crate::store::{Within, application, case_file, work};

/// Objections to an application; nothing of the objector.
pub(crate) async fn list(deps: &Deps, scope: &Scope, id: ApplicationId) -> Result<Vec<Entry>, Error> {
    let within = Within::of(scope, deps.province);
    let within = &within;
    deps.reader
        .snapshot("list objections", async |tx: &mut Tx| {
            let found = application::load(tx, within, &[id.as_uuid()]).await?.pop();
            found.filter(|_| within.all).ok_or_else(Error::not_found)?;
            Ok::<_, Error>(objection::of_application(tx, id).await?)
        })
        .await
}

/// What was written and by whom: for whoever answered it, or has the file in hand while it is open. Every reading is
/// audited.
pub(crate) async fn read(
    deps: &Deps,
    scope: &Scope,
    (reader, officer): (&str, OfficerId),
    id: ObjectionId,
) -> Result<Sealed, Error> {
    let within = Within::of(scope, deps.province);
    let within = &within;
    let (sealed, papers) = deps
        .database
        .run_tx("read_objection", async |tx: &mut Tx| {
            let (application, sealed, resolved_by) =
                objection::sealed(tx, id).await?.ok_or_else(Error::not_found)?;
            let mut in_charge = resolved_by;
            for grant in scope.grants() {
                let authority: Option<Authority> = grant.authority.parse().ok();
                if let (None, Some(authority)) = (resolved_by, authority) {
                    let held = work::claimed(tx, application, authority).await?;
                    in_charge = in_charge.or_else(|| held.map(|claim| claim.officer));
                }
            }
            if !within.all || in_charge != Some(officer) {
                return Err(PERMISSION_DENIED.refusal().into());
            }
            let papers = case_file::papers(tx, id.as_uuid()).await?;
            audit(
                deps,
                tx,
                (reader, "read_objection"),
                &deps.objection_name(id),
                &papers,
            )
            .await?;
            Ok::<_, Error>((sealed, papers))
        })
        .await?;
    let (text, key) = deps.sealing.open_objection(id.as_uuid(), sealed)?;
    Ok(Sealed {
        text,
        papers: opened(deps, &key, papers).await?,
    })
}
