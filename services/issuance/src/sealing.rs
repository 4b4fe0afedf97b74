//! Personal data on its way in and out of the store: values sealed under a person's key, keyed digests of bodies.

use domain::ids::PersonId;
use personal_data::{BlindIndexer, DataKey, Envelope, OpenError, OsRandom, Vault, WrappedDataKey};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::error::Error;

const BODY_INDEX: &str = "shared.request.body";

/// The keys of this deployment.
#[derive(Debug, Clone)]
pub(crate) struct Sealing {
    vault: Vault,
    indexer: BlindIndexer,
}

impl Sealing {
    /// With the keys of this deployment.
    pub(crate) fn new(vault: Vault, indexer: BlindIndexer) -> Self {
        Self { vault, indexer }
    }

    /// What makes and unwraps the keys of persons.
    pub(crate) fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Keyed digest of a request's body: a plain one could be searched for what is inside. Taken under the oldest key,
    /// so that it survives the arrival of a new one.
    pub(crate) fn body_digest(&self, body: &[u8]) -> [u8; 32] {
        let oldest = self.indexer.candidates(BODY_INDEX, body).last();
        *oldest
            .expect("invariant: a keyring has at least one key")
            .digest()
    }

    /// Makes the wrapped key of a person who has none yet.
    pub(crate) fn new_key(&self, person: PersonId) -> Vec<u8> {
        let (_, wrapped) = self.vault.create(person.as_uuid(), &mut OsRandom);
        wrapped.as_bytes().to_vec()
    }

    /// Unwraps a person's key.
    ///
    /// # Errors
    /// It does not open: a defect, or tampering.
    pub(crate) fn key(&self, person: PersonId, wrapped: Vec<u8>) -> Result<DataKey, Error> {
        self.vault
            .unwrap(person.as_uuid(), &WrappedDataKey::from_bytes(wrapped))
            .map_err(unreadable)
    }
}

/// Seals bytes for a column.
pub(crate) fn seal(key: &DataKey, column: &str, bytes: &[u8]) -> Vec<u8> {
    key.seal(column, bytes, &mut OsRandom).into_bytes()
}

/// Opens bytes of a column.
///
/// # Errors
/// They do not open.
pub(crate) fn open(key: &DataKey, column: &str, sealed: Vec<u8>) -> Result<Zeroizing<Vec<u8>>, Error> {
    key.open(column, &Envelope::from_bytes(sealed))
        .map_err(unreadable)
}

/// Seals a value for a column.
pub(crate) fn seal_json(key: &DataKey, column: &str, value: &impl Serialize) -> Vec<u8> {
    let json = Zeroizing::new(serde_json::to_vec(value).expect("invariant: plain fields encode"));
    seal(key, column, &json)
}

/// Opens a value of a column.
///
/// # Errors
/// It does not open, or is not what was sealed.
pub(crate) fn open_json<T: DeserializeOwned>(
    key: &DataKey,
    column: &str,
    sealed: Vec<u8>,
) -> Result<T, Error> {
    let json = open(key, column, sealed)?;
    serde_json::from_slice(&json).map_err(|_| Error::internal(format_args!("{column} cannot be read")))
}

fn unreadable(error: OpenError) -> Error {
    Error::internal(format_args!("personal data: {error}"))
}
