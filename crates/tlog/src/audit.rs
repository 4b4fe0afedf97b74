//! Re-verifies a whole log: every entry, every stored tile, every checkpoint that was ever signed.

use std::collections::{BTreeMap, VecDeque};

use thiserror::Error;

use crate::checkpoint::Checkpoint;
use crate::edge::{Edge, FullTile};
use crate::hash::{Hash, leaf_hash};
use crate::leaf::{Leaf, LeafFault};
use crate::tile::TileId;

/// An audit under way: entries go in from the first, and the tree is grown again. Memory is one edge and the checkpoints to come.
#[derive(Debug, Default)]
pub struct Audit {
    edge: Edge,
    full: VecDeque<FullTile>,
    checkpoints: BTreeMap<u64, Vec<Hash>>,
}

/// What an audit found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AuditFault {
    /// A checkpoint states another root than the entries have.
    #[error("the checkpoint of size {0} states another root than the entries have")]
    Checkpoint(u64),
    /// A checkpoint states a tree that is larger than the log: entries are gone.
    #[error("the checkpoint of size {stated} has entries that the log of size {present} has not")]
    Missing {
        /// What was signed.
        stated: u64,
        /// What is there.
        present: u64,
    },
    /// A stored tile is not what the entries make.
    #[error("tile {} at level {} is not what the entries make", .0.index, .0.level)]
    Tile(TileId),
    /// An entry is no leaf.
    #[error("entry {index}: {fault}")]
    Leaf {
        /// Which.
        index: u64,
        /// Why.
        fault: LeafFault,
    },
}

impl Audit {
    /// An audit against these checkpoints, opened beforehand, in any order. Two that contradict each other both stay: one of them
    /// will be found wrong.
    #[must_use]
    pub fn against<'a>(checkpoints: impl IntoIterator<Item = &'a Checkpoint>) -> Self {
        let mut audit = Self::default();
        for checkpoint in checkpoints {
            let roots = audit.checkpoints.entry(checkpoint.size).or_default();
            roots.push(checkpoint.root);
        }
        audit
    }

    /// How many entries went in.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.edge.size()
    }

    /// The root over what went in.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.edge.root()
    }

    /// The tree's right edge: the partial tiles that are served.
    #[must_use]
    pub const fn edge(&self) -> &Edge {
        &self.edge
    }

    /// The next entry.
    ///
    /// # Errors
    /// If it is no leaf, or the tree that it completes is not what a checkpoint states.
    pub fn entry(&mut self, entry: &[u8]) -> Result<Leaf, AuditFault> {
        let index = self.size();
        let leaf = Leaf::decode(entry).map_err(|fault| AuditFault::Leaf { index, fault })?;
        let mut full = Vec::new();
        self.edge.push(leaf_hash(entry), &mut full);
        self.full.extend(full);
        self.stated()?;
        Ok(leaf)
    }

    /// The tile that became full next, to be compared with the stored one.
    pub fn full_tile(&mut self) -> Option<FullTile> {
        self.full.pop_front()
    }

    /// Compares a stored tile with what became full next.
    ///
    /// # Errors
    /// If they are not one.
    pub fn compare(&mut self, id: TileId, hashes: &[Hash], root: Hash) -> Result<(), AuditFault> {
        let made = self.full_tile().ok_or(AuditFault::Tile(id))?;
        if made.id == id && made.hashes == hashes && made.root == root {
            Ok(())
        } else {
            Err(AuditFault::Tile(made.id))
        }
    }

    /// All entries went in: their number and root.
    ///
    /// # Errors
    /// If a checkpoint states more.
    pub fn finish(mut self) -> Result<(u64, Hash), AuditFault> {
        self.stated()?;
        let present = self.size();
        match self.checkpoints.keys().next_back() {
            Some(stated) if *stated > present => Err(AuditFault::Missing {
                stated: *stated,
                present,
            }),
            _ => Ok((present, self.root())),
        }
    }

    fn stated(&mut self) -> Result<(), AuditFault> {
        let size = self.size();
        let Some(roots) = self.checkpoints.remove(&size) else {
            return Ok(());
        };
        let root = self.root();
        if roots.iter().all(|stated| *stated == root) {
            Ok(())
        } else {
            Err(AuditFault::Checkpoint(size))
        }
    }
}
