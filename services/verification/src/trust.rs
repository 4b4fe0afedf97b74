//! The trust bundle: whom documents of this register are sealed by.

use std::io::ErrorKind;
use std::path::Path;

use document_verification::TrustBundle;
use document_verification::trust::OwnedBundleFiles;

/// Reads the files of a bundle.
pub(crate) fn open(folder: &Path) -> Result<TrustBundle, String> {
    let files = OwnedBundleFiles::read(|name| match std::fs::read(folder.join(name)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{name} cannot be read: {}", error.kind())),
    })?;
    let files = files.as_files().map_err(|error| error.to_string())?;
    TrustBundle::open(&files).map_err(|error| error.to_string())
}
