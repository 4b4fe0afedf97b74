//! The one way hashes over several fields are taken: domain first, every field preceded by its length.

use sha2::{Digest, Sha256};

/// A SHA-256 value.
pub type Hash = [u8; 32];

/// The hash before the first link of a chain.
pub const GENESIS: Hash = [0; 32];

/// Hashes fields under a domain so that no two lists of fields, and no two purposes, give the same input.
pub(crate) struct FieldHasher(Sha256);

impl FieldHasher {
    pub(crate) fn new(domain: &str) -> Self {
        Self(Sha256::new()).field(domain.as_bytes())
    }

    pub(crate) fn field(mut self, bytes: &[u8]) -> Self {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
        self
    }

    pub(crate) fn number(self, number: i64) -> Self {
        self.field(&number.to_be_bytes())
    }

    pub(crate) fn finish(self) -> Hash {
        self.0.finalize().into()
    }
}

/// SHA-256 of some bytes, for bodies of requests and payloads.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// A hash as a row holds it.
pub(crate) fn from_row(
    bytes: &[u8],
    table: &'static str,
    column: &'static str,
    row: impl std::fmt::Display,
) -> Result<Hash, crate::Error> {
    bytes
        .try_into()
        .map_err(|_| crate::Error::inconsistent(table, column, row))
}
