//! The SM3 digest (GB/T 32905).

use sm3::Digest as _;

/// Length of a digest in bytes.
pub const LENGTH: usize = 32;

/// A digest in the making. Cloning keeps the midstate, so that a constant prefix is hashed once.
#[derive(Clone, Debug, Default)]
pub struct Sm3(sm3::Sm3);

impl Sm3 {
    /// Nothing hashed yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Hashes some more.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Hashes some more.
    #[must_use]
    pub fn with(mut self, bytes: &[u8]) -> Self {
        self.update(bytes);
        self
    }

    /// The digest of everything hashed.
    #[must_use]
    pub fn finish(self) -> [u8; LENGTH] {
        self.0.finalize().into()
    }
}

/// The digest of `bytes`.
#[must_use]
pub fn digest(bytes: &[u8]) -> [u8; LENGTH] {
    Sm3::new().with(bytes).finish()
}
