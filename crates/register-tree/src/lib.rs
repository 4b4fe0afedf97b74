//! A Merkle tree over registrations, by which a province and the nation prove to each other that they hold the same ones
//! (design §3, decision 0028).
//!
//! A registration stands in one of 65 536 buckets by the first four hexadecimal digits of SHA-256 over its digits; above
//! the buckets are four levels of sixteen children each. Equal roots say that every row is equal; from different ones
//! four steps lead to the buckets that differ, a fifth to their rows. A row that changes touches its bucket and the four
//! nodes above.

mod node;
mod row;
mod statement;
#[cfg(test)]
mod tests;
mod tree;

pub use node::{FAN_OUT, LEVELS, Path, bucket_digest, differing, empty, node_digest};
pub use row::{Key, Row, Standing};
pub use statement::{Pair, statement};
pub use tree::{Nodes, Tree};

/// A SHA-256 value.
pub type Digest = [u8; 32];

/// Hashes fields under a domain: no two purposes and no two lists of fields give the same input.
struct Hasher(sha2::Sha256);

impl Hasher {
    fn new(domain: &str) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::new()).field(domain.as_bytes())
    }

    fn field(mut self, bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
        self
    }

    fn finish(self) -> Digest {
        use sha2::Digest as _;
        self.0.finalize().into()
    }
}
