//! How far this replica has read, and how fresh that is.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::province::Province;
use jiff::Timestamp;
use parking_lot::RwLock;
use service_runtime::{Refusal, Watermark};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::change::{Anchor, ProvinceMark};

/// Positions and heartbeats.
pub(crate) struct Marks {
    register: Watermark,
    provinces: RwLock<BTreeMap<Province, Known>>,
    beat: watch::Sender<Beat>,
    /// What the change at the position is known by.
    anchor: RwLock<Anchor>,
}

struct Known {
    watermark: Watermark,
    at: Option<Timestamp>,
}

/// What the last messages told about time.
#[derive(Debug, Clone, Copy, Default)]
struct Beat {
    /// When the last message was recorded.
    told_at: Option<Timestamp>,
    /// The last heartbeat up to which everything had been applied.
    heard_at: Option<Timestamp>,
}

/// The state that an answer rests on, read before the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AsOf {
    pub(crate) position: u64,
    pub(crate) time: Timestamp,
    pub(crate) fresh_until: Timestamp,
    pub(crate) stale: bool,
}

impl Marks {
    pub(super) fn new() -> Self {
        Self {
            register: Watermark::at(0),
            provinces: RwLock::default(),
            beat: watch::Sender::new(Beat::default()),
            anchor: RwLock::default(),
        }
    }

    /// The position up to which every change is applied.
    pub(crate) fn position(&self) -> u64 {
        self.register.position()
    }

    /// What the change at the position is known by. Read with the position by the one follower of the feed alone.
    pub(crate) fn anchor(&self) -> Anchor {
        self.anchor.read().clone()
    }

    /// When the last message was recorded.
    pub(super) fn told_at(&self) -> Option<Timestamp> {
        self.beat.borrow().told_at
    }

    /// Every province that was heard of.
    pub(super) fn heard(&self) -> Vec<ProvinceMark> {
        let provinces = self.provinces.read();
        let heard = provinces.iter().filter_map(|(province, known)| {
            Some(ProvinceMark {
                province: *province,
                sequence: known.watermark.position(),
                at: known.at?,
            })
        });
        heard.collect()
    }

    /// Goes on where a picture was taken. Nothing is fresh before the feed's next heartbeat.
    pub(super) fn resume(
        &self,
        position: u64,
        anchor: Anchor,
        told_at: Timestamp,
        provinces: &[ProvinceMark],
    ) {
        self.set_anchor(anchor);
        self.advance(position, told_at, provinces, false);
    }

    pub(super) fn set_anchor(&self, anchor: Anchor) {
        *self.anchor.write() = anchor;
    }

    /// Notes a message after its change was applied.
    pub(super) fn advance(
        &self,
        position: u64,
        recorded_at: Timestamp,
        provinces: &[ProvinceMark],
        is_heartbeat: bool,
    ) {
        self.register.advance(position);
        for mark in provinces {
            let mut known = self.provinces.write();
            let known = known.entry(mark.province).or_insert_with(Known::unheard);
            known.watermark.advance(mark.sequence);
            known.at = known.at.max(Some(mark.at));
        }
        self.beat.send_modify(|beat| {
            beat.told_at = beat.told_at.max(Some(recorded_at));
            if is_heartbeat {
                beat.heard_at = beat.heard_at.max(Some(recorded_at));
            }
        });
    }

    /// What an answer at `now` rests on; none before the first heartbeat after catching up.
    pub(crate) fn as_of(&self, now: Timestamp, bound: Duration) -> Option<AsOf> {
        let beat = *self.beat.borrow();
        let heard_at = beat.heard_at?;
        let fresh_until = heard_at.checked_add(bound).unwrap_or(Timestamp::MAX);
        Some(AsOf {
            position: self.position(),
            time: beat.told_at.unwrap_or(heard_at),
            fresh_until,
            stale: now > fresh_until,
        })
    }

    /// The last sequence of a province and its time.
    pub(crate) fn province(&self, province: Province) -> Option<ProvinceMark> {
        let known = self.provinces.read();
        let known = known.get(&province)?;
        Some(ProvinceMark {
            province,
            sequence: known.watermark.position(),
            at: known.at?,
        })
    }

    /// Waits for a position of the register.
    pub(crate) async fn wait_for_register(&self, position: u64, deadline: Instant) -> Result<(), Refusal> {
        self.register.wait_for(position, deadline).await.map(|_| ())
    }

    /// Waits until the register has applied a province's sequence.
    pub(crate) async fn wait_for_province(
        &self,
        province: Province,
        sequence: u64,
        deadline: Instant,
    ) -> Result<(), Refusal> {
        let watermark = {
            let mut provinces = self.provinces.write();
            provinces
                .entry(province)
                .or_insert_with(Known::unheard)
                .watermark
                .clone()
        };
        watermark.wait_for(sequence, deadline).await.map(|_| ())
    }

    /// Returns after the next message of the feed.
    pub(crate) async fn next_message(&self) {
        let mut beats = self.beat.subscribe();
        // The sender lives as long as the model.
        let _changed = beats.changed().await;
    }

    /// Whether the replica has caught up once.
    pub(crate) fn is_caught_up(&self) -> bool {
        self.beat.borrow().heard_at.is_some()
    }

    /// Returns once the replica has caught up for the first time.
    pub(crate) async fn caught_up(&self) {
        let mut beats = self.beat.subscribe();
        let _beat = beats.wait_for(|beat| beat.heard_at.is_some()).await;
    }
}

impl Known {
    fn unheard() -> Self {
        Self {
            watermark: Watermark::at(0),
            at: None,
        }
    }
}
