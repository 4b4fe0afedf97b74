//! Token status lists (状态列表, draft-ietf-oauth-status-list): one signed token tells the status of a million certificates, so that
//! whoever asks tells nobody which one they ask about.
//!
//! | you want | take |
//! |---|---|
//! | a place for a new certificate | [`Shard::allocate`]: random, never a decoy's |
//! | the list of a shard | [`StatusList`], with [`Shard::decoys`] laid in |
//! | to publish it | [`StatusListToken::sign`] under [`Terms`]: `statuslist+jwt`, ES256, never valid across midnight in Asia/Shanghai |
//! | to read one | [`StatusListToken::open`], then [`StatusListToken::answer`]: a status, and how fresh it is |
//!
//! Registrations end at midnight by time alone, and no list from before midnight may say otherwise afterwards: `exp` and `ttl` both
//! stop there. `ttl` is at most a minute: that is how long a revocation may stay unseen by those who are online. `exp` is later: it
//! is how long those who are offline may go on with what they have.
//!
//! No I/O, no clock; randomness of indices is the caller's.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod key;
mod list;
mod shard;
mod terms;
mod token;

pub use key::{Es256Signer, Es256Verifier, KeyFault, TokenSigner};
pub use list::{Bits, ListFault, Status, StatusList};
pub use shard::{AllocationFault, Decoy, DecoyPlan, SHARD_CAPACITY, SHARD_PARTS, SHARD_SIZE, Shard};
pub use terms::{MAX_TTL, Terms, midnight_after};
pub use token::{Answer, Freshness, Limits, ReadFault, Reference, StatusListToken, TokenFault};
