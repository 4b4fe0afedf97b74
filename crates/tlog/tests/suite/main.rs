//! What the log promises, against its own definition, the vectors of the standards, and a judge written by others (the port of Go's
//! `sumdb` packages).

mod audit;
mod judge;
mod leaves;
mod notes;
mod proofs;
mod vectors;
mod witnesses;

use tlog::{Hash, MemoryTiles, leaf_hash};

/// The `n`-th leaf of every tree here.
fn leaf(n: u64) -> Hash {
    leaf_hash(&n.to_be_bytes())
}

/// The tree of `size` leaves, grown in steps of `step`.
fn grown(size: u64, step: usize) -> MemoryTiles {
    let mut tiles = MemoryTiles::default();
    let leaves: Vec<Hash> = (0..size).map(leaf).collect();
    for batch in leaves.chunks(step.max(1)) {
        let append = tiles.edge().append(batch.iter().copied());
        assert!(tiles.apply(append), "appended to its own edge");
    }
    tiles
}

/// MTH of RFC 9162 §2.1.1, by its definition.
fn defined_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => tlog::EMPTY_ROOT,
        [only] => *only,
        _ => {
            let split = 1 << (leaves.len() - 1).ilog2();
            let (left, right) = leaves.split_at(split);
            tlog::node_hash(&defined_root(left), &defined_root(right))
        }
    }
}
