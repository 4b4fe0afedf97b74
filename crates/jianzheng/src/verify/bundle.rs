//! Reading the folder of a trust bundle.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, Result};
use document_verification::TrustBundle;
use document_verification::trust::OwnedBundleFiles;

/// Reads and checks the bundle. Revocation lists and anchors of time stamps may be absent.
pub(crate) fn open(folder: &Path) -> Result<TrustBundle> {
    let files = OwnedBundleFiles::read(|name| {
        let path = folder.join(name);
        match std::fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("信任包 trust bundle: {}", path.display())),
        }
    })?;
    files
        .as_files()
        .and_then(|files| TrustBundle::open(&files))
        .with_context(|| format!("信任包 trust bundle: {}", folder.display()))
}
