//! Notices of termination with the grounds of an objection.

use domain::ids::ApplicationId;
use postgres::Tx;
use service_runtime::Scope;
use service_runtime::error::PERMISSION_DENIED;
use uuid::Uuid;

use crate::deps::Deps;
use crate::error::Error;
use crate::store::termination_notice::{self, Notice};
use crate::store::{Within, application, person};

/// A notice as its readers see it.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) notice: Notice,
    /// What the old employer wrote.
    pub(crate) grounds: Option<String>,
}

/// The notice of an application: for the applicant, the two employers and officers.
pub(crate) async fn find(deps: &Deps, scope: &Scope, id: ApplicationId) -> Result<View, Error> {
    let within = Within::of(scope, deps.province);
    let within = &within;
    deps.reader
        .snapshot("read notice of termination", async |tx: &mut Tx| {
            let seen = application::load(tx, within, &[id.as_uuid()]).await?.pop();
            seen.ok_or_else(Error::not_found)?;
            let notice = termination_notice::find(tx, id).await?;
            view(deps, tx, within, notice.ok_or_else(Error::not_found)?).await
        })
        .await
}

/// Those with an objection to resolve, oldest first: officers' work.
pub(crate) async fn objected(
    deps: &Deps,
    scope: &Scope,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<View>, Error> {
    let within = Within::of(scope, deps.province);
    if !within.all {
        return Err(PERMISSION_DENIED.refusal().into());
    }
    let within = &within;
    deps.reader
        .snapshot("list notices of termination", async |tx: &mut Tx| {
            let mut views = Vec::new();
            for notice in termination_notice::objected(tx, within, after, limit.into()).await? {
                views.push(view(deps, tx, within, notice).await?);
            }
            Ok::<_, Error>(views)
        })
        .await
}

async fn view(deps: &Deps, tx: &mut Tx, within: &Within, notice: Notice) -> Result<View, Error> {
    let Some(sealed) = notice.sealed_grounds.clone() else {
        return Ok(View {
            notice,
            grounds: None,
        });
    };
    let record = application::load(tx, within, &[notice.application.as_uuid()])
        .await?
        .pop();
    let owner = record.ok_or_else(Error::not_found)?.application.person;
    let row = person::find(tx, within, owner)
        .await?
        .ok_or_else(Error::not_found)?;
    let key = deps.sealing.key(owner.as_uuid(), row.wrapped_key)?;
    let grounds = deps.sealing.open_termination_grounds(&key, sealed)?;
    Ok(View {
        notice,
        grounds: Some(grounds),
    })
}
