//! How long a list may be believed.

use jiff::Timestamp;

/// The longest time that a list may be kept before asking again, in seconds.
pub const MAX_TTL: u32 = 60;

const DAY: i64 = 86_400;
/// Asia/Shanghai is UTC+8 the year round.
const OFFSET: i64 = 8 * 3_600;

/// The seconds since 1970 at which the day in Asia/Shanghai ends that an instant falls on.
#[must_use]
pub const fn midnight_after(seconds: i64) -> i64 {
    ((seconds + OFFSET).div_euclid(DAY) + 1) * DAY - OFFSET
}

/// What a publisher grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    ttl: u32,
    lifetime: u32,
}

impl Terms {
    /// A `ttl` of 1 to [`MAX_TTL`] seconds, and an `exp` at most `lifetime` seconds after issue; none if the one is out of bounds or
    /// longer than the other.
    #[must_use]
    pub const fn new(ttl: u32, lifetime: u32) -> Option<Self> {
        if ttl == 0 || ttl > MAX_TTL || lifetime < ttl {
            return None;
        }
        Some(Self { ttl, lifetime })
    }

    /// When a list issued at an instant is to be fetched again, and when it says nothing any more; in seconds since 1970.
    #[must_use]
    pub fn ends(self, issued: Timestamp) -> (i64, i64) {
        let (issued, expires, ttl) = self.at(issued);
        (issued.saturating_add(ttl.into()), expires)
    }

    /// `iat`, `exp` and `ttl` of a list that is issued at an instant: neither outlasts the day.
    pub(crate) fn at(self, now: Timestamp) -> (i64, i64, u32) {
        let issued = now.as_second();
        let left = midnight_after(issued) - issued;
        let within = |seconds: u32| u32::try_from(left).unwrap_or(u32::MAX).min(seconds);
        (
            issued,
            issued + i64::from(within(self.lifetime)),
            within(self.ttl),
        )
    }
}
