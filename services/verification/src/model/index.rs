//! From keys to slots without keeping the keys: they are compared in the records.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};

use hashbrown::HashTable;
use parking_lot::RwLock;

use super::Person;
use super::people::{People, SHARDS, Slot};

/// Key → slot, in shards behind locks of their own.
///
/// Locks are taken in the order index, people; whoever changes a record has let go of it before an index is told.
pub(super) struct Index<K> {
    hasher: RandomState,
    /// The one key of this kind that nearly every record has; it takes five bytes here, the slot and a tag.
    primary: fn(&Person) -> Option<K>,
    shards: Box<[RwLock<Shard<K>>]>,
}

struct Shard<K> {
    primary: HashTable<Slot>,
    /// Further keys of records that have several.
    others: HashMap<K, Slot>,
}

impl<K: Copy + Eq + Hash> Index<K> {
    pub(super) fn new(primary: fn(&Person) -> Option<K>) -> Self {
        let shard = || {
            RwLock::new(Shard {
                primary: HashTable::new(),
                others: HashMap::new(),
            })
        };
        Self {
            hasher: RandomState::new(),
            primary,
            shards: (0..SHARDS).map(|_| shard()).collect(),
        }
    }

    pub(super) fn get(&self, people: &People, key: K) -> Option<Slot> {
        let hash = self.hasher.hash_one(key);
        let shard = self.shard(hash).read();
        let same = |slot: &Slot| people.read(*slot, self.primary) == Some(key);
        let found = shard.primary.find(hash, same);
        found.or_else(|| shard.others.get(&key)).copied()
    }

    /// As [`Self::get`], by further keys first.
    pub(super) fn get_other_first(&self, people: &People, key: K) -> Option<Slot> {
        let hash = self.hasher.hash_one(key);
        let other = self.shard(hash).read().others.get(&key).copied();
        other.or_else(|| self.get(people, key))
    }

    /// Follows a change of a record, whose primary key was `before`.
    pub(super) fn follow(&self, people: &People, slot: Slot, before: Option<K>) {
        let now = people.read(slot, self.primary);
        if now == before {
            return;
        }
        if let Some(key) = before {
            let hash = self.hasher.hash_one(key);
            let mut shard = self.shard(hash).write();
            if let Ok(found) = shard.primary.find_entry(hash, |known| *known == slot) {
                found.remove();
            }
        }
        if let Some(key) = now {
            let hash = self.hasher.hash_one(key);
            let hash_of = |slot: &Slot| {
                let key = people.read(*slot, self.primary);
                self.hasher
                    .hash_one(key.expect("invariant: a slot is taken out before its key changes again"))
            };
            let mut shard = self.shard(hash).write();
            shard.primary.insert_unique(hash, slot, hash_of);
        }
    }

    /// Takes in everybody of a register that nobody has told yet: their primary keys, and the further ones that `others` finds.
    pub(super) fn fill(&self, people: &People, mut others: impl FnMut(&Person, &mut Vec<K>)) {
        let slots = people.slots();
        // A shard has a few more than the average.
        let room = slots.len() / SHARDS * 17 / 16;
        for shard in &self.shards {
            shard.write().primary.reserve(room, |_| 0);
        }
        let mut further = Vec::new();
        for slot in slots {
            self.follow(people, slot, None);
            people.read(slot, |person| others(person, &mut further));
            for key in further.drain(..) {
                self.put_other(key, slot);
            }
        }
    }

    /// A further key of a record.
    pub(super) fn put_other(&self, key: K, slot: Slot) {
        let mut shard = self.shard(self.hasher.hash_one(key)).write();
        shard.others.insert(key, slot);
    }

    /// Removes a further key if it still leads to `slot`.
    pub(super) fn remove_other(&self, key: K, slot: Slot) {
        let mut shard = self.shard(self.hasher.hash_one(key)).write();
        if shard.others.get(&key) == Some(&slot) {
            shard.others.remove(&key);
        }
    }

    /// By bits that the tables inside do not place by: those take the lowest, and the seven highest for their tags.
    fn shard(&self, hash: u64) -> &RwLock<Shard<K>> {
        let at = usize::try_from((hash >> 40) % SHARDS as u64).expect("invariant: a remainder of 64 fits");
        &self.shards[at]
    }
}
