//! The feed of revocations as it grows.

use std::sync::Arc;
use std::time::Duration;

use futures_util::Stream;
use futures_util::stream;
use jiff::{SignedDuration, Timestamp};
use service_runtime::auth::LONGEST_LIFETIME;
use tokio::sync::watch;

use crate::deps::Deps;
use crate::error::Error;
use crate::store::revocation::{self, Revocation};

/// What a watcher gets.
pub(crate) enum Event {
    /// Somebody was revoked.
    Revoked(Revocation),
    /// Nothing new up to this number; sent once the watcher has caught up and now and then after.
    CaughtUp(u64),
}

/// How often a watcher that gets nothing hears that it is still connected.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(10);
const BATCH: u32 = 500;

struct Watcher {
    deps: Arc<Deps>,
    head: watch::Receiver<u64>,
    after: u64,
    since: Timestamp,
    told: bool,
    waiting: std::collections::VecDeque<Revocation>,
}

/// Every revocation after number `after`, in order and without gaps; with 0, those of which a token may be alive.
pub(crate) fn watch_revocations(
    deps: Arc<Deps>,
    head: watch::Receiver<u64>,
    after: u64,
) -> impl Stream<Item = Result<Event, Error>> + Send {
    let since = if after == 0 {
        oldest_of_use(deps.now())
    } else {
        Timestamp::UNIX_EPOCH
    };
    let watcher = Watcher {
        deps,
        head,
        after,
        since,
        told: false,
        waiting: Default::default(),
    };
    stream::try_unfold(watcher, async |mut watcher| {
        let event = watcher.next().await?;
        Ok(Some((event, watcher)))
    })
}

impl Watcher {
    async fn next(&mut self) -> Result<Event, Error> {
        loop {
            if let Some(revocation) = self.waiting.pop_front() {
                self.after = revocation.number;
                self.told = false;
                return Ok(Event::Revoked(revocation));
            }
            // Noted before reading, so that nothing that comes in between is slept over.
            let head = *self.head.borrow_and_update();
            if head > self.after || !self.told {
                let found = revocation::list(&self.deps.read, self.after, self.since, BATCH).await?;
                if found.is_empty() {
                    self.after = self.after.max(head);
                    self.told = true;
                    return Ok(Event::CaughtUp(self.after));
                }
                self.waiting.extend(found);
                continue;
            }
            match tokio::time::timeout(KEEP_ALIVE, self.head.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Err(Error::internal("the follower of revocations has ended")),
                Err(_) => self.told = false,
            }
        }
    }
}

/// Tokens issued before this are dead.
pub(crate) fn oldest_of_use(now: Timestamp) -> Timestamp {
    let twice = SignedDuration::try_from(LONGEST_LIFETIME * 2).unwrap_or(SignedDuration::ZERO);
    now.checked_sub(twice).unwrap_or(Timestamp::MIN)
}
