//! Checkpoints (C2SP tlog-checkpoint): origin, size, root, signed by the log.

use std::fmt;

use thiserror::Error;

use crate::hash::{EMPTY_ROOT, Hash};
use crate::key::{Algorithm, KeyFault, SigningKey, VerifierKey};
use crate::note::{Note, NoteFault, NoteSignature};
use crate::tile::plain_number;

/// The identity of a log: one line, which nothing else may claim.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(String);

impl Origin {
    /// The origin with this text; none if it is empty or has control characters.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let line = !text.is_empty() && !text.chars().any(char::is_control);
        line.then(|| Self(text.to_owned()))
    }

    /// The line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a log says of itself at a size. As text it is what is signed.
///
/// Extension lines are not made, and a checkpoint that has some is not read: nobody audits them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: Origin,
    /// How many leaves.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// Why a note is no checkpoint of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CheckpointFault {
    /// No note.
    #[error(transparent)]
    Note(#[from] NoteFault),
    /// Not three lines of origin, size and root.
    #[error("the text is not origin, size and root")]
    Text,
    /// Of another log.
    #[error("the checkpoint is of another log")]
    Origin,
    /// Not signed by a key of the log.
    #[error("no signature of the log")]
    Unsigned,
    /// A signature under a known key does not hold.
    #[error("a signature does not hold")]
    Signature,
}

impl Checkpoint {
    /// Reads the text of a checkpoint, with its last newline.
    ///
    /// # Errors
    /// If it is not in its one spelling, or has extension lines.
    pub fn parse(text: &str) -> Result<Self, CheckpointFault> {
        let mut lines = text.split('\n');
        let mut line = || lines.next().ok_or(CheckpointFault::Text);
        let (origin, size, root, rest) = (line()?, line()?, line()?, line()?);
        if !rest.is_empty() || lines.next().is_some() {
            return Err(CheckpointFault::Text);
        }
        let checkpoint = Self {
            origin: Origin::new(origin).ok_or(CheckpointFault::Text)?,
            size: plain_number(size).ok_or(CheckpointFault::Text)?,
            root: Hash::from_base64(root).ok_or(CheckpointFault::Text)?,
        };
        if checkpoint.size == 0 && checkpoint.root != EMPTY_ROOT {
            return Err(CheckpointFault::Text);
        }
        Ok(checkpoint)
    }

    /// Reads a signed checkpoint of the log `origin` under one of its keys; cosignatures are left alone.
    ///
    /// # Errors
    /// If it is none, of another log, or not signed by a key of the log.
    pub fn open(note: &Note, origin: &Origin, keys: &[VerifierKey]) -> Result<Self, CheckpointFault> {
        let checkpoint = Self::parse(note.text())?;
        if checkpoint.origin != *origin {
            return Err(CheckpointFault::Origin);
        }
        let mut signed = false;
        for signature in note.signatures() {
            let key = keys.iter().find(|key| key.is_named_by(signature));
            let Some(key) = key.filter(|key| key.algorithm() == Algorithm::Ed25519) else {
                continue;
            };
            if !key.verifies(note.text().as_bytes(), signature.value()) {
                return Err(CheckpointFault::Signature);
            }
            signed = true;
        }
        if signed {
            Ok(checkpoint)
        } else {
            Err(CheckpointFault::Unsigned)
        }
    }

    /// Whether this and another, both opened, cannot be of one tree that only grows: one size and two roots. Together with both
    /// notes it is evidence against the log that needs nothing else.
    #[must_use]
    pub fn contradicts(&self, other: &Self) -> bool {
        self.origin == other.origin && self.size == other.size && self.root != other.root
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, self.root)
    }
}

/// The log's key. Its name is the origin.
#[derive(Debug)]
pub struct LogSigner {
    key: SigningKey,
    origin: Origin,
}

impl LogSigner {
    /// The key in PKCS#8 of the log of this origin.
    ///
    /// # Errors
    /// If it is no Ed25519 key, or the origin cannot be the name of one (a space, a plus).
    pub fn from_pkcs8(origin: &str, der: &[u8]) -> Result<Self, KeyFault> {
        Self::new(origin, SigningKey::from_pkcs8(origin, Algorithm::Ed25519, der)?)
    }

    /// The key of 32 random bytes.
    ///
    /// # Errors
    /// If the origin cannot be the name of a key.
    pub fn from_seed(origin: &str, seed: &[u8; 32]) -> Result<Self, KeyFault> {
        Self::new(origin, SigningKey::from_seed(origin, Algorithm::Ed25519, seed)?)
    }

    fn new(origin: &str, key: SigningKey) -> Result<Self, KeyFault> {
        let origin = Origin::new(origin).ok_or(KeyFault::Name)?;
        Ok(Self { key, origin })
    }

    /// The public half.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        self.key.verifier()
    }

    /// The log it signs for.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// States the tree of a size and root. **Sign only what is stored for good**: a log that signs two trees of which neither begins
    /// with the other is caught for ever.
    #[must_use]
    pub fn sign(&self, size: u64, root: Hash) -> Note {
        let checkpoint = Checkpoint {
            origin: self.origin.clone(),
            size,
            root,
        };
        let text = checkpoint.to_string();
        let value = self.key.sign(text.as_bytes());
        let key = self.verifier();
        let signature = NoteSignature::new(key.name(), key.id(), value);
        Note::new(text, vec![signature])
    }
}
