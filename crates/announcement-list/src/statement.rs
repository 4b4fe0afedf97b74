//! What is signed: who announced what under which number, and the root over its rows.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gm::{PublicKey, SignError, Signer, Verifier as _};
use jiff::Timestamp;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::encode::text;
use crate::merkle::Hash;

const PURPOSE: &[u8] = b"jianzheng announcement list v1\n";

/// The only algorithm of the format.
pub(crate) const ALGORITHM: &str = "SM2-SM3";

/// The head of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// 公告文号.
    pub number: String,
    /// Two digits of the province that keeps the list.
    pub province: String,
    /// `provinces/{province}` or `ministry`.
    pub announced_by: String,
    /// The legal moment, in microseconds.
    pub announced_at: Timestamp,
    /// 公告文号 of the list that this one corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<String>,
    /// How many rows.
    pub size: u32,
    /// Root over the rows' commitments.
    #[serde(with = "hex::serde")]
    pub root: Hash,
}

impl Statement {
    /// The bytes that are signed.
    #[must_use]
    pub fn encoded(&self) -> Vec<u8> {
        let mut out = PURPOSE.to_vec();
        text(&mut out, &self.number);
        text(&mut out, &self.province);
        text(&mut out, &self.announced_by);
        out.extend_from_slice(&self.announced_at.as_microsecond().to_be_bytes());
        text(&mut out, self.corrects.as_deref().unwrap_or_default());
        out.extend_from_slice(&self.size.to_be_bytes());
        out.extend_from_slice(&self.root);
        out
    }
}

/// A signature over a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListSignature {
    /// Always `SM2-SM3`, with the usual signer identity.
    pub algorithm: String,
    /// SM3 of the key's SubjectPublicKeyInfo.
    #[serde(with = "hex::serde")]
    pub key_id: Hash,
    /// DER, in base64.
    pub value: String,
}

impl ListSignature {
    /// A signature as stored.
    #[must_use]
    pub fn new(key_id: Hash, der: &[u8]) -> Self {
        Self {
            algorithm: ALGORITHM.to_owned(),
            key_id,
            value: STANDARD.encode(der),
        }
    }

    /// Whether `key` signed the statement.
    pub(crate) fn verifies(&self, statement: &Statement, key: &PublicKey) -> bool {
        STANDARD
            .decode(&self.value)
            .is_ok_and(|der| key.verify_bytes(&statement.encoded(), &der).is_ok())
    }
}

/// How a key is named: SM3 of its SubjectPublicKeyInfo.
#[must_use]
pub fn key_id(key: &PublicKey) -> Hash {
    gm::sm3::digest(&key.to_spki())
}

/// Signs statements. One purpose: the key of announcements and no other.
pub trait ListSigner {
    /// DER signature over the statement.
    ///
    /// # Errors
    /// The key could not sign.
    fn sign_list(&self, statement: &Statement, rng: &mut dyn CryptoRng) -> Result<Vec<u8>, SignError>;
}

impl<T: Signer> ListSigner for T {
    fn sign_list(&self, statement: &Statement, rng: &mut dyn CryptoRng) -> Result<Vec<u8>, SignError> {
        Ok(self.sign(&statement.encoded(), rng)?.to_der())
    }
}
