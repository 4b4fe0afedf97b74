//! A person's data key, how it is wrapped, and what it seals.

use std::fmt;

use rand_core::CryptoRng;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::cipher::{Cipher, NONCE_LENGTH, RootKey, TAG_LENGTH};
use crate::keyring::{KeyKind, Keyring, generate};

/// Makes and unwraps data keys with the key-encryption keys of a deployment.
#[derive(Debug, Clone)]
pub struct Vault {
    keyring: Keyring,
    cipher: Cipher,
}

/// The key of one person (or of another owner of personal data, such as an unclaimed record). In memory only while
/// needed, wiped on drop, never stored but wrapped.
pub struct DataKey {
    owner: Uuid,
    cipher: Cipher,
    key: RootKey,
}

/// A data key as a row holds it: format, cipher, version of the wrapping key, nonce, ciphertext.
///
/// It opens only for the owner it was made for, so rows cannot be exchanged.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedDataKey(Vec<u8>);

/// A sealed value as a row, an event or an audit record holds it: format, cipher, nonce, ciphertext.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope(Vec<u8>);

/// Why something sealed does not open. Says nothing about the contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The bytes are no envelope of a known format.
    #[error("not a sealed value of a known format")]
    Malformed,
    /// The key it was wrapped with is no longer on the keyring.
    #[error("wrapped under key version {0}, which is not on the keyring")]
    UnknownVersion(u16),
    /// Another person, another column, another key, or changed bytes.
    #[error("sealed for another owner or column, or altered")]
    Unauthentic,
}

impl Vault {
    /// A vault that seals new values with `cipher`.
    ///
    /// # Panics
    /// If the keyring is not of kind [`KeyKind::KeyEncryption`].
    #[must_use]
    pub fn new(keyring: Keyring, cipher: Cipher) -> Self {
        assert_eq!(keyring.kind(), KeyKind::KeyEncryption, "one purpose per key");
        Self { keyring, cipher }
    }

    /// Makes the key of a new owner, and its wrapped form to store.
    pub fn create(&self, owner: Uuid, random: &mut (impl CryptoRng + ?Sized)) -> (DataKey, WrappedDataKey) {
        let key = DataKey {
            owner,
            cipher: self.cipher,
            key: generate(random),
        };
        let wrapped = self.wrap(&key, random);
        (key, wrapped)
    }

    /// Unwraps the key of an owner.
    ///
    /// # Errors
    /// [`OpenError`], also if the row was made for another owner.
    pub fn unwrap(&self, owner: Uuid, wrapped: &WrappedDataKey) -> Result<DataKey, OpenError> {
        let parts = wrapped.parts()?;
        let kek = self
            .keyring
            .key(parts.version)
            .ok_or(OpenError::UnknownVersion(parts.version))?;
        let associated = wrapping_context(owner, parts.header);
        let opened = parts
            .cipher
            .open(kek, &associated, parts.nonce, parts.sealed)
            .map_err(|_| OpenError::Unauthentic)?;
        let key = opened.as_slice().try_into().map_err(|_| OpenError::Malformed)?;
        Ok(DataKey {
            owner,
            cipher: self.cipher,
            key: Zeroizing::new(key),
        })
    }

    /// Moves a data key under the current version and cipher; `None` if it is there already. Values sealed with it
    /// stay as they are.
    ///
    /// # Errors
    /// As [`Vault::unwrap`].
    pub fn rewrap(
        &self,
        owner: Uuid,
        wrapped: &WrappedDataKey,
        random: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Option<WrappedDataKey>, OpenError> {
        let parts = wrapped.parts()?;
        if parts.version == self.keyring.current() && parts.cipher == self.cipher {
            return Ok(None);
        }
        let key = self.unwrap(owner, wrapped)?;
        Ok(Some(self.wrap(&key, random)))
    }

    /// Unwraps the owner's key and seals one value; see [`DataKey::seal`].
    ///
    /// # Errors
    /// As [`Vault::unwrap`].
    pub fn seal_for(
        &self,
        owner: Uuid,
        wrapped: &WrappedDataKey,
        column: &str,
        plaintext: &[u8],
        random: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Envelope, OpenError> {
        Ok(self.unwrap(owner, wrapped)?.seal(column, plaintext, random))
    }

    /// Unwraps the owner's key and opens one value; see [`DataKey::open`].
    ///
    /// # Errors
    /// As [`Vault::unwrap`] and [`DataKey::open`].
    pub fn open(
        &self,
        owner: Uuid,
        wrapped: &WrappedDataKey,
        column: &str,
        envelope: &Envelope,
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        self.unwrap(owner, wrapped)?.open(column, envelope)
    }

    fn wrap(&self, key: &DataKey, random: &mut (impl CryptoRng + ?Sized)) -> WrappedDataKey {
        let [high, low] = self.keyring.current().to_be_bytes();
        let header = [FORMAT, self.cipher.code(), high, low];
        let associated = wrapping_context(key.owner, &header);
        let (nonce, sealed) = self.cipher.seal(
            self.keyring.current_key(),
            &associated,
            key.key.as_slice(),
            random,
        );
        WrappedDataKey([&header[..], &nonce, &sealed].concat())
    }
}

impl DataKey {
    /// Seals a value for a column. The envelope opens only with this person's key and under the same column name
    /// (`identity.identity_document.number`; append the row's id where values of one column must not change rows).
    pub fn seal(&self, column: &str, plaintext: &[u8], random: &mut (impl CryptoRng + ?Sized)) -> Envelope {
        let header = [FORMAT, self.cipher.code()];
        let associated = value_context(self.owner, column, &header);
        let (nonce, sealed) = self.cipher.seal(&self.key, &associated, plaintext, random);
        Envelope([&header[..], &nonce, &sealed].concat())
    }

    /// Opens a value of a column; the memory is wiped when the result is dropped.
    ///
    /// # Errors
    /// [`OpenError::Unauthentic`] for another person, another column or changed bytes.
    pub fn open(&self, column: &str, envelope: &Envelope) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (header, rest) = envelope.0.split_first_chunk::<2>().ok_or(OpenError::Malformed)?;
        let (nonce, sealed) = rest
            .split_first_chunk::<NONCE_LENGTH>()
            .ok_or(OpenError::Malformed)?;
        let [FORMAT, code] = *header else {
            return Err(OpenError::Malformed);
        };
        let cipher = Cipher::from_code(code).ok_or(OpenError::Malformed)?;
        let associated = value_context(self.owner, column, header);
        cipher
            .open(&self.key, &associated, *nonce, sealed)
            .map_err(|_| OpenError::Unauthentic)
    }

    /// Whose key this is.
    #[must_use]
    pub fn owner(&self) -> Uuid {
        self.owner
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DataKey")
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}

struct Wrapped<'a> {
    header: &'a [u8; 4],
    cipher: Cipher,
    version: u16,
    nonce: [u8; NONCE_LENGTH],
    sealed: &'a [u8],
}

impl WrappedDataKey {
    /// From a row; whether it opens shows when it is unwrapped.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// As a row holds it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Version of the key it is wrapped under, for a job that rewraps.
    ///
    /// # Errors
    /// [`OpenError::Malformed`].
    pub fn version(&self) -> Result<u16, OpenError> {
        Ok(self.parts()?.version)
    }

    fn parts(&self) -> Result<Wrapped<'_>, OpenError> {
        let (header, rest) = self.0.split_first_chunk::<4>().ok_or(OpenError::Malformed)?;
        let (nonce, sealed) = rest
            .split_first_chunk::<NONCE_LENGTH>()
            .ok_or(OpenError::Malformed)?;
        let [FORMAT, code, high, low] = *header else {
            return Err(OpenError::Malformed);
        };
        let cipher = Cipher::from_code(code).ok_or(OpenError::Malformed)?;
        if sealed.len() != size_of::<[u8; 32]>() + TAG_LENGTH {
            return Err(OpenError::Malformed);
        }
        Ok(Wrapped {
            header,
            cipher,
            version: u16::from_be_bytes([high, low]),
            nonce: *nonce,
            sealed,
        })
    }
}

impl Envelope {
    /// From a row; whether it opens shows when it is opened.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// As a row, an event or an audit record holds it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, without a copy.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl fmt::Debug for WrappedDataKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "WrappedDataKey({} bytes)", self.0.len())
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Envelope({} bytes)", self.0.len())
    }
}

fn wrapping_context(owner: Uuid, header: &[u8]) -> Vec<u8> {
    context("jianzheng/data-key/v1", &[header, owner.as_bytes()])
}

fn value_context(owner: Uuid, column: &str, header: &[u8]) -> Vec<u8> {
    context(
        "jianzheng/personal-value/v1",
        &[header, owner.as_bytes(), column.as_bytes()],
    )
}

/// Domain and fields, each preceded by its length, so that no two lists give the same bytes.
pub(crate) fn context(domain: &str, fields: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for field in std::iter::once(&domain.as_bytes()).chain(fields) {
        bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
        bytes.extend_from_slice(field);
    }
    bytes
}

const FORMAT: u8 = 1;

#[cfg(test)]
mod tests;
