//! A signature field that holds a signature, as far as its place in the file goes.

use sha2::{Digest as _, Sha256};

use super::LaterChanges;
use crate::read::ObjectNumber;

/// What kind of signature a dictionary holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureKind {
    /// Somebody signs.
    Signature,
    /// A time stamp over the document (`ETSI.RFC3161`).
    DocumentTimeStamp,
}

/// How far a signature reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// The entire file.
    WholeFile,
    /// An earlier revision; so many came later.
    Revision {
        /// Index in [`crate::Pdf::revisions`].
        index: usize,
        /// Revisions after it.
        later: usize,
    },
    /// Neither: nothing can be said to be signed.
    Unsound,
}

/// A signature field that holds a signature.
#[derive(Clone)]
pub struct Signature<'a> {
    /// Full name of the field.
    pub field: String,
    /// Object number of the signature dictionary.
    pub object: ObjectNumber,
    /// Kind.
    pub kind: SignatureKind,
    /// `/SubFilter`, empty if absent.
    pub sub_filter: String,
    /// `[0 a b c]`.
    pub byte_range: [usize; 4],
    /// How far it reaches. [`Coverage::Unsound`] if any of the range checks failed.
    pub coverage: Coverage,
    /// The CMS without its padding.
    pub cms: Vec<u8>,
    /// The certifying level (1 to 3) that its own reference states.
    pub doc_mdp: Option<u8>,
    /// The catalog's `Perms` names it as the certifying signature.
    pub certifying: bool,
    /// `/M` as written: a claim.
    pub claimed_time: Option<String>,
    /// `/Name` as written: a claim.
    pub claimed_name: Option<String>,
    /// `/Reason` as written: a claim.
    pub reason: Option<String>,
    /// What was appended after its revision; `None` if unsound.
    pub later: Option<LaterChanges>,
    pub(super) file: &'a [u8],
}

/// Claims may name a person.
impl std::fmt::Debug for Signature<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signature")
            .field("object", &self.object)
            .field("kind", &self.kind)
            .field("sub_filter", &self.sub_filter)
            .field("byte_range", &self.byte_range)
            .field("coverage", &self.coverage)
            .field("doc_mdp", &self.doc_mdp)
            .finish_non_exhaustive()
    }
}

impl<'a> Signature<'a> {
    /// The two parts of the file that are signed, in order; `None` if the byte range is unsound.
    pub fn signed_parts(&self) -> Option<[&'a [u8]; 2]> {
        let [start, first, second, length] = self.byte_range;
        if self.coverage == Coverage::Unsound {
            return None;
        }
        Some([
            self.file.get(start..first)?,
            self.file.get(second..second.checked_add(length)?)?,
        ])
    }

    /// SHA-256 over the signed parts: what the CMS's message digest must equal.
    pub fn sha256(&self) -> Option<[u8; 32]> {
        let [before, after] = self.signed_parts()?;
        Some(
            Sha256::new()
                .chain_update(before)
                .chain_update(after)
                .finalize()
                .into(),
        )
    }

    /// The file as it was when signed. What it shows is to be read from here, not from later revisions.
    pub fn signed_revision(&self) -> Option<&'a [u8]> {
        let [_, _, second, length] = self.byte_range;
        self.signed_parts()?;
        self.file.get(..second.checked_add(length)?)
    }
}
