//! What an entry of the log says. Leaves carry no province, person or business time (design §4.2).
//!
//! | leaf | bytes |
//! |---|---|
//! | facts | `jianzheng.log/facts/v1` LF, the 32 bytes of the commitment |
//! | documents | `jianzheng.log/documents/v1` LF, then for each file one byte of kind (1 OFD, 2 PDF) and its SHA-256, strictly ascending |
//!
//! The commitment to a facts record is SHA-256(`jianzheng.log/facts-commitment/v1` LF ‖ salt, 32 fresh random bytes ‖ the record in
//! RFC 8785 form): it binds the record and, while the salt is not known, tells nothing about it, not even to somebody who guesses
//! the whole record. Whoever holds the certificate has salt and record and checks it; once both are destroyed, nobody does.

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::hash::{Hash, leaf_hash};

/// Bytes of a salt.
pub const SALT: usize = 32;

const FACTS: &[u8] = b"jianzheng.log/facts/v1\n";
const DOCUMENTS: &[u8] = b"jianzheng.log/documents/v1\n";
const COMMITMENT: &[u8] = b"jianzheng.log/facts-commitment/v1\n";
/// A kind and a digest.
const FILE: usize = 33;
/// More files than a set of documents ever has.
const MAX_FILES: usize = 16;

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leaf {
    /// A certificate version: [`commit_facts`] of its facts record.
    Facts([u8; 32]),
    /// Sealed files, by kind and SHA-256: strictly ascending.
    Documents(Vec<(DocumentKind, [u8; 32])>),
}

/// What kind of file a digest is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum DocumentKind {
    /// GB/T 33190.
    Ofd = 1,
    /// PDF.
    Pdf = 2,
}

/// Why bytes are no leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LeafFault {
    /// Neither of the two kinds, in no version known here.
    #[error("the entry is of no known kind")]
    Kind,
    /// Not as long as its kind demands.
    #[error("the entry has the wrong length")]
    Length,
    /// No file, too many, out of order, twice, or of an unknown kind.
    #[error("the files of the entry are not a list of digests in order")]
    Files,
}

/// The commitment to a facts record (RFC 8785 bytes) under a salt that is fresh and random.
#[must_use]
pub fn commit_facts(salt: &[u8; SALT], facts: &[u8]) -> [u8; 32] {
    let commitment = Sha256::new().chain_update(COMMITMENT).chain_update(salt);
    commitment.chain_update(facts).finalize().into()
}

impl Leaf {
    /// The leaf of these files, in any order.
    ///
    /// # Errors
    /// If there is none, more than 16, or one twice.
    pub fn documents(mut files: Vec<(DocumentKind, [u8; 32])>) -> Result<Self, LeafFault> {
        files.sort_unstable();
        let ordered = files.is_sorted_by(|one, next| one < next);
        if files.is_empty() || files.len() > MAX_FILES || !ordered {
            return Err(LeafFault::Files);
        }
        Ok(Self::Documents(files))
    }

    /// The entry's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Facts(commitment) => [FACTS, commitment.as_slice()].concat(),
            Self::Documents(files) => {
                let mut entry = DOCUMENTS.to_vec();
                for (kind, digest) in files {
                    entry.push(*kind as u8);
                    entry.extend_from_slice(digest);
                }
                entry
            }
        }
    }

    /// Reads an entry.
    ///
    /// # Errors
    /// If it is not exactly what [`Leaf::encode`] makes.
    pub fn decode(entry: &[u8]) -> Result<Self, LeafFault> {
        if let Some(commitment) = entry.strip_prefix(FACTS) {
            let commitment = commitment.try_into().map_err(|_| LeafFault::Length)?;
            return Ok(Self::Facts(commitment));
        }
        let files = entry.strip_prefix(DOCUMENTS).ok_or(LeafFault::Kind)?;
        let (files, rest) = files.as_chunks::<FILE>();
        if !rest.is_empty() {
            return Err(LeafFault::Length);
        }
        let read: Vec<_> = files
            .iter()
            .map(file)
            .collect::<Option<_>>()
            .ok_or(LeafFault::Files)?;
        let leaf = Self::documents(read)?;
        if leaf.encode() == entry {
            Ok(leaf)
        } else {
            Err(LeafFault::Files)
        }
    }

    /// Its hash in the tree.
    #[must_use]
    pub fn hash(&self) -> Hash {
        leaf_hash(&self.encode())
    }
}

fn file(bytes: &[u8; FILE]) -> Option<(DocumentKind, [u8; 32])> {
    let (kind, digest) = bytes.split_first_chunk::<1>()?;
    let kind = match kind {
        [1] => DocumentKind::Ofd,
        [2] => DocumentKind::Pdf,
        _ => return None,
    };
    Some((kind, digest.try_into().ok()?))
}
