//! Keys of notes: a name, a kind of signature, an Ed25519 key.

use std::fmt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::checkpoint::Origin;
use crate::note::{NoteSignature, is_key_name};

/// What a key signs (the identifier bytes of signed-note). The same Ed25519 key under another kind has another key id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Algorithm {
    /// The note's text: the log's own signature.
    Ed25519 = 0x01,
    /// A timestamped cosignature (`cosignature/v1`): a witness's.
    CosignatureV1 = 0x04,
}

/// A public key with its name. As text it is the `vkey` of signed-note: `name+id+base64`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VerifierKey {
    name: String,
    algorithm: Algorithm,
    public: [u8; 32],
    id: u32,
}

/// Why something is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyFault {
    /// A name is empty or has spaces or a plus.
    #[error("a key's name is empty, or has spaces or a plus")]
    Name,
    /// The text is not `name+id+base64`, or its id is not that of the key.
    #[error("not a verifier key: name+id+base64 with the id of the key")]
    Text,
    /// Neither of the two kinds.
    #[error("the key is of an unknown kind")]
    Algorithm,
    /// No Ed25519 private key in PKCS#8.
    #[error("not an Ed25519 private key in PKCS#8")]
    Private,
}

impl VerifierKey {
    /// The key of this name and kind.
    ///
    /// # Errors
    /// If the name cannot stand in a signature line.
    pub fn new(name: &str, algorithm: Algorithm, public: [u8; 32]) -> Result<Self, KeyFault> {
        if !is_key_name(name) {
            return Err(KeyFault::Name);
        }
        let id = key_id(name, algorithm, &public);
        Ok(Self {
            name: name.to_owned(),
            algorithm,
            public,
            id,
        })
    }

    /// Reads `name+id+base64`.
    ///
    /// # Errors
    /// If it is none, or of another kind of key.
    pub fn parse(text: &str) -> Result<Self, KeyFault> {
        let mut parts = text.splitn(3, '+');
        let mut part = || parts.next().ok_or(KeyFault::Text);
        let (name, id, material) = (part()?, part()?, part()?);
        let material = STANDARD.decode(material).map_err(|_| KeyFault::Text)?;
        let (kind, public) = material.split_first().ok_or(KeyFault::Text)?;
        let algorithm = match kind {
            0x01 => Algorithm::Ed25519,
            0x04 => Algorithm::CosignatureV1,
            _ => return Err(KeyFault::Algorithm),
        };
        let key = Self::new(name, algorithm, public.try_into().map_err(|_| KeyFault::Text)?)?;
        if format!("{:08x}", key.id) == id {
            Ok(key)
        } else {
            Err(KeyFault::Text)
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The raw Ed25519 key.
    #[must_use]
    pub const fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// The first four bytes of SHA-256(name LF kind key).
    #[must_use]
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// Whether a line claims to be this key's.
    pub(crate) fn is_named_by(&self, signature: &NoteSignature) -> bool {
        signature.name() == self.name && signature.key_id() == self.id
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.public)
            .verify(message, signature)
            .is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let material = [&[self.algorithm as u8], self.public.as_slice()].concat();
        write!(f, "{}+{:08x}+{}", self.name, self.id, STANDARD.encode(material))
    }
}

fn key_id(name: &str, algorithm: Algorithm, public: &[u8; 32]) -> u32 {
    let digest = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', algorithm as u8])
        .chain_update(public)
        .finalize();
    u32::from_be_bytes(digest.first_chunk().copied().unwrap_or_default())
}

/// The keys of one log, one a line as [`VerifierKey::parse`] takes them, with its origin, which is their name; none where they are not of
/// one log, or there is none.
#[must_use]
pub fn log_keys(text: &str) -> Option<(Origin, Vec<VerifierKey>)> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let keys: Vec<_> = lines
        .map(|line| VerifierKey::parse(line).ok())
        .collect::<Option<_>>()?;
    let name = keys.first()?.name();
    let one = |key: &VerifierKey| key.name() == name && key.algorithm() == Algorithm::Ed25519;
    let origin = Origin::new(name)?;
    keys.iter().all(one).then_some((origin, keys))
}

/// A private key with its name and kind.
pub(crate) struct SigningKey {
    pair: Ed25519KeyPair,
    key: VerifierKey,
}

impl SigningKey {
    pub(crate) fn from_pkcs8(name: &str, algorithm: Algorithm, der: &[u8]) -> Result<Self, KeyFault> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_err(|_| KeyFault::Private)?;
        Self::new(name, algorithm, pair)
    }

    pub(crate) fn from_seed(name: &str, algorithm: Algorithm, seed: &[u8; 32]) -> Result<Self, KeyFault> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyFault::Private)?;
        Self::new(name, algorithm, pair)
    }

    fn new(name: &str, algorithm: Algorithm, pair: Ed25519KeyPair) -> Result<Self, KeyFault> {
        let public = pair
            .public_key()
            .as_ref()
            .try_into()
            .map_err(|_| KeyFault::Private)?;
        let key = VerifierKey::new(name, algorithm, public)?;
        Ok(Self { pair, key })
    }

    pub(crate) const fn verifier(&self) -> &VerifierKey {
        &self.key
    }

    /// Ed25519 (RFC 8032): deterministic.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }
}

/// The key's name, never the key.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.key.name)
    }
}
