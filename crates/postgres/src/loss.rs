//! When this process last found a connection broken. A server that dies breaks every connection of every pool, and each is
//! noticed only when it is used: after the first, whatever has lain idle since before is asked whether it lives.
//!
//! One moment for the whole process, whichever server it was: a ping too many is the worst that comes of it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A connection that was given back while the server died may have heard its last word before, and be called idle only after the
/// loss was noted; so what became idle this soon after it is asked, too.
const GIVEN_BACK_WITHIN: Duration = Duration::from_secs(5);

/// Microseconds after [`origin`]; 0 before the first loss.
static LAST: AtomicU64 = AtomicU64::new(0);

fn origin() -> Instant {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    *ORIGIN.get_or_init(Instant::now)
}

fn now() -> u64 {
    u64::try_from(origin().elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// A connection was found broken.
pub(crate) fn note() {
    LAST.fetch_max(now().max(1), Ordering::AcqRel);
}

/// Whether a connection that has been idle for so long may have broken unnoticed with another.
pub(crate) fn may_concern(idle_for: Duration) -> bool {
    let last = LAST.load(Ordering::Acquire);
    last > 0 && was_there(idle_for, Duration::from_micros(now().saturating_sub(last)))
}

fn was_there(idle_for: Duration, lost_ago: Duration) -> bool {
    idle_for.saturating_add(GIVEN_BACK_WITHIN) >= lost_ago
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_may_have_been_there_at_the_loss_is_asked_and_nothing_later() {
        let seconds = Duration::from_secs;
        assert!(was_there(seconds(60), seconds(10)), "idle since before");
        assert!(was_there(seconds(9), seconds(10)), "given back amid the crash");
        assert!(!was_there(seconds(1), seconds(10)), "used since");
    }
}
