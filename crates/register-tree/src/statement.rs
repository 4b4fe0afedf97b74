//! What the nation signs when both sides hold the same.

use domain::province::Province;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Digest;

const EQUAL: &str = "jianzheng exchange register equal v1";

/// Where a province's registrations stand: what it has told, and what it was told. A root belongs to one pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Pair {
    /// Number of the province's last event.
    pub sequence: u64,
    /// Number of the nation's last piece of news.
    pub number: u64,
}

/// What the nation's receipt key signs: at this pair, seen at this instant, both sides have this root. Domain, province
/// (two digits), sequence, number, microseconds (big endian each), root.
#[must_use]
pub fn statement(province: Province, pair: Pair, root: &Digest, at: Timestamp) -> Vec<u8> {
    [
        EQUAL.as_bytes(),
        province.code().as_bytes(),
        &pair.sequence.to_be_bytes(),
        &pair.number.to_be_bytes(),
        &at.as_microsecond().to_be_bytes(),
        root,
    ]
    .concat()
}
