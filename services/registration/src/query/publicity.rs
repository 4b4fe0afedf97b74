//! A publicity batch with its applications.

use domain::ids::PublicityId;
use postgres::Tx;
use service_runtime::Scope;
use uuid::Uuid;

use crate::deps::Deps;
use crate::error::Error;
use crate::store::Within;
use crate::store::application::{self, Record};
use crate::store::publicity::{self, Publicity};

/// The batch and the ids of what is in it.
pub(crate) async fn find(deps: &Deps, id: PublicityId) -> Result<(Publicity, Vec<Uuid>), Error> {
    let read = async |tx: &mut Tx| {
        let found = publicity::find(tx, id).await?.ok_or_else(Error::not_found)?;
        Ok::<_, Error>((found, application::of_publicity(tx, id).await?))
    };
    deps.reader.snapshot("read publicity", read).await
}

/// Its applications as they stand.
pub(crate) async fn applications(deps: &Deps, scope: &Scope, ids: &[Uuid]) -> Result<Vec<Record>, Error> {
    let within = Within::of(scope, deps.province);
    let read = async |tx: &mut Tx| application::load(tx, &within, ids).await;
    Ok(deps
        .reader
        .snapshot("read applications of a publicity", read)
        .await?)
}
