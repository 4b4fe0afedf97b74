//! SM3, the only digest this crate computes.

use sm3::Digest as _;

/// An SM3 digest.
pub type Digest = [u8; 32];

/// SM3 (GB/T 32905) of `bytes`.
#[must_use]
pub fn sm3(bytes: &[u8]) -> Digest {
    sm3::Sm3::digest(bytes).into()
}

/// SM3 of each message, side by side where that is the faster way.
#[must_use]
pub(crate) fn sm3_of_all(messages: &[&[u8]]) -> Vec<Digest> {
    sm3_lanes::digests(messages)
}
