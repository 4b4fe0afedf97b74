//! Private keys in software.

use std::fmt;

use aws_lc_rs::digest;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use rand_core::CryptoRng;
use sm2::{
    elliptic_curve::Generate as _,
    pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding},
};
use zeroize::{Zeroize as _, Zeroizing};

use super::{Algorithm, DEFAULT_ID, PublicKey, SignError, Signer, sm2_sign};
use crate::signature::Signature;

/// The bytes are no key on a curve we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an SM2 or P-256 key")]
pub struct InvalidKey;

/// A private key. It is overwritten in memory when dropped, and shows nothing of itself.
pub struct PrivateKey {
    secret: Secret,
    public: PublicKey,
}

enum Secret {
    Sm2(Box<Sm2Secret>),
    P256(Box<P256Secret>),
}

/// The key for storing it, and the same key for signing: AWS-LC signs four times as fast, in constant time.
struct P256Secret {
    key: p256::SecretKey,
    pair: EcdsaKeyPair,
}

/// The secret number d, and (1 + d)⁻¹, which every signature needs. Neither erases itself.
struct Sm2Secret {
    d: sm2::NonZeroScalar,
    inverse: sm2::Scalar,
}

impl Drop for Sm2Secret {
    fn drop(&mut self) {
        self.d.zeroize();
        self.inverse.zeroize();
    }
}

impl PrivateKey {
    /// Draws a key.
    #[must_use]
    pub fn generate(algorithm: Algorithm, rng: &mut dyn CryptoRng) -> Self {
        match algorithm {
            Algorithm::Sm2WithSm3 => loop {
                if let Ok(key) = Self::sm2(&sm2::SecretKey::generate_from_rng(rng)) {
                    return key;
                }
            },
            Algorithm::EcdsaP256Sha256 => Self::p256(&p256::SecretKey::generate_from_rng(rng)),
        }
    }

    /// Reads PKCS#8 PEM (`BEGIN PRIVATE KEY`).
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, InvalidKey> {
        if let Ok(secret) = sm2::SecretKey::from_pkcs8_pem(pem) {
            return Self::sm2(&secret);
        }
        p256::SecretKey::from_pkcs8_pem(pem)
            .map(|secret| Self::p256(&secret))
            .map_err(|_| InvalidKey)
    }

    /// Reads PKCS#8 DER.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, InvalidKey> {
        if let Ok(secret) = sm2::SecretKey::from_pkcs8_der(der) {
            return Self::sm2(&secret);
        }
        p256::SecretKey::from_pkcs8_der(der)
            .map(|secret| Self::p256(&secret))
            .map_err(|_| InvalidKey)
    }

    /// Reads the secret number, big-endian.
    pub fn from_scalar(algorithm: Algorithm, scalar: &[u8; 32]) -> Result<Self, InvalidKey> {
        match algorithm {
            Algorithm::Sm2WithSm3 => {
                let secret = sm2::SecretKey::from_slice(scalar).map_err(|_| InvalidKey)?;
                Self::sm2(&secret)
            }
            Algorithm::EcdsaP256Sha256 => {
                let secret = p256::SecretKey::from_slice(scalar).map_err(|_| InvalidKey)?;
                Ok(Self::p256(&secret))
            }
        }
    }

    /// The key as PKCS#8 PEM.
    #[must_use]
    pub fn to_pkcs8_pem(&self) -> Zeroizing<String> {
        match &self.secret {
            Secret::Sm2(key) => sm2::SecretKey::from(&key.d).to_pkcs8_pem(LineEnding::LF),
            Secret::P256(secret) => secret.key.to_pkcs8_pem(LineEnding::LF),
        }
        .expect("invariant: a valid key can be encoded")
    }

    /// The number n - 1 is no key (GB/T 32918.1 §6.1): nothing could be signed with it.
    fn sm2(secret: &sm2::SecretKey) -> Result<Self, InvalidKey> {
        let d = secret.to_nonzero_scalar();
        let inverse = (*d + sm2::Scalar::ONE).invert().into_option().ok_or(InvalidKey)?;
        let public = sm2::dsa::VerifyingKey::new(DEFAULT_ID, secret.public_key())
            .expect("invariant: the default identity is short enough for its length field");
        Ok(Self {
            secret: Secret::Sm2(Box::new(Sm2Secret { d, inverse })),
            public: PublicKey::sm2(public),
        })
    }

    fn p256(secret: &p256::SecretKey) -> Self {
        let public = PublicKey::p256(secret.public_key().into());
        let scalar = Zeroizing::new(<[u8; 32]>::from(secret.to_bytes()));
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            scalar.as_slice(),
            &public.to_point(),
        )
        .expect("invariant: a valid key and its own point");
        let key = secret.clone();
        Self {
            secret: Secret::P256(Box::new(P256Secret { key, pair })),
            public,
        }
    }
}

impl Signer for PrivateKey {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign_digest(&self, digest: &[u8; 32], rng: &mut dyn CryptoRng) -> Result<Signature, SignError> {
        let (r, s) = match &self.secret {
            Secret::Sm2(_) => {
                let mut signed = self.sign_digests(std::slice::from_ref(digest), rng)?;
                return signed.pop().ok_or_else(no_nonce);
            }
            // AWS-LC draws the nonce itself, hedged with key and digest as the contract asks; `rng` is not needed.
            Secret::P256(secret) => {
                let digest = digest::Digest::import_less_safe(digest, &digest::SHA256);
                let value = digest.and_then(|digest| secret.pair.sign_digest(&digest));
                let value = value.map_err(|_| SignError("the library refused".to_owned()))?;
                let raw: [u8; 64] = value
                    .as_ref()
                    .try_into()
                    .map_err(|_| SignError("value of another length".to_owned()))?;
                halves(&raw)
            }
        };
        Signature::from_scalars(self.algorithm(), r, s)
            .map_err(|_| SignError("value out of range".to_owned()))
    }

    fn sign_digests(
        &self,
        digests: &[[u8; 32]],
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<Signature>, SignError> {
        let Secret::Sm2(key) = &self.secret else {
            return digests
                .iter()
                .map(|digest| self.sign_digest(digest, rng))
                .collect();
        };
        let pairs = sm2_sign::sign_all(&key.d, &key.inverse, digests, rng).ok_or_else(no_nonce)?;
        let values = pairs
            .into_iter()
            .map(|(r, s)| Signature::from_scalars(Algorithm::Sm2WithSm3, r, s));
        values
            .collect::<Result<_, _>>()
            .map_err(|_| SignError("value out of range".to_owned()))
    }
}

fn no_nonce() -> SignError {
    SignError("the generator gave no usable nonce".to_owned())
}

/// r and s of r‖s.
fn halves(raw: &[u8; 64]) -> ([u8; 32], [u8; 32]) {
    let (mut r, mut s) = ([0; 32], [0; 32]);
    let (first, second) = raw.split_at(32);
    r.copy_from_slice(first);
    s.copy_from_slice(second);
    (r, s)
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({:?})", self.algorithm())
    }
}
