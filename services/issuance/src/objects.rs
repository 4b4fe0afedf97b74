//! Sealed bytes behind the object store: written before the row that names them commits.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Location;
use object_store::{ObjectStore, ObjectStoreExt as _};

/// The object store of this deployment. Holds ciphertext only: callers seal with a person's data key first.
#[derive(Debug, Clone)]
pub(crate) struct Objects(Arc<dyn ObjectStore>);

/// The store did not take or give bytes.
#[derive(Debug, thiserror::Error)]
#[error("object store: {0}")]
pub(crate) struct ObjectError(String);

impl Objects {
    /// A local directory.
    pub(crate) fn open(directory: &Path) -> Result<Self, ObjectError> {
        let store = LocalFileSystem::new_with_prefix(directory).map_err(failed)?;
        Ok(Self(Arc::new(store.with_fsync(true))))
    }

    /// Stores bytes at a place that names their content; storing them again replaces them by the same content.
    pub(crate) async fn put(&self, place: &str, sealed: Vec<u8>) -> Result<(), ObjectError> {
        self.0
            .put(&Location::from(place), Bytes::from(sealed).into())
            .await
            .map_err(failed)?;
        Ok(())
    }

    /// Reads what [`Objects::put`] stored.
    pub(crate) async fn get(&self, place: &str) -> Result<Vec<u8>, ObjectError> {
        let found = self.0.get(&Location::from(place)).await.map_err(failed)?;
        Ok(found.bytes().await.map_err(failed)?.to_vec())
    }
}

fn failed(error: impl std::fmt::Display) -> ObjectError {
    ObjectError(error.to_string())
}
