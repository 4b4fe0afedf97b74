//! Records by slot, in shards, each behind a lock of its own.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use parking_lot::RwLock;
use uuid::Uuid;

use super::Person;
use super::image::encode::put_person;

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
struct Shard {
    segments: Vec<Vec<Person>>,
    /// While a picture is being taken.
    captured: Option<Captured>,
}

/// A picture of a shard as it was at one position, written while the feed goes on: whoever changes a record first sets aside
/// what it was, unless that is written already.
struct Captured {
    /// How many records there were.
    length: usize,
    /// How many are written. Raised under the lock for reading, which keeps the one who changes records out.
    written: AtomicUsize,
    /// Records that were changed since, as they were.
    before: HashMap<usize, Vec<u8>>,
}

impl Shard {
    /// How many it holds.
    fn len(&self) -> usize {
        let last = self.segments.last().map_or(0, Vec::len);
        self.segments.len().saturating_sub(1) * SEGMENT + last
    }

    fn get(&self, at: usize) -> &Person {
        &self.segments[at / SEGMENT][at % SEGMENT]
    }

    fn push(&mut self, person: Person) {
        match self.segments.last_mut() {
            Some(last) if last.len() < SEGMENT => last.push(person),
            _ => {
                let mut segment = Vec::with_capacity(SEGMENT);
                segment.push(person);
                self.segments.push(segment);
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
        let slot = Slot(self.taken.load(Ordering::Relaxed));
        let (shard, at) = self.place(slot);
        let mut shard = shard.write();
        assert_eq!(shard.len(), at, "invariant: slots are given out in order");
        shard.push(Person::new(id));
        // Whoever walks through all slots finds a record in each.
        self.taken.store(slot.0 + 1, Ordering::Release);
        slot
    }

    /// The first slot, once it is given out.
    pub(super) fn first(&self) -> Option<Slot> {
        (self.shards[0].read().len() > 0).then_some(Slot(0))
    }

    pub(super) fn read<T>(&self, slot: Slot, read: impl FnOnce(&Person) -> T) -> T {
        let (shard, at) = self.place(slot);
        read(shard.read().get(at))
    }

    pub(super) fn change<T>(&self, slot: Slot, change: impl FnOnce(&mut Person) -> T) -> T {
        let (shard, at) = self.place(slot);
        let Shard { segments, captured } = &mut *shard.write();
        let person = &mut segments[at / SEGMENT][at % SEGMENT];
        if let Some(captured) = captured
            && (*captured.written.get_mut()..captured.length).contains(&at)
        {
            captured.before.entry(at).or_insert_with(|| {
                let mut bytes = Vec::new();
                put_person(&mut bytes, person);
                bytes
            });
        }
        change(person)
    }

    /// Begins a picture of everybody as they are now. Called by the one writer, between two changes.
    pub(super) fn begin_capture(&self) {
        for shard in &self.shards {
            let mut shard = shard.write();
            shard.captured = Some(Captured {
                length: shard.len(),
                written: AtomicUsize::new(0),
                before: HashMap::new(),
            });
        }
    }

    /// Ends it, whether it was written or not.
    pub(super) fn end_capture(&self) {
        for shard in &self.shards {
            shard.write().captured = None;
        }
    }

    /// Writes one shard of the picture: how many records, and each. Readers are kept waiting by nothing, the writer for the
    /// encoding of one segment.
    pub(super) fn write_captured(&self, shard: usize, out: &mut impl Write) -> io::Result<()> {
        let shard = &self.shards[shard];
        let none = || io::Error::other("no picture was begun");
        let length = shard.read().captured.as_ref().ok_or_else(none)?.length;
        let count = u32::try_from(length).map_err(io::Error::other)?;
        out.write_all(&count.to_le_bytes())?;
        let (mut bytes, mut from) = (Vec::new(), 0);
        while from < length {
            bytes.clear();
            let to = (from + SEGMENT).min(length);
            {
                let shard = shard.read();
                let captured = shard.captured.as_ref().ok_or_else(none)?;
                for at in from..to {
                    match captured.before.get(&at) {
                        Some(before) => bytes.extend_from_slice(before),
                        None => put_person(&mut bytes, shard.get(at)),
                    }
                }
                captured.written.store(to, Ordering::Relaxed);
            }
            out.write_all(&bytes)?;
            from = to;
        }
        Ok(())
    }

    /// Takes in a shard as it was written. Nobody reads yet.
    pub(super) fn fill(&self, shard: usize, people: impl Iterator<Item = Person>) {
        let mut shard = self.shards[shard].write();
        people.for_each(|person| shard.push(person));
    }

    /// Counts what was taken in. False if these cannot be the records of slots given out in order.
    pub(super) fn filled(&self) -> bool {
        let lengths: Vec<usize> = self.shards.iter().map(|shard| shard.read().len()).collect();
        let total: usize = lengths.iter().sum();
        let expected = |shard: usize| (total + SHARDS - 1 - shard) / SHARDS;
        let dense = lengths
            .iter()
            .enumerate()
            .all(|(shard, length)| *length == expected(shard));
        match u32::try_from(total) {
            Ok(total) if dense => {
                self.taken.store(total, Ordering::Relaxed);
                true
            }
            _ => false,
        }
    }

    /// Every slot given out.
    pub(super) fn slots(&self) -> impl ExactSizeIterator<Item = Slot> + use<> {
        self.slots_from(0)
    }

    /// Every slot given out, from one on.
    pub(super) fn slots_from(&self, from: u32) -> impl ExactSizeIterator<Item = Slot> + use<> {
        let taken = self.taken.load(Ordering::Acquire);
        (from.min(taken)..taken).map(Slot)
    }

    fn place(&self, slot: Slot) -> (&RwLock<Shard>, usize) {
        let number = usize::try_from(slot.0).expect("invariant: 32 bits fit an address");
        (&self.shards[number % SHARDS], number / SHARDS)
    }
}
