//! Keys and the two signature algorithms.

mod private;
mod public;
mod sm2_base;
mod sm2_sign;
mod sm2_verify;
mod verifying;

use rand_core::CryptoRng;

pub use private::{InvalidKey, PrivateKey};
pub use public::{Digester, PublicKey};
pub use verifying::{MAX_RSA_BITS, MIN_RSA_BITS, VerifyingKey};

use crate::{
    asn1::Oid,
    oid,
    signature::{InvalidSignature, Signature},
};

/// The signer identity that every known producer hashes into Z (GB/T 35276, domain §4.7).
pub const DEFAULT_ID: &str = "1234567812345678";

/// A signature algorithm. Both sign 32-byte digests on curves of 256 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// SM2 with SM3 and the default identity: seals and their certificates.
    Sm2WithSm3,
    /// ECDSA on P-256 with SHA-256: the PDF rendition.
    EcdsaP256Sha256,
}

impl Algorithm {
    /// The identifier of the signature algorithm.
    #[must_use]
    pub const fn oid(self) -> Oid {
        match self {
            Self::Sm2WithSm3 => oid::SM2_WITH_SM3,
            Self::EcdsaP256Sha256 => oid::ECDSA_WITH_SHA256,
        }
    }

    /// The identifier of its digest.
    #[must_use]
    pub const fn digest_oid(self) -> Oid {
        match self {
            Self::Sm2WithSm3 => oid::SM3,
            Self::EcdsaP256Sha256 => oid::SHA256,
        }
    }

    /// The algorithm with this identifier, if it is one of ours.
    #[must_use]
    pub fn from_oid(oid: Oid) -> Option<Self> {
        [Self::Sm2WithSm3, Self::EcdsaP256Sha256]
            .into_iter()
            .find(|algorithm| algorithm.oid() == oid)
    }

    /// The plain digest of this algorithm, without any identity: what `messageDigest` and `dataHash` hold.
    #[must_use]
    pub fn digest(self, bytes: &[u8]) -> [u8; 32] {
        match self {
            Self::Sm2WithSm3 => crate::sm3::digest(bytes),
            Self::EcdsaP256Sha256 => <sha2::Sha256 as sha2::Digest>::digest(bytes).into(),
        }
    }

    /// The order n of the curve, big-endian (GB/T 32918.5; FIPS 186-5).
    pub(crate) const fn order(self) -> &'static [u8; 32] {
        match self {
            Self::Sm2WithSm3 => {
                b"\xff\xff\xff\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\
                  \x72\x03\xdf\x6b\x21\xc6\x05\x2b\x53\xbb\xf4\x09\x39\xd5\x41\x23"
            }
            Self::EcdsaP256Sha256 => {
                b"\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\
                  \xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51"
            }
        }
    }
}

/// The key could not sign. With a software key this does not happen; a hardware module may be away.
#[derive(Debug, thiserror::Error)]
#[error("signing failed: {0}")]
pub struct SignError(pub String);

/// Something that signs: a software key here, a hardware module elsewhere.
pub trait Signer: Send + Sync {
    /// The key that verifies what this signs.
    fn public_key(&self) -> &PublicKey;

    /// Signs a digest that [`PublicKey::digester`] made. The nonce depends on key, digest and randomness together, so
    /// neither a weak generator nor a repeated digest gives the key away: SM2 derives it from key and digest
    /// (RFC 6979) hedged with `rng`; ECDSA leaves it to AWS-LC, which mixes key and digest into its own generator.
    fn sign_digest(&self, digest: &[u8; 32], rng: &mut dyn CryptoRng) -> Result<Signature, SignError>;

    /// Signs digests, each as [`Signer::sign_digest`] does. A software key of SM2 signs a batch in less time than one by
    /// one.
    fn sign_digests(
        &self,
        digests: &[[u8; 32]],
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<Signature>, SignError> {
        digests
            .iter()
            .map(|digest| self.sign_digest(digest, rng))
            .collect()
    }

    /// Signs a message.
    fn sign(&self, message: &[u8], rng: &mut dyn CryptoRng) -> Result<Signature, SignError> {
        self.sign_digest(&self.public_key().digest(message), rng)
    }

    /// Which algorithm this signs with.
    fn algorithm(&self) -> Algorithm {
        self.public_key().algorithm()
    }
}

/// Something that verifies.
pub trait Verifier {
    /// Which algorithm this verifies.
    fn algorithm(&self) -> Algorithm;

    /// The digest that a signature over `message` is made on; for SM2 it begins with the signer's Z.
    fn digest(&self, message: &[u8]) -> [u8; 32];

    /// Verifies a signature over a digest.
    fn verify_digest(&self, digest: &[u8; 32], signature: &Signature) -> Result<(), InvalidSignature>;

    /// Verifies a signature over a message.
    fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), InvalidSignature> {
        self.verify_digest(&self.digest(message), signature)
    }

    /// Verifies a signature value in either encoding.
    fn verify_bytes(&self, message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        self.verify(message, &Signature::parse(self.algorithm(), signature)?)
    }
}

macro_rules! signer_by_reference {
    ($($pointer:ty),*) => {$(
        impl<T: Signer + ?Sized> Signer for $pointer {
            fn public_key(&self) -> &PublicKey {
                (**self).public_key()
            }
            fn sign_digest(&self, digest: &[u8; 32], rng: &mut dyn CryptoRng) -> Result<Signature, SignError> {
                (**self).sign_digest(digest, rng)
            }
            fn sign_digests(
                &self,
                digests: &[[u8; 32]],
                rng: &mut dyn CryptoRng,
            ) -> Result<Vec<Signature>, SignError> {
                (**self).sign_digests(digests, rng)
            }
        }
    )*};
}
signer_by_reference!(&T, Box<T>, std::sync::Arc<T>);

#[cfg(test)]
mod tests;
