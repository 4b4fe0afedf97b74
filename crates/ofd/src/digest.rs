//! SM3, the only digest this crate computes.

use sm3::Digest as _;

/// An SM3 digest.
pub type Digest = [u8; 32];

/// SM3 (GB/T 32905) of `bytes`.
#[must_use]
pub fn sm3(bytes: &[u8]) -> Digest {
    sm3::Sm3::digest(bytes).into()
}
