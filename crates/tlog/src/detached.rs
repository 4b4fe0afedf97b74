//! Detached proofs (C2SP tlog-proof, `.tlog-proof`): index, inclusion path, checkpoint with cosignatures, in one text.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use crate::hash::{Hash, leaf_hash};
use crate::note::{MAX_NOTE, Note, NoteFault};
use crate::proof::{TreeFault, verify_inclusion};
use crate::quorum::{Quorum, QuorumFault, Witnessed};
use crate::tile::plain_number;

const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// Hashes in the path of the largest tree.
const MAX_PATH: usize = 63;
/// The longest proof that is read: a note, a path, and as much extra data as a note.
const MAX_PROOF: usize = 3 * MAX_NOTE;

/// A proof that an entry is in a log, to be checked offline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetachedProof {
    /// What the application added. **Not authenticated.**
    pub extra: Option<Vec<u8>>,
    /// The entry's index.
    pub index: u64,
    /// From the entry's sibling up.
    pub path: Vec<Hash>,
    /// The checkpoint, with the log's signature and cosignatures.
    pub checkpoint: Note,
}

/// What a proof proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proved {
    /// The entry's index.
    pub index: u64,
    /// The checkpoint, and who had seen it.
    pub witnessed: Witnessed,
}

/// Why a proof is none, or does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProofFault {
    /// Not the text of a proof in its one spelling.
    #[error("not a proof of inclusion: {0}")]
    Text(&'static str),
    /// No note.
    #[error(transparent)]
    Note(#[from] NoteFault),
    /// The checkpoint is not to be believed.
    #[error(transparent)]
    Quorum(#[from] QuorumFault),
    /// The entry is not in the tree of the checkpoint.
    #[error(transparent)]
    Tree(#[from] TreeFault),
}

impl DetachedProof {
    /// Reads a proof; checks nothing.
    ///
    /// # Errors
    /// If it is none.
    pub fn parse(text: &str) -> Result<Self, ProofFault> {
        if text.len() > MAX_PROOF {
            return Err(ProofFault::Text("it is too long"));
        }
        let (head, note) = text
            .split_once("\n\n")
            .ok_or(ProofFault::Text("it has no checkpoint"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(ProofFault::Text("it does not begin as one"));
        }
        let extra = lines.next_if(|line| line.starts_with("extra "));
        let extra = extra
            .and_then(|line| line.strip_prefix("extra "))
            .map(|extra| STANDARD.decode(extra));
        let extra = extra
            .transpose()
            .map_err(|_| ProofFault::Text("its extra data is not base64"))?;
        let index = lines.next().and_then(|line| line.strip_prefix("index "));
        let index = index
            .and_then(plain_number)
            .ok_or(ProofFault::Text("it has no index"))?;
        let path: Option<Vec<_>> = lines.take(MAX_PATH + 1).map(Hash::from_base64).collect();
        let path = path.filter(|path| path.len() <= MAX_PATH);
        Ok(Self {
            extra,
            index,
            path: path.ok_or(ProofFault::Text("its path is not one of hashes"))?,
            checkpoint: Note::parse(note)?,
        })
    }

    /// Checks that the entry is in the log as the quorum has seen it.
    ///
    /// # Errors
    /// If it is not, or the checkpoint is not to be believed.
    pub fn verify(&self, entry: &[u8], quorum: &Quorum) -> Result<Proved, ProofFault> {
        let witnessed = quorum.verify(&self.checkpoint)?;
        let checkpoint = &witnessed.checkpoint;
        verify_inclusion(
            leaf_hash(entry),
            self.index,
            checkpoint.size,
            checkpoint.root,
            &self.path,
        )?;
        Ok(Proved {
            index: self.index,
            witnessed,
        })
    }
}

impl fmt::Display for DetachedProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}
