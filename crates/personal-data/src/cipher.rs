//! The two authenticated ciphers, behind one choice of the configuration.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk};
use gm::sm4::Sm4Gcm;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Which cipher new values are sealed with. Envelopes name theirs, so both always open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cipher {
    /// AES-256 in GCM.
    #[default]
    #[serde(rename = "aes-256-gcm")]
    Aes256Gcm,
    /// SM4 in GCM (GB/T 32907), where national ciphers are required.
    Sm4Gcm,
}

/// 256 bits from which the key of each cipher is derived, so that one key file or data key serves both and no two
/// ciphers ever share key bits.
pub(crate) type RootKey = Zeroizing<[u8; 32]>;

pub(crate) const NONCE_LENGTH: usize = 12;
pub(crate) const TAG_LENGTH: usize = 16;

/// A key of the wrong kind, or bytes that were changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unauthentic;

impl Cipher {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Aes256Gcm => 1,
            Self::Sm4Gcm => 2,
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Aes256Gcm),
            2 => Some(Self::Sm4Gcm),
            _ => None,
        }
    }

    /// Encrypts under a fresh nonce; returns nonce and ciphertext with tag.
    ///
    /// Nonces are random: one root key seals far fewer than 2³² values (a data key a person's few, a
    /// key-encryption key one per person).
    pub(crate) fn seal(
        self,
        key: &RootKey,
        associated: &[u8],
        plaintext: &[u8],
        random: &mut (impl CryptoRng + ?Sized),
    ) -> ([u8; NONCE_LENGTH], Vec<u8>) {
        let mut nonce = [0; NONCE_LENGTH];
        random.fill_bytes(&mut nonce);
        let sealed = match self {
            Self::Aes256Gcm => {
                let mut buffer = plaintext.to_vec();
                aes(key)
                    .seal_in_place_append_tag(
                        Nonce::assume_unique_for_key(nonce),
                        Aad::from(associated),
                        &mut buffer,
                    )
                    .expect("a buffer in memory is far below the limit of 64 GiB");
                buffer
            }
            Self::Sm4Gcm => sm4(key).seal(&nonce, associated, plaintext),
        };
        (nonce, sealed)
    }

    pub(crate) fn open(
        self,
        key: &RootKey,
        associated: &[u8],
        nonce: [u8; NONCE_LENGTH],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Unauthentic> {
        match self {
            Self::Aes256Gcm => {
                let mut buffer = Zeroizing::new(sealed.to_vec());
                let length = aes(key)
                    .open_in_place(
                        Nonce::assume_unique_for_key(nonce),
                        Aad::from(associated),
                        buffer.as_mut_slice(),
                    )
                    .map_err(|_| Unauthentic)?
                    .len();
                buffer.truncate(length);
                Ok(buffer)
            }
            Self::Sm4Gcm => sm4(key).open(&nonce, associated, sealed).map_err(|_| Unauthentic),
        }
    }
}

fn aes(key: &RootKey) -> LessSafeKey {
    let derived: Zeroizing<[u8; 32]> = derive(key, b"jianzheng/cipher/aes-256-gcm");
    let unbound = UnboundKey::new(&AES_256_GCM, derived.as_slice()).expect("AES-256 takes 32 bytes");
    LessSafeKey::new(unbound)
}

fn sm4(key: &RootKey) -> Sm4Gcm {
    let derived: Zeroizing<[u8; 16]> = derive(key, b"jianzheng/cipher/sm4-gcm");
    Sm4Gcm::new(&derived)
}

/// HKDF-Expand (RFC 5869) of a uniformly random key for one purpose.
pub(crate) fn derive<const LENGTH: usize>(key: &RootKey, purpose: &[u8]) -> Zeroizing<[u8; LENGTH]> {
    let mut derived = Zeroizing::new([0; LENGTH]);
    Prk::new_less_safe(HKDF_SHA256, key.as_slice())
        .expand(&[purpose], Length(LENGTH))
        .and_then(|material| material.fill(derived.as_mut_slice()))
        .expect("HKDF gives up to 8160 bytes");
    derived
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}
