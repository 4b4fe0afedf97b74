//! The bytes of one material, for officers.

use domain::ids::{ApplicationId, MaterialId};
use material_content::Picture;
use postgres::Tx;
use service_runtime::Scope;
use zeroize::Zeroizing;

use crate::app::Deps;
use crate::error::Error;
use crate::picture;
use crate::store::{Within, application, material, person};

/// Opened in memory; whoever reads it is in the access log of the call.
pub(crate) async fn read(
    deps: &Deps,
    scope: &Scope,
    application: ApplicationId,
    id: MaterialId,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let within = Within::of(scope, deps.province);
    let within = &within;
    let (stored, key) = deps
        .reader
        .snapshot("read material", async |tx: &mut Tx| {
            let stored = material::find(tx, within, id)
                .await?
                .filter(|found| found.application == application);
            let stored = stored.ok_or_else(Error::not_found)?;
            let record = application::load(tx, within, &[application.as_uuid()])
                .await?
                .pop();
            let owner = record.ok_or_else(Error::not_found)?.application.person;
            let row = person::find(tx, within, owner)
                .await?
                .ok_or_else(Error::not_found)?;
            Ok::<_, Error>((stored, deps.sealing.key(owner.as_uuid(), row.wrapped_key)?))
        })
        .await?;
    let sealed = deps.objects.get(&stored.object).await?;
    deps.sealing.open_material(&key, id.as_uuid(), sealed)
}

/// A raster of one material, made of the file as handed in; where there is none, why.
pub(crate) async fn preview(
    deps: &Deps,
    scope: &Scope,
    application: ApplicationId,
    id: MaterialId,
) -> Result<Result<Picture, String>, Error> {
    let content = read(deps, scope, application, id).await?;
    picture::preview(content).await
}

/// The metadata of one material within the scope.
pub(crate) async fn find(deps: &Deps, scope: &Scope, id: MaterialId) -> Result<material::Material, Error> {
    let within = Within::of(scope, deps.province);
    let read = async |tx: &mut Tx| material::find(tx, &within, id).await;
    deps.reader
        .snapshot("read material row", read)
        .await?
        .ok_or_else(Error::not_found)
}
