//! Tiles in memory: for monitors, auditors and tests.

use std::collections::BTreeMap;

use crate::edge::{Append, Edge, FullTile};
use crate::hash::Hash;
use crate::proof::ReadTiles;
use crate::tile::TileId;

/// All tiles of a tree.
#[derive(Debug, Clone, Default)]
pub struct MemoryTiles {
    full: BTreeMap<TileId, Vec<Hash>>,
    edge: Edge,
}

impl MemoryTiles {
    /// The edge to append to.
    #[must_use]
    pub const fn edge(&self) -> &Edge {
        &self.edge
    }

    /// Takes in what appending to [`MemoryTiles::edge`] came to; `false`, and nothing done, if it was to another.
    pub fn apply(&mut self, append: Append) -> bool {
        if append.first != self.edge.size() {
            return false;
        }
        let rows = append.full.into_iter();
        self.full
            .extend(rows.map(|FullTile { id, hashes, .. }| (id, hashes)));
        self.edge = append.edge;
        true
    }
}

impl ReadTiles for MemoryTiles {
    fn tile(&self, id: TileId) -> Option<&[Hash]> {
        let partial = || {
            let here = Edge::tiles(self.edge.size()).any(|(partial, _)| partial == id);
            here.then(|| self.edge.partial(id.level))
        };
        self.full.get(&id).map(Vec::as_slice).or_else(partial)
    }
}
