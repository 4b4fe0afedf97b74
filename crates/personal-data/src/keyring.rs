//! Versioned keys of a deployment, one file each.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::cipher::RootKey;

/// What a key is for. The kind is part of the file's name, so no key serves two purposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Wraps data keys (`kek-<version>.key`).
    KeyEncryption,
    /// Keys blind indices (`index-<version>.key`).
    BlindIndex,
}

/// All versions of one kind of key. The highest is current.
#[derive(Clone)]
pub struct Keyring {
    kind: KeyKind,
    current: u16,
    keys: BTreeMap<u16, RootKey>,
}

/// Why a keyring cannot be used. Names files and versions, never a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// There is no key of this kind.
    #[error("no {0} key in {1}")]
    Empty(KeyKind, PathBuf),
    /// A file is not 64 hexadecimal digits.
    #[error("{0} does not hold 64 hexadecimal digits")]
    Malformed(PathBuf),
    /// A file may be read by everybody.
    #[error("{0} can be read by every user")]
    Exposed(PathBuf),
    /// Two files name the same version, or a version is no number from 1 to 65535.
    #[error("{0} is not a usable version")]
    Version(PathBuf),
    /// A file could not be read or made.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Keyring {
    /// Reads every `<kind>-<version>.key` of a folder.
    ///
    /// # Errors
    /// The first file that cannot be used, or [`KeyringError::Empty`].
    pub fn load(folder: &Path, kind: KeyKind) -> Result<Self, KeyringError> {
        let mut keys = BTreeMap::new();
        for entry in fs::read_dir(folder).map_err(at(folder))? {
            let path = entry.map_err(at(folder))?.path();
            let Some(version) = version_of(&path, kind)? else {
                continue;
            };
            if keys.insert(version, read(&path)?).is_some() {
                return Err(KeyringError::Version(path));
            }
        }
        let Some((&current, _)) = keys.last_key_value() else {
            return Err(KeyringError::Empty(kind, folder.to_owned()));
        };
        Ok(Self { kind, current, keys })
    }

    /// A keyring of one new key that is stored nowhere, for tests.
    pub fn ephemeral(kind: KeyKind, random: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self {
            kind,
            current: 1,
            keys: BTreeMap::from([(1, generate(random))]),
        }
    }

    /// What these keys are for.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Version that new values get.
    #[must_use]
    pub fn current(&self) -> u16 {
        self.current
    }

    /// Every version that can still be read.
    pub fn versions(&self) -> impl DoubleEndedIterator<Item = u16> + '_ {
        self.keys.keys().copied()
    }

    pub(crate) fn key(&self, version: u16) -> Option<&RootKey> {
        self.keys.get(&version)
    }

    pub(crate) fn current_key(&self) -> &RootKey {
        self.keys
            .get(&self.current)
            .expect("the current version is one of the keys")
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Keyring")
            .field("kind", &self.kind)
            .field("versions", &self.keys.keys())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.prefix())
    }
}

impl KeyKind {
    fn prefix(self) -> &'static str {
        match self {
            Self::KeyEncryption => "kek",
            Self::BlindIndex => "index",
        }
    }
}

/// Makes the file of a new key, readable by its owner only; never replaces one.
///
/// # Errors
/// [`KeyringError::Io`], also if the file exists.
pub fn create_key_file(
    folder: &Path,
    kind: KeyKind,
    version: u16,
    random: &mut (impl CryptoRng + ?Sized),
) -> Result<PathBuf, KeyringError> {
    let path = folder.join(format!("{}-{version}.key", kind.prefix()));
    if version == 0 {
        return Err(KeyringError::Version(path));
    }
    let text = Zeroizing::new(format!(
        "{}\n",
        *Zeroizing::new(hex::encode(generate(random).as_slice()))
    ));
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .map_err(at(&path))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(at(&path))?;
    Ok(path)
}

pub(crate) fn generate(random: &mut (impl CryptoRng + ?Sized)) -> RootKey {
    let mut key = Zeroizing::new([0; 32]);
    random.fill_bytes(key.as_mut_slice());
    key
}

/// The version in a file's name; `None` for files that are no keys of this kind.
fn version_of(path: &Path, kind: KeyKind) -> Result<Option<u16>, KeyringError> {
    let digits = path
        .file_name()
        .and_then(|name| name.to_str())
        .and_then(|name| name.strip_suffix(".key"))
        .and_then(|name| name.strip_prefix(kind.prefix()))
        .and_then(|name| name.strip_prefix('-'));
    let Some(digits) = digits else { return Ok(None) };
    match digits.parse() {
        Ok(version) if version > 0 => Ok(Some(version)),
        _ => Err(KeyringError::Version(path.to_owned())),
    }
}

fn read(path: &Path) -> Result<RootKey, KeyringError> {
    let metadata = fs::metadata(path).map_err(at(path))?;
    if metadata.permissions().mode() & 0o007 != 0 {
        return Err(KeyringError::Exposed(path.to_owned()));
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(at(path))?);
    let mut key = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim(), key.as_mut_slice())
        .map_err(|_| KeyringError::Malformed(path.to_owned()))?;
    Ok(key)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> KeyringError {
    let path = path.to_owned();
    move |source| KeyringError::Io { path, source }
}
