//! The keys that sign access tokens: a folder, read again while the process runs.
//!
//! `<kid>.pem` holds a P-256 private key, `current` the kid of the one that signs; all are published. To rotate: add
//! the new file, wait until verifiers have fetched it (they do when they meet an unknown kid), write its kid to
//! `current`, and remove the old file once its last token has ended.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use service_runtime::auth::{Claims, PublicJwk, SharedKeySet, TokenSigner};
use zeroize::Zeroizing;

use crate::error::Error;

/// Name of the file that names the signing key.
pub(crate) const CURRENT: &str = "current";

/// Why a folder of token keys cannot be used. Names files, never keys.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenKeyError {
    /// A file cannot be read.
    #[error("{}: {kind}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        kind: std::io::ErrorKind,
    },
    /// A file holds no usable key, or everybody may read it.
    #[error("{}: {problem}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// `current` names no key of the folder.
    #[error("{} names a key that is not in the folder", .0.display())]
    NoCurrent(PathBuf),
}

/// The keys of one moment.
struct Loaded {
    signer: TokenSigner,
    public: Vec<PublicJwk>,
}

/// The keys. Cheap to clone; clones are one set.
#[derive(Clone)]
pub(crate) struct TokenKeys {
    folder: Arc<Path>,
    loaded: Arc<ArcSwap<Loaded>>,
    published: SharedKeySet,
}

impl TokenKeys {
    /// Reads the folder.
    ///
    /// # Errors
    /// The first file that cannot be used.
    pub(crate) fn open(folder: &Path) -> Result<Self, TokenKeyError> {
        let loaded = load(folder)?;
        let published = SharedKeySet::new();
        published.replace(&loaded.public);
        Ok(Self {
            folder: folder.into(),
            loaded: Arc::new(ArcSwap::from_pointee(loaded)),
            published,
        })
    }

    /// Reads the folder again; on failure the keys stay as they are.
    ///
    /// # Errors
    /// As [`TokenKeys::open`].
    pub(crate) fn reload(&self) -> Result<(), TokenKeyError> {
        let loaded = load(&self.folder)?;
        self.published.replace(&loaded.public);
        self.loaded.store(Arc::new(loaded));
        Ok(())
    }

    /// What this service verifies tokens with.
    #[must_use]
    pub(crate) fn verifying(&self) -> SharedKeySet {
        self.published.clone()
    }

    /// Signs with the current key.
    ///
    /// # Errors
    /// The claims live too long or name no certificate: a defect.
    pub(crate) fn sign(&self, claims: &Claims) -> Result<String, Error> {
        self.loaded.load().signer.sign(claims).map_err(Error::internal)
    }

    /// JSON Web Key Set (RFC 7517) of every published key.
    #[must_use]
    pub(crate) fn jwks(&self) -> String {
        serde_json::json!({ "keys": self.loaded.load().public }).to_string()
    }
}

fn load(folder: &Path) -> Result<Loaded, TokenKeyError> {
    let mut signers = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        if path.extension().is_some_and(|extension| extension == "pem") {
            signers.push(read_key(&path)?);
        }
    }
    signers.sort_by(|one, other| one.public_jwk().kid.cmp(&other.public_jwk().kid));
    let public = signers.iter().map(|signer| signer.public_jwk().clone()).collect();
    let current = folder.join(CURRENT);
    let kid = fs::read_to_string(&current).map_err(unreadable(&current))?;
    let signer = signers
        .into_iter()
        .find(|signer| signer.public_jwk().kid == kid.trim());
    signer
        .map(|signer| Loaded { signer, public })
        .ok_or(TokenKeyError::NoCurrent(current))
}

fn read_key(path: &Path) -> Result<TokenSigner, TokenKeyError> {
    let unusable = |problem: String| TokenKeyError::Unusable {
        path: path.to_owned(),
        problem,
    };
    let mode = fs::metadata(path).map_err(unreadable(path))?.permissions().mode();
    if mode & 0o007 != 0 {
        return Err(unusable("everybody may use it (chmod o=)".to_owned()));
    }
    let kid = path
        .file_stem()
        .and_then(|stem| stem.to_str())
        .ok_or_else(|| unusable("has no name".to_owned()))?;
    let pem = Zeroizing::new(fs::read_to_string(path).map_err(unreadable(path))?);
    TokenSigner::from_pem(kid, &pem).map_err(|error| unusable(error.to_string()))
}

fn unreadable(path: &Path) -> impl FnOnce(std::io::Error) -> TokenKeyError {
    move |error| TokenKeyError::Unreadable {
        path: path.to_owned(),
        kind: error.kind(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;

    use service_runtime::auth::KeySet as _;

    use super::*;

    fn write(folder: &Path, kid: &str, mode: u32) {
        let pem = TokenSigner::generate_pem().expect("a key");
        let path = folder.join(format!("{kid}.pem"));
        let file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(path);
        file.expect("a new file")
            .write_all(pem.as_bytes())
            .expect("written");
    }

    #[test]
    fn a_rotated_key_is_published_before_it_signs_and_the_old_one_after() {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), "2026-10", 0o600);
        fs::write(folder.path().join(CURRENT), "2026-10\n").expect("written");
        let keys = TokenKeys::open(folder.path()).expect("one key");
        write(folder.path(), "2026-11", 0o600);
        keys.reload().expect("two keys");
        assert!(keys.verifying().key("2026-11").is_some());
        assert_eq!(keys.loaded.load().signer.public_jwk().kid, "2026-10");
        fs::write(folder.path().join(CURRENT), "2026-11").expect("written");
        keys.reload().expect("two keys");
        assert_eq!(keys.loaded.load().signer.public_jwk().kid, "2026-11");
        assert!(keys.jwks().contains("2026-10") && keys.verifying().key("2026-10").is_some());
    }

    #[test]
    fn a_broken_folder_leaves_the_keys_as_they_were() {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), "a", 0o600);
        fs::write(folder.path().join(CURRENT), "a").expect("written");
        let keys = TokenKeys::open(folder.path()).expect("one key");
        fs::write(folder.path().join(CURRENT), "b").expect("written");
        assert!(matches!(keys.reload(), Err(TokenKeyError::NoCurrent(_))));
        assert!(keys.verifying().key("a").is_some());
        write(folder.path(), "exposed", 0o644);
        assert!(matches!(
            TokenKeys::open(folder.path()),
            Err(TokenKeyError::Unusable { .. })
        ));
    }
}
