//! The last changes of the register by position: what subscribers resume from.
//!
//! Kept are slot and kind of each change and where the registration was before it, not what it became: that stands in the
//! model. Changes of use copies have their positions and are told to nobody.

use std::collections::VecDeque;

use domain::province::Province;
use parking_lot::RwLock;

use super::Slot;
use super::interner::TextId;
use crate::change::Anchor;

/// What a change was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Entry,
    Certificate,
    Document,
}

/// Where a registration was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) province: Province,
    pub(crate) employer: TextId,
}

/// One change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    pub(crate) position: u64,
    pub(crate) slot: Slot,
    pub(crate) kind: Kind,
    /// Where the registration was before; none where there was none.
    pub(crate) before: Option<Held>,
}

/// The first eight bytes of an anchor: enough to tell two histories apart.
type Short = [u8; 8];

/// A change at the place that its position gives it.
struct Kept {
    anchor: Short,
    told: Option<(Slot, Kind, Option<Held>)>,
}

/// How many changes are kept at most.
pub(crate) const MOST: usize = 1 << 18;

/// One writer, the feed; any number of readers.
pub(crate) struct Recent(RwLock<Inner>);

struct Inner {
    /// The position before the first that is kept, and its anchor.
    begins_after: (u64, Short),
    kept: VecDeque<Kept>,
}

/// Why a subscriber cannot resume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// What came after its position is no longer kept.
    NotKept,
    /// This replica has another history there, or none yet.
    Diverged,
}

impl Recent {
    /// Changes after a position will be kept.
    pub(super) fn after(position: u64, anchor: &Anchor) -> Self {
        Self(RwLock::new(Inner {
            begins_after: (position, short(&anchor.0)),
            kept: VecDeque::new(),
        }))
    }

    /// What was kept is forgotten; changes after a position will be.
    pub(super) fn begin_after(&self, position: u64, anchor: &Anchor) {
        *self.0.write() = Inner {
            begins_after: (position, short(&anchor.0)),
            kept: VecDeque::new(),
        };
    }

    /// Takes in the change at the next position. None of whom nothing is told.
    pub(super) fn push(&self, anchor: &Anchor, told: Option<(Slot, Kind, Option<Held>)>) {
        let mut inner = self.0.write();
        if inner.kept.len() == MOST
            && let Some(oldest) = inner.kept.pop_front()
        {
            inner.begins_after = (inner.begins_after.0 + 1, oldest.anchor);
        }
        inner.kept.push_back(Kept {
            anchor: short(&anchor.0),
            told,
        });
    }

    /// The anchor of a position as subscribers know it.
    pub(crate) fn anchor(&self, position: u64) -> Option<Vec<u8>> {
        self.0.read().anchor(position).map(|anchor| anchor.to_vec())
    }

    /// The first position after which changes are kept.
    pub(crate) fn begins_after(&self) -> u64 {
        self.0.read().begins_after.0
    }

    /// Whether a subscriber can resume after a position that it knows by an anchor.
    pub(crate) fn check(&self, after: u64, anchor: &[u8]) -> Result<(), Lost> {
        let inner = self.0.read();
        match inner.anchor(after) {
            None if after < inner.begins_after.0 => Err(Lost::NotKept),
            Some(known) if known == *anchor => Ok(()),
            _ => Err(Lost::Diverged),
        }
    }

    /// At most `limit` changes after a position and not after `through`, and the last position looked at.
    pub(crate) fn between(&self, after: u64, through: u64, limit: usize) -> Result<(Vec<Told>, u64), Lost> {
        let inner = self.0.read();
        let begin = after.checked_sub(inner.begins_after.0).ok_or(Lost::NotKept)?;
        let begin = usize::try_from(begin).map_err(|_| Lost::Diverged)?;
        let upto =
            usize::try_from(through.saturating_sub(inner.begins_after.0)).map_err(|_| Lost::Diverged)?;
        let end = upto.min(inner.kept.len()).min(begin.saturating_add(limit));
        if begin >= end {
            return Ok((Vec::new(), after));
        }
        let told = inner.kept.range(begin..end).zip(after + 1..);
        let told = told.filter_map(|(kept, position)| {
            let (slot, kind, before) = kept.told?;
            Some(Told {
                position,
                slot,
                kind,
                before,
            })
        });
        Ok((told.collect(), after + (end - begin) as u64))
    }
}

impl Inner {
    fn anchor(&self, position: u64) -> Option<Short> {
        if position == self.begins_after.0 {
            return Some(self.begins_after.1);
        }
        let at = position.checked_sub(self.begins_after.0 + 1)?;
        let kept = self.kept.get(usize::try_from(at).ok()?)?;
        Some(kept.anchor)
    }
}

/// Shorter anchors are padded.
fn short(anchor: &[u8]) -> Short {
    let mut short = Short::default();
    short.iter_mut().zip(anchor).for_each(|(to, from)| *to = *from);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchor(position: u64) -> Anchor {
        Anchor(position.to_be_bytes().to_vec())
    }

    #[test]
    fn what_is_no_longer_kept_and_what_never_was_are_told_apart() {
        let recent = Recent::after(10, &anchor(10));
        for position in 11..=10 + MOST as u64 + 5 {
            recent.push(&anchor(position), None);
        }
        let last = 15 + MOST as u64;
        assert_eq!(recent.begins_after(), 15);
        assert_eq!(recent.check(14, &anchor(14).0), Err(Lost::NotKept));
        assert_eq!(recent.check(15, &anchor(15).0), Ok(()));
        assert_eq!(recent.check(last, &anchor(last).0), Ok(()));
        assert_eq!(recent.check(last, &anchor(1).0), Err(Lost::Diverged));
        assert_eq!(recent.check(last + 1, &anchor(last + 1).0), Err(Lost::Diverged));
        assert_eq!(recent.between(14, last, 10).err(), Some(Lost::NotKept));
        let (told, through) = recent.between(15, last, 10).expect("kept");
        assert!(told.is_empty() && through == 25);
        assert_eq!(recent.between(last, last, 10).expect("kept").1, last);
    }
}
