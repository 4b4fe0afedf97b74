//! Finding a row by a personal value that the row does not show.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::hmac;
use subtle::ConstantTimeEq;

use crate::cipher::{RootKey, derive};
use crate::data_key::context;
use crate::keyring::{KeyKind, Keyring};

/// Computes blind indices with the index keys of a deployment: HMAC-SHA-256 under a key of its own for every
/// column, so neither two columns nor two deployments can be joined by their indices.
#[derive(Debug, Clone)]
pub struct BlindIndexer {
    keyring: Keyring,
}

/// The indexer of one column with the current key, which is derived once: for those who index many values. Clones
/// share it.
#[derive(Clone)]
pub struct ColumnIndexer {
    version: u16,
    key: Arc<hmac::Key>,
}

/// The index of a value: version of the key and 32 bytes of HMAC.
#[derive(Clone, Copy)]
pub struct BlindIndex {
    version: u16,
    digest: [u8; 32],
}

impl BlindIndexer {
    /// An indexer with the keys of a deployment.
    ///
    /// # Panics
    /// If the keyring is not of kind [`KeyKind::BlindIndex`].
    #[must_use]
    pub fn new(keyring: Keyring) -> Self {
        assert_eq!(keyring.kind(), KeyKind::BlindIndex, "one purpose per key");
        Self { keyring }
    }

    /// The index to store. The caller normalises first: two spellings have two indices.
    #[must_use]
    pub fn index(&self, column: &str, value: &[u8]) -> BlindIndex {
        self.with_version(self.keyring.current(), column, value)
    }

    /// Every index the value may be stored under, the current first; for look-ups while a rotation is under way.
    pub fn candidates<'a>(
        &'a self,
        column: &'a str,
        value: &'a [u8],
    ) -> impl Iterator<Item = BlindIndex> + 'a {
        self.keyring
            .versions()
            .rev()
            .map(move |version| self.with_version(version, column, value))
    }

    /// Version that [`BlindIndexer::index`] uses (`index_version` of new rows).
    #[must_use]
    pub fn current_version(&self) -> u16 {
        self.keyring.current()
    }

    /// The indexer of one column: the same indices as [`BlindIndexer::index`].
    #[must_use]
    pub fn column(&self, column: &str) -> ColumnIndexer {
        let version = self.keyring.current();
        ColumnIndexer {
            version,
            key: Arc::new(self.key(version, column)),
        }
    }

    pub(crate) fn current_key(&self) -> &RootKey {
        self.keyring.current_key()
    }

    fn with_version(&self, version: u16, column: &str, value: &[u8]) -> BlindIndex {
        sign(version, &self.key(version, column), value)
    }

    fn key(&self, version: u16, column: &str) -> hmac::Key {
        let root = self
            .keyring
            .key(version)
            .expect("versions come from the keyring itself");
        let purpose = context("jianzheng/blind-index/v1", &[column.as_bytes()]);
        hmac::Key::new(hmac::HMAC_SHA256, derive::<32>(root, &purpose).as_slice())
    }
}

impl ColumnIndexer {
    /// The index to store. The caller normalises first: two spellings have two indices.
    #[must_use]
    pub fn index(&self, value: &[u8]) -> BlindIndex {
        sign(self.version, &self.key, value)
    }
}

impl fmt::Debug for ColumnIndexer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ColumnIndexer(version {})", self.version)
    }
}

fn sign(version: u16, key: &hmac::Key, value: &[u8]) -> BlindIndex {
    let tag = hmac::sign(key, value);
    let digest = tag.as_ref().try_into().expect("HMAC-SHA-256 has 32 bytes");
    BlindIndex { version, digest }
}

impl BlindIndex {
    /// Version of the key.
    #[must_use]
    pub fn version(&self) -> u16 {
        self.version
    }

    /// The HMAC alone, where the version has a column of its own.
    #[must_use]
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// Version and HMAC in one value of 34 bytes, where one column holds both.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [&self.version.to_be_bytes()[..], &self.digest].concat()
    }

    /// From [`BlindIndex::to_bytes`]; `None` for another length.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (version, digest) = bytes.split_first_chunk::<2>()?;
        Some(Self {
            version: u16::from_be_bytes(*version),
            digest: digest.try_into().ok()?,
        })
    }
}

impl PartialEq for BlindIndex {
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version && bool::from(self.digest.ct_eq(&other.digest))
    }
}

impl Eq for BlindIndex {}

impl fmt::Debug for BlindIndex {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "BlindIndex(version {})", self.version)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{OsRandom, create_key_file};

    fn indexer() -> BlindIndexer {
        BlindIndexer::new(Keyring::ephemeral(KeyKind::BlindIndex, &mut OsRandom))
    }

    #[test]
    fn columns_and_deployments_cannot_be_joined() {
        let (here, there) = (indexer(), indexer());
        let value = b"11010119900307002X";
        assert_eq!(here.index("a.number", value), here.index("a.number", value));
        assert_ne!(here.index("a.number", value), here.index("b.number", value));
        assert_ne!(here.index("a.number", value), there.index("a.number", value));
        assert_eq!(
            here.column("a.number").index(value),
            here.index("a.number", value)
        );
    }

    #[test]
    fn during_a_rotation_a_value_is_found_under_either_version() {
        let folder = tempfile::tempdir().unwrap();
        create_key_file(folder.path(), KeyKind::BlindIndex, 1, &mut OsRandom).unwrap();
        let before = BlindIndexer::new(Keyring::load(folder.path(), KeyKind::BlindIndex).unwrap());
        let stored = before.index("a.number", b"value");
        create_key_file(folder.path(), KeyKind::BlindIndex, 2, &mut OsRandom).unwrap();
        let after = BlindIndexer::new(Keyring::load(folder.path(), KeyKind::BlindIndex).unwrap());
        assert_eq!(after.current_version(), 2);
        let candidates: Vec<_> = after.candidates("a.number", b"value").collect();
        assert_eq!(candidates, [after.index("a.number", b"value"), stored]);
        assert_ne!(after.index("a.number", b"value").digest(), stored.digest());
    }

    proptest! {
        #[test]
        fn an_index_survives_its_row_and_shows_nothing(value in "[0-9X]{18}") {
            let index = indexer().index("a.number", value.as_bytes());
            prop_assert_eq!(BlindIndex::from_bytes(&index.to_bytes()), Some(index));
            prop_assert!(BlindIndex::from_bytes(&index.to_bytes()[1..]).is_none());
            prop_assert_eq!(format!("{index:?}"), "BlindIndex(version 1)");
        }
    }
}
