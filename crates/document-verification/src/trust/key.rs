//! The Ed25519 key of bundles.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{TrustError, file};

/// Names the purpose of what is signed, so that no other signature of the key could be taken for one of a bundle.
const PURPOSE: &[u8] = b"jianzheng trust bundle v1\0";
/// SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes (RFC 8410 §4).
const PREFIX: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];
const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";

/// The key that signs bundles; kept offline.
#[derive(Debug)]
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// Reads a private key: PKCS#8, with or without its public half.
    ///
    /// # Errors
    /// If it is none.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, TrustError> {
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(der)
            .map(Self)
            .map_err(|_| TrustError::Malformed("private key", "not an Ed25519 key in PKCS#8"))
    }

    /// The key of 32 random bytes.
    ///
    /// # Errors
    /// Not for 32 bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, TrustError> {
        Ed25519KeyPair::from_seed_unchecked(seed)
            .map(Self)
            .map_err(|_| TrustError::Malformed("private key", "not a seed"))
    }

    pub(super) fn sign(&self, statement: &[u8]) -> Result<String, TrustError> {
        let signature = self
            .0
            .try_sign(&message(statement))
            .map_err(|_| TrustError::Sign)?;
        Ok(STANDARD.encode(signature) + "\n")
    }

    pub(super) fn public_pem(&self) -> String {
        let spki = [&PREFIX, self.0.public_key().as_ref()].concat();
        format!("{BEGIN}\n{}\n{END}\n", STANDARD.encode(spki))
    }
}

fn message(statement: &[u8]) -> Vec<u8> {
    [PURPOSE, statement].concat()
}

pub(super) fn verify(public: &[u8; 32], statement: &[u8], signature: &[u8]) -> Result<(), TrustError> {
    let malformed = || TrustError::Malformed(file::SIGNATURE, "not a signature in base64");
    let text = std::str::from_utf8(signature).map_err(|_| malformed())?;
    let value = STANDARD.decode(text.trim()).map_err(|_| malformed())?;
    UnparsedPublicKey::new(&ED25519, public)
        .verify(&message(statement), &value)
        .map_err(|_| TrustError::Signature)
}

pub(super) fn public_from_pem(pem: &[u8]) -> Result<[u8; 32], TrustError> {
    let malformed = || TrustError::Malformed(file::KEY, "not an Ed25519 public key in PEM");
    let text = std::str::from_utf8(pem).map_err(|_| malformed())?;
    let body = text
        .trim()
        .strip_prefix(BEGIN)
        .and_then(|rest| rest.strip_suffix(END))
        .ok_or_else(malformed)?;
    let body: String = body.split_ascii_whitespace().collect();
    let spki = STANDARD.decode(body).map_err(|_| malformed())?;
    spki.strip_prefix(&PREFIX)
        .and_then(|key| key.try_into().ok())
        .ok_or_else(malformed)
}
