//! Where in a list a certificate stands: at random, among decoys.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::list::{Bits, Status, StatusList};

/// Entries of a shard.
pub const SHARD_SIZE: u32 = 1 << 20;
/// Entries of a shard that are given away before the next one is opened: half, so that a draw succeeds in three, and most of the
/// list stays nobody's.
pub const SHARD_CAPACITY: u32 = SHARD_SIZE / 2;

/// Parts into which the places of a shard fall, by its key. Two that allocate from different parts never draw the same.
pub const SHARD_PARTS: u8 = 32;

/// More draws than a sound source of randomness needs for an index of one part by far (odds of 1 in 2^80 at capacity).
const MAX_DRAWS: u32 = 200 * SHARD_PARTS as u32;

/// One list of a million entries, of which some are decoys (诱饵): places that nobody has and that change all the same, so that what
/// changes does not tell how many certificates there are or end.
///
/// Which places are decoys, and what becomes of them, follows from the key alone: nothing is stored, and two processes that make the
/// list agree.
#[derive(Clone)]
pub struct Shard {
    number: u32,
    opened: Timestamp,
    key: [u8; 32],
    plan: DecoyPlan,
}

impl std::fmt::Debug for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shard({})", self.number)
    }
}

/// How many decoys there are, and what becomes of them, in 256ths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecoyPlan {
    /// Of the places of the shard, that are decoys.
    pub share: u8,
    /// Of the decoys, that end some day within the horizon.
    pub ending: u8,
    /// Of the decoys, that are suspended for a while within the horizon.
    pub suspended: u8,
    /// From the opening of the shard to its last change of a decoy.
    pub horizon: SignedDuration,
    /// How long a decoy is suspended.
    pub suspension: SignedDuration,
}

impl Default for DecoyPlan {
    /// An eighth of the places; of them two thirds end within five years, as certificates do that are changed and renewed; one in a
    /// hundred is suspended for a month.
    fn default() -> Self {
        Self {
            share: 32,
            ending: 170,
            suspended: 3,
            horizon: SignedDuration::from_hours(5 * 365 * 24),
            suspension: SignedDuration::from_hours(30 * 24),
        }
    }
}

/// A place that is nobody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decoy {
    /// Where.
    pub index: u32,
    /// What becomes of it, from when until when.
    fate: Option<(Status, Timestamp, Timestamp)>,
}

impl Decoy {
    /// Its status. Give the time of **the shard's last real change**, not the time of day: decoys then change only in company, and
    /// nobody tells them apart by when they do.
    #[must_use]
    pub fn status(&self, at: Timestamp) -> Status {
        match self.fate {
            Some((status, from, until)) if from <= at && at < until => status,
            _ => Status::Valid,
        }
    }
}

/// Why no indices were allocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AllocationFault {
    /// The shard has given away what it gives: open the next one.
    #[error("the shard is full")]
    Full,
    /// The source of randomness repeats itself.
    #[error("the source of randomness gives no free index")]
    Random,
}

impl Shard {
    /// The shard of this number. `key` is 32 secret random bytes that never change while the shard is in use.
    #[must_use]
    pub const fn new(number: u32, opened: Timestamp, key: [u8; 32], plan: DecoyPlan) -> Self {
        Self {
            number,
            opened,
            key,
            plan,
        }
    }

    /// Its number.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// Whether a place is a decoy's.
    #[must_use]
    pub fn is_decoy(&self, index: u32) -> bool {
        let [share, ..] = self.digest(index);
        index < SHARD_SIZE && share < self.plan.share
    }

    /// Draws `count` different indices that are neither taken nor decoys, from one part of the shard or from anywhere. `used` is how
    /// many the shard has given away.
    ///
    /// It is a proposal: two that allocate at once from one part may draw the same, so that (shard, index) has to be unique where it is
    /// stored, and whoever loses draws again. Nothing is reserved, nothing is counted up, and no key tells the order in which indices
    /// were given; which part an index is in is known by the key alone.
    ///
    /// # Errors
    /// If the shard has given away what it gives, or the randomness is none.
    pub fn allocate(
        &self,
        random: &mut impl CryptoRng,
        count: u32,
        used: u32,
        part: Option<u8>,
        taken: impl Fn(u32) -> bool,
    ) -> Result<Vec<u32>, AllocationFault> {
        if used.checked_add(count).is_none_or(|used| used > SHARD_CAPACITY) {
            return Err(AllocationFault::Full);
        }
        let mut drawn = BTreeSet::new();
        let mut indices = Vec::new();
        for _ in 0..count {
            let index = (0..MAX_DRAWS)
                .map(|_| random.next_u32() % SHARD_SIZE)
                .find(|index| self.gives(*index, part) && !drawn.contains(index) && !taken(*index));
            let index = index.ok_or(AllocationFault::Random)?;
            drawn.insert(index);
            indices.push(index);
        }
        Ok(indices)
    }

    /// Whether an index is no decoy, and of this part.
    fn gives(&self, index: u32, part: Option<u8>) -> bool {
        let [share, .., last] = self.digest(index);
        share >= self.plan.share && part.is_none_or(|part| last % SHARD_PARTS == part)
    }

    /// All decoys. It hashes a million times: keep the result.
    #[must_use]
    pub fn decoys(&self) -> Vec<Decoy> {
        (0..SHARD_SIZE)
            .filter_map(|index| {
                let digest = self.digest(index);
                let [share, ..] = digest;
                (share < self.plan.share).then(|| Decoy {
                    index,
                    fate: self.fate(&digest),
                })
            })
            .collect()
    }

    /// A list of the shard with nothing but its decoys, as of the shard's last real change.
    #[must_use]
    pub fn list(decoys: &[Decoy], last_change: Timestamp) -> StatusList {
        let mut list = StatusList::new(Bits::Two, SHARD_SIZE);
        for decoy in decoys {
            let _within = list.set(decoy.index, decoy.status(last_change));
        }
        list
    }

    fn fate(&self, digest: &[u8; 32]) -> Option<(Status, Timestamp, Timestamp)> {
        let [_, fate, when @ ..] = digest;
        let when = u64::from_be_bytes(when.first_chunk().copied().unwrap_or_default());
        let horizon = u64::try_from(self.plan.horizon.as_secs())
            .ok()
            .filter(|seconds| *seconds > 0)?;
        let after = SignedDuration::from_secs(i64::try_from(when % horizon).unwrap_or(0));
        let from = self.opened.saturating_add(after).ok()?;
        let (ending, suspended) = (self.plan.ending, self.plan.suspended);
        if *fate < ending {
            return Some((Status::Invalid, from, Timestamp::MAX));
        }
        let until = from.saturating_add(self.plan.suspension).ok()?;
        (*fate < ending.saturating_add(suspended)).then_some((Status::Suspended, from, until))
    }

    /// A keyed hash of fixed-length parts.
    fn digest(&self, index: u32) -> [u8; 32] {
        let digest = Sha256::new().chain_update(self.key).chain_update(b"decoy/v1");
        let digest = digest.chain_update(self.number.to_be_bytes());
        digest.chain_update(index.to_be_bytes()).finalize().into()
    }
}
