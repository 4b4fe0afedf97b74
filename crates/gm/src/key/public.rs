//! Public keys.

use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU8, Ordering},
    },
};

use aws_lc_rs::{
    digest,
    signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey},
};
use sha2::Digest as _;
use sm2::pkcs8::EncodePublicKey as _;

use super::{
    Algorithm, DEFAULT_ID, InvalidKey, Verifier,
    sm2_verify::{self, Comb},
};
use crate::{
    asn1::{Reader, tag},
    oid,
    signature::{InvalidSignature, Signature},
    sm3::Sm3,
};

/// A public key that is on its curve and not the point at infinity.
#[derive(Clone)]
pub struct PublicKey(Inner);

#[derive(Clone)]
enum Inner {
    Sm2(Arc<Sm2Key>),
    P256(Box<p256::ecdsa::VerifyingKey>),
}

struct Sm2Key {
    key: sm2::dsa::VerifyingKey,
    z: [u8; 32],
    /// Counts verifications up to [`OFTEN`]; shared by the clones of a key.
    uses: AtomicU8,
    comb: OnceLock<Comb>,
}

/// After so many verifications a key gets a [`Comb`], which costs as much as twenty of them.
const OFTEN: u8 = 24;

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo` with the named curve of either algorithm.
    pub fn from_spki(der: &[u8]) -> Result<Self, InvalidKey> {
        let mut outer = Reader::new(der);
        let mut spki = outer.sequence().map_err(|_| InvalidKey)?;
        outer.finish().map_err(|_| InvalidKey)?;
        let mut algorithm = spki.sequence().map_err(|_| InvalidKey)?;
        let kind = algorithm.oid().map_err(|_| InvalidKey)?;
        let curve = algorithm.oid().map_err(|_| InvalidKey)?;
        algorithm.finish().map_err(|_| InvalidKey)?;
        let point = spki
            .expect(tag::BIT_STRING)
            .and_then(|bits| bits.bits())
            .map_err(|_| InvalidKey)?;
        if kind != oid::EC_PUBLIC_KEY {
            Err(InvalidKey)
        } else if curve == oid::SM2_CURVE {
            Self::from_point(Algorithm::Sm2WithSm3, point)
        } else if curve == oid::P256 {
            Self::from_point(Algorithm::EcdsaP256Sha256, point)
        } else {
            Err(InvalidKey)
        }
    }

    /// Reads a point in SEC 1 encoding, compressed or not.
    pub fn from_point(algorithm: Algorithm, point: &[u8]) -> Result<Self, InvalidKey> {
        match algorithm {
            Algorithm::Sm2WithSm3 => {
                let key =
                    sm2::dsa::VerifyingKey::from_sec1_bytes(DEFAULT_ID, point).map_err(|_| InvalidKey)?;
                Ok(Self::sm2(key))
            }
            Algorithm::EcdsaP256Sha256 => {
                let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(point).map_err(|_| InvalidKey)?;
                Ok(Self::p256(key))
            }
        }
    }

    pub(super) fn sm2(key: sm2::dsa::VerifyingKey) -> Self {
        let z = identity_digest(&key.to_sec1_bytes());
        Self(Inner::Sm2(Arc::new(Sm2Key {
            key,
            z,
            uses: AtomicU8::new(0),
            comb: OnceLock::new(),
        })))
    }

    pub(super) fn p256(key: p256::ecdsa::VerifyingKey) -> Self {
        Self(Inner::P256(Box::new(key)))
    }

    /// The key as DER `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn to_spki(&self) -> Vec<u8> {
        match &self.0 {
            Inner::Sm2(sm2) => sm2.key.to_public_key_der(),
            Inner::P256(key) => key.to_public_key_der(),
        }
        .expect("invariant: the point of a valid key can be encoded")
        .into_vec()
    }

    /// The point, uncompressed: 04‖x‖y.
    #[must_use]
    pub fn to_point(&self) -> Vec<u8> {
        match &self.0 {
            Inner::Sm2(sm2) => sm2.key.to_sec1_bytes().into_vec(),
            Inner::P256(key) => key.to_sec1_point(false).as_bytes().to_vec(),
        }
    }

    /// Which algorithm the key is for.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self.0 {
            Inner::Sm2(_) => Algorithm::Sm2WithSm3,
            Inner::P256(_) => Algorithm::EcdsaP256Sha256,
        }
    }

    /// Z, the digest over identity, curve and key that precedes every message signed with SM2 (GB/T 32918.2 §5.5).
    #[must_use]
    pub fn z(&self) -> Option<&[u8; 32]> {
        match &self.0 {
            Inner::Sm2(sm2) => Some(&sm2.z),
            Inner::P256(_) => None,
        }
    }

    /// Begins the digest of a message that this key shall verify. Clones keep the midstate.
    #[must_use]
    pub fn digester(&self) -> Digester {
        match &self.0 {
            Inner::Sm2(sm2) => Digester(Digest::Sm3(Sm3::new().with(&sm2.z))),
            Inner::P256(_) => Digester(Digest::Sha256(sha2::Sha256::new())),
        }
    }
}

impl Verifier for PublicKey {
    fn algorithm(&self) -> Algorithm {
        self.algorithm()
    }

    fn digest(&self, message: &[u8]) -> [u8; 32] {
        let mut digester = self.digester();
        digester.update(message);
        digester.finish()
    }

    fn verify_digest(&self, digest: &[u8; 32], signature: &Signature) -> Result<(), InvalidSignature> {
        if signature.algorithm() != self.algorithm() {
            return Err(InvalidSignature);
        }
        let holds = match &self.0 {
            Inner::Sm2(sm2) => sm2.verify(digest, signature),
            Inner::P256(key) => {
                let point = key.to_sec1_point(false);
                let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point.as_bytes());
                let digest = digest::Digest::import_less_safe(digest, &digest::SHA256);
                digest.is_ok_and(|digest| key.verify_digest(&digest, &signature.to_raw()).is_ok())
            }
        };
        if holds { Ok(()) } else { Err(InvalidSignature) }
    }
}

impl Sm2Key {
    fn verify(&self, digest: &[u8; 32], signature: &Signature) -> bool {
        // A lost count between threads only delays the comb.
        let uses = self.uses.load(Ordering::Relaxed);
        let comb = if uses < OFTEN {
            self.uses.store(uses + 1, Ordering::Relaxed);
            None
        } else {
            Some(self.comb.get_or_init(|| Comb::new(self.key.as_affine())))
        };
        sm2_verify::holds(self.key.as_affine(), comb, digest, [signature.r(), signature.s()])
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.algorithm() == other.algorithm() && self.to_point() == other.to_point()
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({:?})", self.algorithm())
    }
}

/// The digest of a message in the making.
#[derive(Clone, Debug)]
pub struct Digester(Digest);

#[derive(Clone, Debug)]
enum Digest {
    Sm3(Sm3),
    Sha256(sha2::Sha256),
}

impl Digester {
    /// Hashes some more of the message.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            Digest::Sm3(state) => state.update(bytes),
            Digest::Sha256(state) => state.update(bytes),
        }
    }

    /// The digest to be signed or verified.
    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        match self.0 {
            Digest::Sm3(state) => state.finish(),
            Digest::Sha256(state) => state.finalize().into(),
        }
    }
}

/// ENTL ‖ ID ‖ a ‖ b ‖ Gx ‖ Gy of the SM2 curve and the default identity (GB/T 32918.5).
const IDENTITY_PREFIX: &[u8; 146] = b"\x00\x801234567812345678\
    \xff\xff\xff\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\
    \xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xfc\
    \x28\xe9\xfa\x9e\x9d\x9f\x5e\x34\x4d\x5a\x9e\x4b\xcf\x65\x09\xa7\
    \xf3\x97\x89\xf5\x15\xab\x8f\x92\xdd\xbc\xbd\x41\x4d\x94\x0e\x93\
    \x32\xc4\xae\x2c\x1f\x19\x81\x19\x5f\x99\x04\x46\x6a\x39\xc9\x94\
    \x8f\xe3\x0b\xbf\xf2\x66\x0b\xe1\x71\x5a\x45\x89\x33\x4c\x74\xc7\
    \xbc\x37\x36\xa2\xf4\xf6\x77\x9c\x59\xbd\xce\xe3\x6b\x69\x21\x53\
    \xd0\xa9\x87\x7c\xc6\x2a\x47\x40\x02\xdf\x32\xe5\x21\x39\xf0\xa0";

fn identity_digest(uncompressed: &[u8]) -> [u8; 32] {
    let coordinates = uncompressed.get(1..).unwrap_or_default();
    Sm3::new().with(IDENTITY_PREFIX).with(coordinates).finish()
}
