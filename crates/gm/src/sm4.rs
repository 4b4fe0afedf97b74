//! SM4 in Galois/Counter Mode (GB/T 32907, RFC 8998), for deployments that must encrypt with national ciphers.

use aes_gcm::{
    AesGcm, KeyInit as _,
    aead::{Aead as _, Payload, consts::U12},
};
use zeroize::Zeroizing;

/// Bytes by which a ciphertext is longer than its plaintext.
pub const TAG_LENGTH: usize = 16;

/// The ciphertext, the associated data or the key is not what was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("SM4-GCM: authentication failed")]
pub struct OpenError;

/// An expanded SM4 key.
pub struct Sm4Gcm(AesGcm<sm4::Sm4, U12>);

impl Sm4Gcm {
    /// Expands a key.
    #[must_use]
    pub fn new(key: &[u8; 16]) -> Self {
        Self(AesGcm::new(key.into()))
    }

    /// Encrypts. The caller never uses a nonce twice with one key.
    #[must_use]
    pub fn seal(&self, nonce: &[u8; 12], associated: &[u8], plaintext: &[u8]) -> Vec<u8> {
        self.0
            .encrypt(
                nonce.into(),
                Payload {
                    msg: plaintext,
                    aad: associated,
                },
            )
            .expect("invariant: a buffer in memory is far below the limit of 64 GiB")
    }

    /// Decrypts what [`Sm4Gcm::seal`] made with the same nonce and associated data.
    pub fn open(
        &self,
        nonce: &[u8; 12],
        associated: &[u8],
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        self.0
            .decrypt(
                nonce.into(),
                Payload {
                    msg: ciphertext,
                    aad: associated,
                },
            )
            .map(Zeroizing::new)
            .map_err(|_| OpenError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8998, appendix A.1.
    #[test]
    fn the_published_vector_is_reproduced() {
        let key = Sm4Gcm::new(
            &hex::decode("0123456789abcdeffedcba9876543210")
                .unwrap()
                .try_into()
                .unwrap(),
        );
        let nonce = hex::decode("00001234567800000000abcd")
            .unwrap()
            .try_into()
            .unwrap();
        let associated = hex::decode("feedfacedeadbeeffeedfacedeadbeefabaddad2").unwrap();
        let plaintext = hex::decode(concat!(
            "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd",
            "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa"
        ))
        .unwrap();
        let ciphertext = key.seal(&nonce, &associated, &plaintext);
        assert_eq!(
            hex::encode(&ciphertext),
            concat!(
                "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735",
                "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d",
                "83de3541e4c2b58177e065a9bf7b62ec"
            )
        );
        assert_eq!(
            key.open(&nonce, &associated, &ciphertext).unwrap()[..],
            plaintext[..]
        );
    }

    #[test]
    fn a_changed_bit_anywhere_is_refused() {
        let key = Sm4Gcm::new(&[7; 16]);
        let ciphertext = key.seal(&[1; 12], b"row 7", b"plaintext");
        for at in 0..ciphertext.len() * 8 {
            let mut changed = ciphertext.clone();
            changed[at / 8] ^= 1 << (at % 8);
            assert_eq!(key.open(&[1; 12], b"row 7", &changed), Err(OpenError));
        }
        assert_eq!(key.open(&[1; 12], b"row 8", &ciphertext), Err(OpenError));
        assert_eq!(key.open(&[2; 12], b"row 7", &ciphertext), Err(OpenError));
        assert_eq!(
            Sm4Gcm::new(&[8; 16]).open(&[1; 12], b"row 7", &ciphertext),
            Err(OpenError)
        );
    }
}
