//! Every change of the register by position, for `verification`.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, stream};
use jiff::Timestamp;
use service_runtime::error::{ILLEGAL_STATE, RESTORING};
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::change::Change;
use crate::deps::Deps;
use crate::error::Error;
use crate::sealing;
use crate::store::issuing::column;
use crate::store::log::change::{self, Anchor, ChangeRow};
use crate::store::log::sequence::{self, Head, Mark};

/// One message to a watcher.
pub(crate) struct Told {
    /// Of the change; of a heartbeat the last one.
    pub(crate) position: u64,
    pub(crate) recorded_at: Timestamp,
    /// With the message that reaches the head, and with heartbeats.
    pub(crate) watermarks: Vec<Mark>,
    pub(crate) what: What,
    /// Of the change at `position`; none at 0.
    pub(crate) anchor: Option<Anchor>,
}

/// Where a watcher resumes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resume {
    pub(crate) after: u64,
    /// What it knows the change there by; none where it has not kept it.
    pub(crate) anchor: Option<Anchor>,
}

/// What a watcher gets.
pub(crate) enum What {
    /// A change, with the canonical facts record where it is about a version.
    Change(Box<Change>, Option<Zeroizing<Vec<u8>>>),
    /// Nothing; also in place of a change about somebody who was erased.
    Heartbeat,
}

/// Answers are fresh for a second after the last of these (design §5).
const HEARTBEAT: Duration = Duration::from_millis(300);
const LOOK_AGAIN: Duration = Duration::from_millis(20);
const BATCH: i64 = 500;

struct Watcher {
    deps: Arc<Deps>,
    after: u64,
    /// Of the change at `after`, once it is known.
    anchor: Option<Anchor>,
    /// What the watcher knows that change by, until it is compared.
    claimed: Option<Anchor>,
    waiting: VecDeque<ChangeRow>,
    head: Head,
    /// When it was told last that nothing more had happened. A change does not say so: where they never cease, the heart beats
    /// between them.
    beat_at: Option<Instant>,
}

/// Every change after a position, in order and without gaps, with heartbeats between.
pub(crate) fn watch_changes(
    deps: Arc<Deps>,
    resume: Resume,
) -> impl Stream<Item = Result<Told, Error>> + Send {
    let watcher = Watcher {
        deps,
        after: resume.after,
        anchor: None,
        claimed: resume.anchor,
        waiting: VecDeque::new(),
        head: Head {
            position: 0,
            watermarks: Vec::new(),
        },
        beat_at: None,
    };
    stream::try_unfold(watcher, async |mut watcher| {
        let told = watcher.next().await?;
        Ok(Some((told, watcher)))
    })
}

impl Watcher {
    async fn next(&mut self) -> Result<Told, Error> {
        loop {
            // Nobody is told that nothing happened, nor that another history did.
            if !self.deps.gate.is_open() {
                return Err(RESTORING.into());
            }
            if let Some(row) = self.waiting.pop_front() {
                return self.change(row);
            }
            self.head = sequence::head(&self.deps.read).await?;
            self.deps.positions.register().advance(self.head.position);
            if self.head.position < self.after {
                // The watcher has seen what is not there: another register, or one restored from a backup.
                return Err(ILLEGAL_STATE.into());
            }
            self.find_anchor().await?;
            if self.head.position > self.after {
                let found = change::between(&self.deps.read, self.after, self.head.position, BATCH).await?;
                if found.is_empty() {
                    return Err(Error::internal("a position that the head covers has no change"));
                }
                self.waiting = found.into();
                continue;
            }
            let mut until = self.beat_at.map_or_else(Instant::now, |at| at + HEARTBEAT);
            if until <= Instant::now() {
                if let Some(heartbeat) = self.heartbeat().await? {
                    return Ok(heartbeat);
                }
                until = Instant::now() + LOOK_AGAIN;
            }
            // Wakes as soon as the sequencer, here or elsewhere, is known to have gone on.
            let _ = self
                .deps
                .positions
                .register()
                .wait_for(self.after + 1, until)
                .await;
        }
    }

    /// Finds the change that the watcher resumes after. One whose history went another way has seen what is not there.
    async fn find_anchor(&mut self) -> Result<(), Error> {
        if self.after == 0 || self.anchor.is_some() {
            return Ok(());
        }
        let found = change::anchor_at(&self.deps.read, self.after).await?;
        let claimed = self.claimed.take();
        if found.is_none() || (claimed.is_some() && claimed != found) {
            return Err(ILLEGAL_STATE.into());
        }
        self.anchor = found;
        Ok(())
    }

    fn change(&mut self, row: ChangeRow) -> Result<Told, Error> {
        let anchor = Some(row.anchor());
        let ChangeRow {
            position,
            kind,
            person,
            sealed,
            recorded_at,
            wrapped_key,
            facts,
        } = row;
        (self.after, self.anchor) = (position, anchor);
        let what = match wrapped_key {
            None => What::Heartbeat,
            Some(wrapped) => {
                let key = self.deps.sealing.key(person, wrapped)?;
                let facts = facts
                    .map(|(version, sealed)| sealing::open(&key, &column::version_facts(version), sealed));
                What::Change(Box::new(Change::open(&kind, &key, sealed)?), facts.transpose()?)
            }
        };
        Ok(Told {
            position,
            recorded_at,
            watermarks: self.marks(position),
            what,
            anchor,
        })
    }

    /// Says that nothing happened up to a time, if that is so: what was committed before it has its number, and the head
    /// read after that covers it. A sequencer that stands still therefore makes watchers stale, never wrong.
    async fn heartbeat(&mut self) -> Result<Option<Told>, Error> {
        let at = self.deps.now();
        if sequence::has_work(&self.deps.read, false).await? {
            return Ok(None);
        }
        self.head = sequence::head(&self.deps.read).await?;
        if self.head.position != self.after {
            return Ok(None);
        }
        self.beat_at = Some(Instant::now());
        let watermarks = self.marks(self.after);
        Ok(Some(Told {
            position: self.after,
            recorded_at: at,
            watermarks,
            what: What::Heartbeat,
            anchor: self.anchor,
        }))
    }

    /// Watermarks speak of the head that they were read with, and of nothing before it.
    fn marks(&self, position: u64) -> Vec<Mark> {
        if position >= self.head.position {
            self.head.watermarks.clone()
        } else {
            Vec::new()
        }
    }
}
