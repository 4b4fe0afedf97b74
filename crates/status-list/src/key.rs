//! ES256 (RFC 7518 §3.4).

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// A point of P-256, uncompressed (SEC 1).
const POINT: usize = 65;

/// Whoever keeps the key of a list: a file, a module.
pub trait TokenSigner {
    /// The key's id, for the header.
    fn key_id(&self) -> &str;

    /// r and s over a message's SHA-256, 32 bytes each; none if the keeper does not answer.
    fn sign(&self, message: &[u8]) -> Option<[u8; 64]>;
}

/// Why something is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyFault {
    /// No P-256 private key in PKCS#8.
    #[error("not a P-256 private key in PKCS#8")]
    Private,
    /// No point of P-256.
    #[error("not an uncompressed point of P-256")]
    Public,
}

/// A key in a file.
pub struct Es256Signer {
    key_id: String,
    pair: EcdsaKeyPair,
}

impl Es256Signer {
    /// Reads a private key in PKCS#8.
    ///
    /// # Errors
    /// If it is none.
    pub fn from_pkcs8(key_id: &str, der: &[u8]) -> Result<Self, KeyFault> {
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map_err(|_| KeyFault::Private)?;
        let key_id = key_id.to_owned();
        Ok(Self { key_id, pair })
    }

    /// As [`Es256Signer::from_pkcs8`], named by its digest ([`Es256Verifier::named_by_digest`]).
    ///
    /// # Errors
    /// If it is none.
    pub fn named_by_digest(der: &[u8]) -> Result<Self, KeyFault> {
        let unnamed = Self::from_pkcs8("", der)?;
        let key_id = key_id_of(unnamed.pair.public_key().as_ref());
        Ok(Self { key_id, ..unnamed })
    }

    /// The public half.
    ///
    /// # Errors
    /// Not for a key that was read.
    pub fn verifier(&self) -> Result<Es256Verifier, KeyFault> {
        Es256Verifier::new(&self.key_id, self.pair.public_key().as_ref())
    }
}

/// The key's id, never the key.
impl fmt::Debug for Es256Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Es256Signer({})", self.key_id)
    }
}

impl TokenSigner for Es256Signer {
    fn key_id(&self) -> &str {
        &self.key_id
    }

    fn sign(&self, message: &[u8]) -> Option<[u8; 64]> {
        let signature = self.pair.sign(&SystemRandom::new(), message).ok()?;
        signature.as_ref().try_into().ok()
    }
}

/// A public key with its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Es256Verifier {
    key_id: String,
    point: [u8; POINT],
}

impl Es256Verifier {
    /// The key with this id and point.
    ///
    /// # Errors
    /// If it is not an uncompressed point in form. That it is on the curve is checked with each signature.
    pub fn new(key_id: &str, point: &[u8]) -> Result<Self, KeyFault> {
        let point: [u8; POINT] = point.try_into().map_err(|_| KeyFault::Public)?;
        if point.first() != Some(&4) {
            return Err(KeyFault::Public);
        }
        let key_id = key_id.to_owned();
        Ok(Self { key_id, point })
    }

    /// The key with this point, named by the first eight bytes of the point's SHA-256 in hexadecimal: whoever has the key knows what
    /// tokens call it.
    ///
    /// # Errors
    /// If it is not an uncompressed point in form.
    pub fn named_by_digest(point: &[u8]) -> Result<Self, KeyFault> {
        Self::new(&key_id_of(point), point)
    }

    /// Its id.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Its point.
    #[must_use]
    pub const fn point(&self) -> &[u8; POINT] {
        &self.point
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.point)
            .verify(message, signature)
            .is_ok()
    }
}

fn key_id_of(point: &[u8]) -> String {
    let digest = Sha256::digest(point);
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
