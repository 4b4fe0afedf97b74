//! The right edge of a tree: all that is needed to append to it and to state its root.

use crate::hash::{EMPTY_ROOT, Hash, fold, node_hash};
use crate::proof::{ReadTiles, TreeFault};
use crate::tile::{TILE_WIDTH, TileId, nodes_at};

/// The partial tiles of a tree of a size, one a level from the leaves up: at most 255 hashes each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edge {
    size: u64,
    levels: Vec<Vec<Hash>>,
}

/// A tile that will not change any more: a row to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FullTile {
    /// Which.
    pub id: TileId,
    /// Its 256 hashes.
    pub hashes: Vec<Hash>,
    /// The root over them, which is one hash of the tile above.
    pub root: Hash,
}

/// What appending came to. Nothing has happened until the caller stores it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// The index of the first new leaf; the others follow.
    pub first: u64,
    /// The tiles that became full, in the order in which they did: rows to add in the transaction that adds the leaves.
    pub full: Vec<FullTile>,
    /// The edge afterwards.
    pub edge: Edge,
}

impl Edge {
    /// The edge of the empty tree.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// The partial tiles of a tree of a size, with how many hashes each has: what [`Edge::read`] reads.
    pub fn tiles(size: u64) -> impl Iterator<Item = (TileId, u64)> {
        (0..8)
            .map(move |level| (level, nodes_at(level, size)))
            .take_while(|(_, nodes)| *nodes > 0)
            .map(|(level, nodes)| {
                let index = nodes / TILE_WIDTH;
                (TileId { level, index }, nodes % TILE_WIDTH)
            })
            .filter(|(_, width)| *width > 0)
    }

    /// Reads the edge of the tree of a size.
    ///
    /// # Errors
    /// If a tile is missing or too short.
    pub fn read<R: ReadTiles + ?Sized>(tiles: &R, size: u64) -> Result<Self, TreeFault> {
        let mut edge = Self {
            size,
            levels: Vec::new(),
        };
        for (id, width) in Self::tiles(size) {
            let width = usize::try_from(width).map_err(|_| TreeFault::Tile(id))?;
            let hashes = tiles.tile(id).and_then(|tile| tile.get(..width));
            edge.level(id.level.into())
                .extend_from_slice(hashes.ok_or(TreeFault::Tile(id))?);
        }
        Ok(edge)
    }

    /// How many leaves the tree has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The partial tile at a level; empty where there is none.
    #[must_use]
    pub fn partial(&self, level: u8) -> &[Hash] {
        self.levels.get(usize::from(level)).map_or(&[], Vec::as_slice)
    }

    /// The tree's root.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut reached: Option<Hash> = None;
        for level in &self.levels {
            let mut rest = level.as_slice();
            // A level is perfect subtrees, the largest first: the bits of its width.
            while !rest.is_empty() {
                let (left, last) = rest.split_at(rest.len() - (1 << rest.len().trailing_zeros()));
                if let Some(hash) = fold(last) {
                    reached = Some(reached.map_or(hash, |right| node_hash(&hash, &right)));
                }
                rest = left;
            }
        }
        reached.unwrap_or(EMPTY_ROOT)
    }

    /// Appends leaf hashes ([`crate::leaf_hash`]) in order.
    #[must_use]
    pub fn append(&self, leaves: impl IntoIterator<Item = Hash>) -> Append {
        let mut edge = self.clone();
        let mut full = Vec::new();
        for leaf in leaves {
            edge.push(leaf, &mut full);
        }
        Append {
            first: self.size,
            full,
            edge,
        }
    }

    /// Appends one leaf; what became full is added to `full`.
    pub(crate) fn push(&mut self, leaf: Hash, full: &mut Vec<FullTile>) {
        self.size += 1;
        let (mut level, mut hash) = (0, leaf);
        loop {
            let hashes = self.level(level);
            hashes.push(hash);
            if (hashes.len() as u64) < TILE_WIDTH {
                return;
            }
            let hashes = std::mem::take(hashes);
            let Some(root) = fold(&hashes) else { return };
            let id = TileId {
                level: u8::try_from(level).unwrap_or(u8::MAX),
                index: nodes_at(u8::try_from(level).unwrap_or(u8::MAX), self.size) / TILE_WIDTH - 1,
            };
            full.push(FullTile { id, hashes, root });
            (level, hash) = (level + 1, root);
        }
    }

    fn level(&mut self, level: usize) -> &mut Vec<Hash> {
        while self.levels.len() <= level {
            self.levels.push(Vec::new());
        }
        // It was made just above.
        #[expect(clippy::indexing_slicing, reason = "the loop above made it")]
        &mut self.levels[level]
    }
}
