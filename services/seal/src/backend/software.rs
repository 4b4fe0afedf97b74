//! Keys in files, for specimens only.
//!
//! Generation 0 lies beside its seal (see [`crate::keystore`]); later ones in folders of their own:
//! `<folder>/<seal>/<generation>/{seal,pdf}-signer-key.pem`, 0600.

use std::collections::HashMap;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gm::{PrivateKey, PublicKey, Signer};
use parking_lot::Mutex;
use personal_data::OsRandom;
use rand_core::UnwrapErr;

use super::Fault;
use super::keys::KeyHolder;
use crate::keystore::file;
use crate::making::{KeyName, Kind};

/// The folder of the keystore as a holder of keys.
pub(crate) struct KeyFiles {
    folder: PathBuf,
    read: Mutex<HashMap<KeyName, Arc<PrivateKey>>>,
}

impl std::fmt::Debug for KeyFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyFiles").finish_non_exhaustive()
    }
}

impl KeyFiles {
    /// Keys below `folder`.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            read: Mutex::default(),
        }
    }

    fn path(&self, name: &KeyName) -> PathBuf {
        let mut path = self.folder.join(&name.seal);
        if name.generation > 0 {
            path.push(name.generation.to_string());
        }
        path.join(match name.kind {
            Kind::Ofd | Kind::PdfSm2 => file::SEAL_SIGNER_KEY,
            Kind::Pdf => file::PDF_SIGNER_KEY,
        })
    }

    fn read(&self, name: &KeyName) -> Result<Arc<PrivateKey>, Fault> {
        if let Some(key) = self.read.lock().get(name) {
            return Ok(Arc::clone(key));
        }
        let key = Arc::new(
            read_key(&self.path(name)).map_err(|problem| Fault::NoKey(format!("{name}: {problem}")))?,
        );
        self.read.lock().insert(name.clone(), Arc::clone(&key));
        Ok(key)
    }
}

impl KeyHolder for KeyFiles {
    const SOFTWARE: bool = true;

    fn signer(&self, name: &KeyName, public: &PublicKey, specimen: bool) -> Result<Arc<dyn Signer>, Fault> {
        if !specimen {
            return Err(Fault::Unsupported("a key in a file signs specimens only"));
        }
        let key = self.read(name)?;
        if key.public_key() != public {
            return Err(Fault::NoKey(format!("{name}: belongs to another certificate")));
        }
        Ok(key)
    }

    fn create(&self, name: &KeyName) -> Result<PublicKey, Fault> {
        let path = self.path(name);
        if !path.exists() {
            let key = PrivateKey::generate(name.kind.algorithm(), &mut UnwrapErr(OsRandom));
            write_key(&path, key.to_pkcs8_pem().as_bytes())
                .map_err(|error| Fault::Unavailable(format!("{name}: {error}")))?;
        }
        Ok(self.read(name)?.public_key().clone())
    }

    fn destroy(&self, name: &KeyName) -> Result<(), Fault> {
        self.read.lock().remove(name);
        let path = self.path(name);
        let overwritten = std::fs::metadata(&path).and_then(|metadata| {
            std::fs::write(&path, vec![0; usize::try_from(metadata.len()).unwrap_or(4096)])
        });
        match overwritten.and_then(|()| std::fs::remove_file(&path)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Fault::Unavailable(format!("{name}: {error}")))
            }
            _ => Ok(()),
        }
    }
}

fn read_key(path: &Path) -> Result<PrivateKey, String> {
    let metadata = std::fs::metadata(path).map_err(|error| error.kind().to_string())?;
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err("may be read by others than its owner".to_owned());
    }
    let pem = std::fs::read_to_string(path).map_err(|error| error.kind().to_string())?;
    PrivateKey::from_pkcs8_pem(&pem).map_err(|error| error.to_string())
}

/// Under another name first, so that no half of a key is ever found.
fn write_key(path: &Path, pem: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    let partial = path.with_extension("partial");
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&partial)?;
    file.write_all(pem)?;
    file.sync_all()?;
    std::fs::rename(&partial, path)
}
