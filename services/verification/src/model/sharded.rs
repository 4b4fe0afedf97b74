//! Maps and an arena in shards, each behind a lock of its own.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};

use parking_lot::RwLock;

const SHARDS: usize = 64;

/// Key → small value.
pub(crate) struct Index<K, V> {
    hasher: RandomState,
    shards: Box<[RwLock<HashMap<K, V>>]>,
}

impl<K: Eq + Hash, V: Copy> Index<K, V> {
    pub(crate) fn new() -> Self {
        Self {
            hasher: RandomState::new(),
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
        }
    }

    pub(crate) fn get(&self, key: &K) -> Option<V> {
        self.shard(key).read().get(key).copied()
    }

    pub(crate) fn put(&self, key: K, value: V) {
        self.shard(&key).write().insert(key, value);
    }

    /// Removes the key if it still leads to `value`.
    pub(crate) fn remove(&self, key: &K, value: V)
    where
        V: PartialEq,
    {
        let mut shard = self.shard(key).write();
        if shard.get(key) == Some(&value) {
            shard.remove(key);
        }
    }

    fn shard(&self, key: &K) -> &RwLock<HashMap<K, V>> {
        let hash = self.hasher.hash_one(key);
        let at = usize::try_from(hash % SHARDS as u64).expect("invariant: a remainder of 64 fits");
        &self.shards[at]
    }
}

/// The number of a person in this replica: four bytes in every index instead of sixteen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Slot(u32);

/// Records by slot. Slots are given out in order and never taken back.
pub(crate) struct People {
    shards: Box<[RwLock<Vec<super::Person>>]>,
    taken: AtomicU32,
}

impl People {
    pub(crate) fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
            taken: AtomicU32::new(0),
        }
    }

    /// An empty record at the next slot. Called by the one writer alone.
    pub(crate) fn add(&self) -> Slot {
        let slot = Slot(self.taken.fetch_add(1, Ordering::Relaxed));
        let (shard, at) = self.place(slot);
        let mut shard = shard.write();
        assert_eq!(shard.len(), at, "invariant: slots are given out in order");
        shard.push(super::Person::default());
        slot
    }

    /// The first slot, once it is given out.
    pub(crate) fn first(&self) -> Option<Slot> {
        (!self.shards[0].read().is_empty()).then_some(Slot(0))
    }

    pub(crate) fn read<T>(&self, slot: Slot, read: impl FnOnce(&super::Person) -> T) -> T {
        let (shard, at) = self.place(slot);
        read(&shard.read()[at])
    }

    pub(crate) fn change<T>(&self, slot: Slot, change: impl FnOnce(&mut super::Person) -> T) -> T {
        let (shard, at) = self.place(slot);
        change(&mut shard.write()[at])
    }

    fn place(&self, slot: Slot) -> (&RwLock<Vec<super::Person>>, usize) {
        let number = usize::try_from(slot.0).expect("invariant: 32 bits fit an address");
        (&self.shards[number % SHARDS], number / SHARDS)
    }
}
