//! Cosignatures (C2SP tlog-cosignature, `cosignature/v1`): what a witness says of a checkpoint.

use jiff::Timestamp;

use crate::key::{Algorithm, KeyFault, SigningKey, VerifierKey};
use crate::note::NoteSignature;

/// Eight bytes of time, then Ed25519.
const TIME: usize = 8;

/// A cosignature that was checked: as of its time, this was the largest consistent tree that the witness had seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosignature {
    /// The witness.
    pub witness: String,
    /// When, by the witness's clock, to the second.
    pub at: Timestamp,
}

impl Cosignature {
    /// Checks a signature line over a checkpoint's text under a witness's key; none where it does not hold.
    #[must_use]
    pub fn verify(text: &str, signature: &NoteSignature, key: &VerifierKey) -> Option<Self> {
        if key.algorithm() != Algorithm::CosignatureV1 || !key.is_named_by(signature) {
            return None;
        }
        let (seconds, value) = signature.value().split_first_chunk::<TIME>()?;
        let seconds = u64::from_be_bytes(*seconds);
        let at = Timestamp::from_second(i64::try_from(seconds).ok()?).ok()?;
        key.verifies(message(seconds, text).as_bytes(), value)
            .then(|| Self {
                witness: key.name().to_owned(),
                at,
            })
    }
}

fn message(seconds: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

/// A witness's key. One key is one witness's alone: the message does not name who signs it.
#[derive(Debug)]
pub struct Cosigner(SigningKey);

impl Cosigner {
    /// The key in PKCS#8 of the witness of this name.
    ///
    /// # Errors
    /// If it is no Ed25519 key, or the name cannot be one.
    pub fn from_pkcs8(name: &str, der: &[u8]) -> Result<Self, KeyFault> {
        SigningKey::from_pkcs8(name, Algorithm::CosignatureV1, der).map(Self)
    }

    /// The key of 32 random bytes.
    ///
    /// # Errors
    /// If the name cannot be one.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, KeyFault> {
        SigningKey::from_seed(name, Algorithm::CosignatureV1, seed).map(Self)
    }

    /// The public half.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        self.0.verifier()
    }

    /// Cosigns. Only [`crate::Witness`] knows what may be.
    pub(crate) fn cosign(&self, text: &str, at: Timestamp) -> NoteSignature {
        let seconds = u64::try_from(at.as_second()).unwrap_or(0);
        let signature = self.0.sign(message(seconds, text).as_bytes());
        let value = [seconds.to_be_bytes().as_slice(), &signature].concat();
        NoteSignature::new(self.verifier().name(), self.verifier().id(), value)
    }
}
