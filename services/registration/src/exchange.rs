//! What is signed between a province and the nation: chain heads with SM2, receipts with Ed25519 (design §3).

use std::sync::Arc;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::province::Province;
use gm::{PrivateKey, Signer as _};
use jiff::Timestamp;
use personal_data::OsRandom;
use rand_core::UnwrapErr;
use register_tree::{Digest, Pair};

use crate::error::Error;

const HEAD: &str = "jianzheng exchange head v1";
const RECEIPT: &str = "jianzheng exchange receipt v1";

/// SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes (RFC 8410).
const ED25519_SPKI: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// Signs the last hash of each batch that is sent.
#[derive(Debug, Clone)]
pub(crate) struct HeadSigner {
    key: Arc<PrivateKey>,
    key_id: Vec<u8>,
}

impl HeadSigner {
    pub(crate) fn new(key: PrivateKey) -> Self {
        let key_id = gm::sm3::digest(&key.public_key().to_spki()).to_vec();
        Self {
            key: Arc::new(key),
            key_id,
        }
    }

    /// SM3 of the public key's SubjectPublicKeyInfo.
    pub(crate) fn key_id(&self) -> &[u8] {
        &self.key_id
    }

    /// DER signature over the domain-separated head.
    pub(crate) fn sign(&self, province: Province, sequence: u64, hash: &[u8]) -> Result<Vec<u8>, Error> {
        let message = head_message(province, sequence, hash);
        let signature = self
            .key
            .sign(&message, &mut UnwrapErr(OsRandom))
            .map_err(Error::internal)?;
        Ok(signature.to_der())
    }
}

/// The nation's key that signs receipts.
#[derive(Debug, Clone)]
pub(crate) struct ReceiptKey([u8; 32]);

impl ReceiptKey {
    /// Reads SPKI PEM, or the 32 bytes in hexadecimal.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Ok(raw) = hex::decode(text.trim()) {
            return raw.try_into().ok().map(Self);
        }
        let body: String = text
            .lines()
            .filter(|line| !line.starts_with("-----"))
            .map(str::trim)
            .collect();
        let der = STANDARD.decode(body).ok()?;
        der.strip_prefix(&ED25519_SPKI)?.try_into().ok().map(Self)
    }

    /// Whether the nation signed that it applied everything up to `sequence`.
    pub(crate) fn verifies(&self, province: Province, receipt: &Receipt) -> bool {
        let message = receipt_message(province, receipt.sequence, &receipt.hash, receipt.applied_at);
        UnparsedPublicKey::new(&ED25519, self.0)
            .verify(&message, &receipt.signature)
            .is_ok()
    }
}

impl ReceiptKey {
    /// Whether the nation signed that both sides hold the same registrations at a pair of positions.
    pub(crate) fn verifies_equal(
        &self,
        province: Province,
        pair: Pair,
        root: &Digest,
        at: Timestamp,
        signature: &[u8],
    ) -> bool {
        let message = register_tree::statement(province, pair, root, at);
        UnparsedPublicKey::new(&ED25519, self.0)
            .verify(&message, signature)
            .is_ok()
    }
}

/// What the nation says it has applied.
#[derive(Debug, Clone)]
pub(crate) struct Receipt {
    pub(crate) sequence: u64,
    pub(crate) hash: Vec<u8>,
    pub(crate) applied_at: Timestamp,
    pub(crate) signature: Vec<u8>,
    /// Set when the nation goes no further.
    pub(crate) stopped: Option<String>,
}

fn head_message(province: Province, sequence: u64, hash: &[u8]) -> Vec<u8> {
    [
        HEAD.as_bytes(),
        province.code().as_bytes(),
        &sequence.to_be_bytes(),
        hash,
    ]
    .concat()
}

fn receipt_message(province: Province, sequence: u64, hash: &[u8], at: Timestamp) -> Vec<u8> {
    let head = [
        RECEIPT.as_bytes(),
        province.code().as_bytes(),
        &sequence.to_be_bytes(),
        hash,
    ]
    .concat();
    [&head[..], &at.as_microsecond().to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_key_is_read_from_pem_or_hexadecimal_and_from_nothing_else() {
        let raw = [7; 32];
        let der = [&ED25519_SPKI[..], &raw].concat();
        let pem = format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            STANDARD.encode(der)
        );
        for text in [pem, hex::encode(raw)] {
            assert_eq!(ReceiptKey::parse(&text).expect("a key").0, raw);
        }
        assert!(ReceiptKey::parse("rubbish").is_none() && ReceiptKey::parse(&hex::encode([1; 31])).is_none());
    }

    #[test]
    fn what_is_signed_names_its_purpose_province_and_number() {
        let province = Province::from_code("32").expect("Jiangsu");
        let head = head_message(province, 258, &[9; 32]);
        assert!(head.starts_with(b"jianzheng exchange head v132\0\0\0\0\0\0\x01\x02\x09"));
        let receipt = receipt_message(province, 1, &[9; 32], Timestamp::UNIX_EPOCH);
        assert!(receipt.ends_with(&[9, 0, 0, 0, 0, 0, 0, 0, 0]) && receipt != head);
    }
}
