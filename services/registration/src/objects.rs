//! Sealed bytes of materials, content-addressed behind the object store; written before the row that names them.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Location;
use object_store::{ObjectStore, ObjectStoreExt as _};

use crate::error::Error;

/// The object store of this deployment.
#[derive(Debug, Clone)]
pub(crate) struct Objects(Arc<dyn ObjectStore>);

impl Objects {
    /// A local directory.
    pub(crate) fn open(directory: &Path) -> Result<Self, String> {
        let store = LocalFileSystem::new_with_prefix(directory).map_err(|error| error.to_string())?;
        Ok(Self(Arc::new(store.with_fsync(true))))
    }

    /// Stores sealed bytes under the SM3 of themselves; returns the place.
    pub(crate) async fn put(&self, sealed: Vec<u8>) -> Result<String, Error> {
        let digest = hex::encode(gm::sm3::digest(&sealed));
        let place = format!("materials/{}/{digest}", digest.get(..2).unwrap_or_default());
        self.0
            .put(&Location::from(place.as_str()), Bytes::from(sealed).into())
            .await
            .map_err(failed)?;
        Ok(place)
    }

    /// Reads what [`Objects::put`] stored.
    pub(crate) async fn get(&self, place: &str) -> Result<Vec<u8>, Error> {
        let found = self.0.get(&Location::from(place)).await.map_err(failed)?;
        Ok(found.bytes().await.map_err(failed)?.to_vec())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
fn failed(error: object_store::Error) -> Error {
    Error::internal(format_args!("object store: {error}"))
}
