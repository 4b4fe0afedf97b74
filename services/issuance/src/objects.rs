//! Sealed bytes behind the object store: written before the row that names them commits.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Location;
use object_store::{ObjectStore, ObjectStoreExt as _};

/// The object store of this deployment. Holds ciphertext only: callers seal with a person's data key first.
#[derive(Debug, Clone)]
pub(crate) struct Objects(Arc<dyn ObjectStore>);

/// What is under a folder.
#[derive(Debug)]
pub(crate) struct Aged {
    /// Places whose bytes were stored before the instant.
    pub(crate) old: Vec<String>,
    /// How many were not.
    pub(crate) younger: usize,
}

/// The store did not take or give bytes.
#[derive(Debug, thiserror::Error)]
#[error("object store: {0}")]
pub(crate) struct ObjectError(String);

impl Objects {
    /// A local directory.
    pub(crate) fn open(directory: &Path) -> Result<Self, ObjectError> {
        let store = LocalFileSystem::new_with_prefix(directory).map_err(failed)?;
        // A folder whose last object was taken away goes with it.
        let store = store.with_fsync(true).with_automatic_cleanup(true);
        Ok(Self(Arc::new(store)))
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

    /// The places under a folder, in the order of their names.
    pub(crate) async fn list(&self, folder: &str) -> Result<Vec<String>, ObjectError> {
        let found = self.0.list(Some(&Location::from(folder)));
        let mut places: Vec<String> = found
            .map_ok(|meta| meta.location.to_string())
            .try_collect()
            .await
            .map_err(failed)?;
        places.sort_unstable();
        Ok(places)
    }

    /// The folders directly under a folder, in the order of their names.
    pub(crate) async fn folders(&self, folder: &str) -> Result<Vec<String>, ObjectError> {
        let found = self.0.list_with_delimiter(Some(&Location::from(folder))).await;
        let mut folders: Vec<String> = found
            .map_err(failed)?
            .common_prefixes
            .iter()
            .map(ToString::to_string)
            .collect();
        folders.sort_unstable();
        Ok(folders)
    }

    /// What is under a folder, told apart by an instant of the system clock before which its bytes were stored.
    pub(crate) async fn aged(&self, folder: &str, before: Timestamp) -> Result<Aged, ObjectError> {
        let metas: Vec<object_store::ObjectMeta> = self
            .0
            .list(Some(&Location::from(folder)))
            .try_collect()
            .await
            .map_err(failed)?;
        let all = metas.len();
        let is_old = |meta: &object_store::ObjectMeta| meta.last_modified.timestamp() < before.as_second();
        let old = metas.into_iter().filter(is_old);
        let old: Vec<String> = old.map(|meta| meta.location.to_string()).collect();
        Ok(Aged {
            younger: all - old.len(),
            old,
        })
    }

    /// Takes bytes away that nothing names any more.
    pub(crate) async fn delete(&self, place: &str) -> Result<(), ObjectError> {
        self.0.delete(&Location::from(place)).await.map_err(failed)
    }
}

fn failed(error: impl std::fmt::Display) -> ObjectError {
    ObjectError(error.to_string())
}
