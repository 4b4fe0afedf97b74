//! Reading the folder of a trust bundle.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, Result};
use document_verification::TrustBundle;
use document_verification::trust::{BundleFiles, file};

/// Reads and checks the bundle. Revocation lists may be absent.
pub(crate) fn open(folder: &Path) -> Result<TrustBundle> {
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read(&path).with_context(|| format!("信任包 trust bundle: {}", path.display()))
    };
    let revocation_lists = match std::fs::read(folder.join(file::REVOCATION_LISTS)) {
        Ok(lists) => Some(lists),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error).context(file::REVOCATION_LISTS),
    };
    let names = [
        file::STATEMENT,
        file::SIGNATURE,
        file::KEY,
        file::SEAL_ROOT,
        file::PDF_ROOT,
    ];
    let [statement, signature, key, seal_root, pdf_root] = names.map(read);
    TrustBundle::open(&BundleFiles {
        statement: &statement?,
        signature: &signature?,
        key: &key?,
        seal_root: &seal_root?,
        pdf_root: &pdf_root?,
        revocation_lists: revocation_lists.as_deref(),
    })
    .with_context(|| format!("信任包 trust bundle: {}", folder.display()))
}
