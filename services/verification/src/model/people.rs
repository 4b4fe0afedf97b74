//! Records by slot, in shards, each behind a lock of its own.

use std::sync::atomic::{AtomicU32, Ordering};

use parking_lot::RwLock;
use uuid::Uuid;

use super::Person;

pub(super) const SHARDS: usize = 64;

/// The number of a person in this replica: four bytes in every index instead of sixteen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Slot(u32);

/// Records of a segment: a list that grows would move, and leave room behind of half its size.
const SEGMENT: usize = 128;

/// Records by slot. Slots are given out in order and never taken back.
pub(super) struct People {
    shards: Box<[RwLock<Shard>]>,
    taken: AtomicU32,
}

/// Records of every 64th slot, in order. All segments but the last are full.
#[derive(Default)]
struct Shard(Vec<Vec<Person>>);

impl Shard {
    /// How many it holds.
    fn len(&self) -> usize {
        let last = self.0.last().map_or(0, Vec::len);
        self.0.len().saturating_sub(1) * SEGMENT + last
    }

    fn push(&mut self, person: Person) {
        match self.0.last_mut() {
            Some(last) if last.len() < SEGMENT => last.push(person),
            _ => {
                let mut segment = Vec::with_capacity(SEGMENT);
                segment.push(person);
                self.0.push(segment);
            }
        }
    }
}

impl People {
    pub(super) fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
            taken: AtomicU32::new(0),
        }
    }

    /// An empty record at the next slot. Called by the one writer alone.
    pub(super) fn add(&self, id: Uuid) -> Slot {
        let slot = Slot(self.taken.fetch_add(1, Ordering::Relaxed));
        let (shard, at) = self.place(slot);
        let mut shard = shard.write();
        assert_eq!(shard.len(), at, "invariant: slots are given out in order");
        shard.push(Person::new(id));
        slot
    }

    /// The first slot, once it is given out.
    pub(super) fn first(&self) -> Option<Slot> {
        (self.shards[0].read().len() > 0).then_some(Slot(0))
    }

    pub(super) fn read<T>(&self, slot: Slot, read: impl FnOnce(&Person) -> T) -> T {
        let (shard, at) = self.place(slot);
        read(&shard.read().0[at / SEGMENT][at % SEGMENT])
    }

    pub(super) fn change<T>(&self, slot: Slot, change: impl FnOnce(&mut Person) -> T) -> T {
        let (shard, at) = self.place(slot);
        change(&mut shard.write().0[at / SEGMENT][at % SEGMENT])
    }

    fn place(&self, slot: Slot) -> (&RwLock<Shard>, usize) {
        let number = usize::try_from(slot.0).expect("invariant: 32 bits fit an address");
        (&self.shards[number % SHARDS], number / SHARDS)
    }
}
