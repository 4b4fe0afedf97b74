//! Roots and proofs from tiles, and the check of proofs (RFC 9162 §2.1.3, §2.1.4).

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use crate::hash::{EMPTY_ROOT, Hash, fold, node_hash};
use crate::tile::{TILE_HEIGHT, TILE_WIDTH, TileId};

/// Where tiles are found. A tile may have more hashes than the tree of the question (it has grown since), never fewer.
///
/// A store that has to wait for its rows fetches what [`inclusion_tiles`] or [`consistency_tiles`] name into a `BTreeMap` first.
pub trait ReadTiles {
    /// The hashes of a tile, full or partial; none if it is not there.
    fn tile(&self, id: TileId) -> Option<&[Hash]>;
}

impl ReadTiles for BTreeMap<TileId, Vec<Hash>> {
    fn tile(&self, id: TileId) -> Option<&[Hash]> {
        self.get(&id).map(Vec::as_slice)
    }
}

/// Why there is no such root or proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TreeFault {
    /// A tile is missing, or has fewer hashes than the tree has there.
    #[error("tile {} at level {} is missing or too short", .0.index, .0.level)]
    Tile(TileId),
    /// The tree has no such leaf.
    #[error("the tree has no such leaf")]
    Index,
    /// The older tree would be larger than the newer.
    #[error("the older tree is larger than the newer")]
    Sizes,
    /// The proof does not lead where it should.
    #[error("the proof does not hold")]
    Proof,
}

/// The root of the tree of a size.
///
/// # Errors
/// If a tile is missing.
pub fn root<R: ReadTiles + ?Sized>(tiles: &R, size: u64) -> Result<Hash, TreeFault> {
    if size == 0 {
        return Ok(EMPTY_ROOT);
    }
    subtree(&mut FromTiles(tiles), 0, size)
}

/// The inclusion path of a leaf in the tree of a size, from its sibling up.
///
/// # Errors
/// If there is no such leaf, or a tile is missing.
pub fn inclusion<R: ReadTiles + ?Sized>(tiles: &R, index: u64, size: u64) -> Result<Vec<Hash>, TreeFault> {
    inclusion_path(&mut FromTiles(tiles), index, size)
}

/// The tiles that [`inclusion`] reads.
///
/// # Errors
/// If there is no such leaf.
pub fn inclusion_tiles(index: u64, size: u64) -> Result<BTreeSet<TileId>, TreeFault> {
    let mut needed = Needed::default();
    inclusion_path(&mut needed, index, size)?;
    Ok(needed.0)
}

/// The proof that the tree of size `new` begins with the tree of size `old`; empty where `old` is 0 or `new`.
///
/// # Errors
/// If `old` is larger than `new`, or a tile is missing.
pub fn consistency<R: ReadTiles + ?Sized>(tiles: &R, old: u64, new: u64) -> Result<Vec<Hash>, TreeFault> {
    consistency_path(&mut FromTiles(tiles), old, new)
}

/// The tiles that [`consistency`] reads.
///
/// # Errors
/// If `old` is larger than `new`.
pub fn consistency_tiles(old: u64, new: u64) -> Result<BTreeSet<TileId>, TreeFault> {
    let mut needed = Needed::default();
    consistency_path(&mut needed, old, new)?;
    Ok(needed.0)
}

/// Roots of perfect subtrees: the `index`-th over 2^`height` leaves.
trait Nodes {
    fn node(&mut self, height: u32, index: u64) -> Result<Hash, TreeFault>;
}

struct FromTiles<'a, R: ?Sized>(&'a R);

impl<R: ReadTiles + ?Sized> Nodes for FromTiles<'_, R> {
    fn node(&mut self, height: u32, index: u64) -> Result<Hash, TreeFault> {
        let (id, first, count) = place(height, index);
        let hashes = self.0.tile(id).and_then(|tile| tile.get(first..first + count));
        hashes.and_then(fold).ok_or(TreeFault::Tile(id))
    }
}

/// Notes what would be read.
#[derive(Default)]
struct Needed(BTreeSet<TileId>);

impl Nodes for Needed {
    fn node(&mut self, height: u32, index: u64) -> Result<Hash, TreeFault> {
        self.0.insert(place(height, index).0);
        Ok(EMPTY_ROOT)
    }
}

/// The tile that a node is made from, its first hash there, and how many.
const fn place(height: u32, index: u64) -> (TileId, usize, usize) {
    let within = height % TILE_HEIGHT;
    let first = index << within;
    let id = TileId {
        level: (height / TILE_HEIGHT) as u8,
        index: first / TILE_WIDTH,
    };
    (id, (first % TILE_WIDTH) as usize, 1 << within)
}

/// The largest power of two below a size of at least 2.
const fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// The root over the leaves from `low` to before `high`, a subtree as RFC 9162 splits trees.
fn subtree(nodes: &mut impl Nodes, low: u64, high: u64) -> Result<Hash, TreeFault> {
    let size = high - low;
    if size.is_power_of_two() {
        let height = size.trailing_zeros();
        return nodes.node(height, low >> height);
    }
    let middle = low + split(size);
    let left = subtree(nodes, low, middle)?;
    Ok(node_hash(&left, &subtree(nodes, middle, high)?))
}

fn inclusion_path(nodes: &mut impl Nodes, index: u64, size: u64) -> Result<Vec<Hash>, TreeFault> {
    if index >= size {
        return Err(TreeFault::Index);
    }
    let (mut low, mut high, mut path) = (0, size, Vec::new());
    while high - low > 1 {
        let middle = low + split(high - low);
        if index < middle {
            path.push(subtree(nodes, middle, high)?);
            high = middle;
        } else {
            path.push(subtree(nodes, low, middle)?);
            low = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// PROOF of RFC 9162 §2.1.4.1, unrolled: the old tree is known as a whole as long as the walk keeps to the left edge.
fn consistency_path(nodes: &mut impl Nodes, old: u64, new: u64) -> Result<Vec<Hash>, TreeFault> {
    if old > new {
        return Err(TreeFault::Sizes);
    }
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let (mut low, mut high, mut path) = (0, new, Vec::new());
    while old != high {
        let middle = low + split(high - low);
        if old <= middle {
            path.push(subtree(nodes, middle, high)?);
            high = middle;
        } else {
            path.push(subtree(nodes, low, middle)?);
            low = middle;
        }
    }
    if low > 0 {
        path.push(subtree(nodes, low, high)?);
    }
    path.reverse();
    Ok(path)
}

/// Checks that the tree of this size and root has the leaf at this index (RFC 9162 §2.1.3.2).
///
/// # Errors
/// If the proof does not show it.
pub fn verify_inclusion(
    leaf: Hash,
    index: u64,
    size: u64,
    root: Hash,
    path: &[Hash],
) -> Result<(), TreeFault> {
    if index >= size {
        return Err(TreeFault::Index);
    }
    let (mut at, mut last, mut reached) = (index, size - 1, leaf);
    for sibling in path {
        if last == 0 {
            return Err(TreeFault::Proof);
        }
        if at & 1 == 1 || at == last {
            reached = node_hash(sibling, &reached);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            reached = node_hash(&reached, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    if last == 0 && reached == root {
        Ok(())
    } else {
        Err(TreeFault::Proof)
    }
}

/// A tree as a checkpoint states it.
type Stated = (u64, Hash);

/// Checks that the newer of two trees, each a size and a root, begins with the older (RFC 9162 §2.1.4.2). Every tree begins with
/// the empty one.
///
/// # Errors
/// If the proof does not show it.
pub fn verify_consistency(old: Stated, new: Stated, path: &[Hash]) -> Result<(), TreeFault> {
    let ((old_size, old_root), (new_size, new_root)) = (old, new);
    if old_size > new_size {
        return Err(TreeFault::Sizes);
    }
    let holds = match old_size {
        0 => path.is_empty() && old_root == EMPTY_ROOT && (new_size > 0 || new_root == EMPTY_ROOT),
        _ if old_size == new_size => path.is_empty() && old_root == new_root,
        _ => reaches_both(old, new, path).is_some_and(|holds| holds),
    };
    if holds { Ok(()) } else { Err(TreeFault::Proof) }
}

fn reaches_both((old_size, old_root): Stated, (new_size, new_root): Stated, path: &[Hash]) -> Option<bool> {
    // The old tree is a whole subtree of the new one: its root is where both start.
    let whole = old_size.is_power_of_two().then_some(old_root);
    if path.is_empty() {
        return None;
    }
    let mut hashes = whole.iter().chain(path);
    let low_ones = (old_size - 1).trailing_ones();
    let (mut at, mut last) = ((old_size - 1) >> low_ones, (new_size - 1) >> low_ones);
    let start = *hashes.next()?;
    let (mut old_reached, mut new_reached) = (start, start);
    for hash in hashes {
        if last == 0 {
            return None;
        }
        if at & 1 == 1 || at == last {
            old_reached = node_hash(hash, &old_reached);
            new_reached = node_hash(hash, &new_reached);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            new_reached = node_hash(&new_reached, hash);
        }
        at >>= 1;
        last >>= 1;
    }
    Some(last == 0 && old_reached == old_root && new_reached == new_root)
}
