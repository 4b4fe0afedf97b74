//! The trust bundle: whom documents of this register are sealed by.

use std::path::Path;

use document_verification::TrustBundle;
use document_verification::trust::{BundleFiles, file};

/// Reads the files of a bundle.
pub(crate) fn open(folder: &Path) -> Result<TrustBundle, String> {
    let read = |name: &str| {
        std::fs::read(folder.join(name)).map_err(|error| format!("{name} cannot be read: {}", error.kind()))
    };
    let statement = read(file::STATEMENT)?;
    let signature = read(file::SIGNATURE)?;
    let key = read(file::KEY)?;
    let (seal_root, pdf_root) = (read(file::SEAL_ROOT)?, read(file::PDF_ROOT)?);
    let lists = folder.join(file::REVOCATION_LISTS);
    let revocation_lists = if lists.exists() {
        Some(read(file::REVOCATION_LISTS)?)
    } else {
        None
    };
    let files = BundleFiles {
        statement: &statement,
        signature: &signature,
        key: &key,
        seal_root: &seal_root,
        pdf_root: &pdf_root,
        revocation_lists: revocation_lists.as_deref(),
    };
    TrustBundle::open(&files).map_err(|error| error.to_string())
}
