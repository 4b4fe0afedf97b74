//! A transparency log (透明日志) in the formats of [C2SP](https://c2sp.org): a Merkle tree that only grows, statements about it that
//! many keep an eye on, and proofs that anyone checks without asking anybody.
//!
//! | you want | take |
//! |---|---|
//! | to say what an entry is | [`Leaf`]: commitments to facts, digests of documents |
//! | to append | [`Edge::append`]: the next edge, and the rows that a store has to add |
//! | to state the tree | [`Checkpoint`], signed by [`LogSigner`] |
//! | to prove | [`inclusion`], [`consistency`] over whatever [`ReadTiles`]; [`inclusion_tiles`], [`consistency_tiles`] say beforehand what to fetch |
//! | to check | [`verify_inclusion`], [`verify_consistency`]; [`Quorum`] for a checkpoint with its cosignatures |
//! | one file that proves it all offline | [`DetachedProof`] (`.tlog-proof`) |
//! | to cosign | [`Witness`]: a transition whose memory is durable before its cosignature leaves |
//! | to check everything | [`Audit`] |
//!
//! # What a store keeps
//! Every entry at its index, and every [`FullTile`] with its root: rows that are only ever added. Nothing else: the partial tile at
//! level 0 is the leaf hashes since the last full one, the partial tile at level *n* + 1 the roots of the full tiles at level *n* since
//! the last full one there. [`Edge::tiles`] names them, [`Edge::read`] reads them.
//!
//! Standards: RFC 6962 §2.1 and RFC 9162 §2.1 (trees, proofs), C2SP signed-note, tlog-checkpoint, tlog-tiles, tlog-cosignature
//! (Ed25519, `cosignature/v1`), tlog-witness, tlog-proof.
//!
//! No I/O, no async, no clock: times are arguments. Ed25519 needs no randomness.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod audit;
mod checkpoint;
mod cosignature;
mod detached;
mod edge;
mod hash;
mod key;
mod leaf;
mod memory;
mod note;
mod proof;
mod quorum;
mod tile;
mod witness;

pub use audit::{Audit, AuditFault};
pub use checkpoint::{Checkpoint, CheckpointFault, LogSigner, Origin};
pub use cosignature::{Cosignature, Cosigner};
pub use detached::{DetachedProof, ProofFault, Proved};
pub use edge::{Append, Edge, FullTile};
pub use hash::{EMPTY_ROOT, Hash, leaf_hash, node_hash};
pub use key::{Algorithm, KeyFault, VerifierKey, log_keys};
pub use leaf::{DocumentKind, Leaf, LeafFault, SALT, commit_facts};
pub use memory::MemoryTiles;
pub use note::{MAX_NOTE, MAX_SIGNATURES, Note, NoteFault, NoteSignature};
pub use proof::{
    ReadTiles, TreeFault, consistency, consistency_tiles, inclusion, inclusion_tiles, root,
    verify_consistency, verify_inclusion,
};
pub use quorum::{Quorum, QuorumFault, Witnessed};
pub use tile::{BundleFault, TILE_WIDTH, TileId, TilePath, decode_bundle, encode_bundle};
pub use witness::{AddCheckpoint, Memory, Pending, Remembered, RequestFault, Witness, WitnessRefusal};
