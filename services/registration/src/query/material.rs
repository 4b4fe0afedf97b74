//! The bytes of one material, for officers. Every reading is in the audit, by the material's kind and name.

use domain::ids::{ApplicationId, MaterialId};
use material_content::Picture;
use postgres::Tx;
use postgres::audit::{Read, Reader};
use service_runtime::Scope;
use service_runtime::clock::Clock as _;
use zeroize::Zeroizing;

use crate::deps::Deps;
use crate::error::Error;
use crate::picture;
use crate::store::{Within, application, material, person};

/// Opened in memory, by the caller `reader` with the RPC `verb`. The record stands before anything is told.
pub(crate) async fn read(
    deps: &Deps,
    scope: &Scope,
    (reader, verb): (&str, &str),
    application: ApplicationId,
    id: MaterialId,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let within = Within::of(scope, deps.province);
    let (within, at) = (&within, deps.clock.now());
    let (stored, key) = deps
        .database
        .run_tx("read_material", async |tx: &mut Tx| {
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
            let subject = deps.application_name(application);
            let reader = Reader {
                at,
                actor: reader,
                verb,
                purpose: "",
            };
            let read = [
                Read::new(stored.kind.code(), format!("{subject}/materials/{id}")),
                Read::new("sm3", hex::encode(&stored.digest)),
            ];
            tx.audit_read(reader, &subject, &read).await?;
            Ok::<_, Error>((stored, deps.sealing.key(owner.as_uuid(), row.wrapped_key)?))
        })
        .await?;
    let sealed = deps.objects.get(&stored.object).await?;
    deps.sealing.open_material(&key, id.as_uuid(), sealed)
}

/// A raster of one page of one material, made of the file as handed in, and how many pages that has.
pub(crate) async fn preview(
    deps: &Deps,
    scope: &Scope,
    reader: &str,
    (application, id): (ApplicationId, MaterialId),
    page: u32,
) -> Result<(Picture, u32), Error> {
    let content = read(deps, scope, (reader, "preview_material"), application, id).await?;
    picture::preview(&deps.previewer, content, page).await
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
