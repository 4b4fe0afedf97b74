//! Digests of the nodes kept up to date, wherever they are stored.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::node::{bucket_digest, node_digest};
use crate::{Digest, Key, LEVELS, Path, empty};

/// Digests of some places, as read from where they are kept.
#[derive(Debug, Clone, Default)]
pub struct Nodes(HashMap<Path, Digest>);

impl Nodes {
    /// The places whose digests must be known before some buckets change: everything that stands beside the way from
    /// them to the root.
    #[must_use]
    pub fn needed(buckets: &BTreeSet<Path>) -> BTreeSet<Path> {
        let mut needed = BTreeSet::new();
        let mut level: BTreeSet<Path> = buckets.iter().filter_map(|bucket| bucket.parent()).collect();
        while !level.is_empty() {
            needed.extend(level.iter().flat_map(|node| node.children()));
            level = level.iter().filter_map(|node| node.parent()).collect();
        }
        needed
    }

    /// As read.
    pub fn insert(&mut self, path: Path, digest: Digest) {
        self.0.insert(path, digest);
    }

    /// The digest of a place; none where nothing is.
    #[must_use]
    pub fn get(&self, path: Path) -> Option<Digest> {
        self.0.get(&path).copied()
    }

    /// The root's digest, of an empty tree too.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.get(Path::ROOT).unwrap_or_else(|| empty(0))
    }

    /// Puts buckets in their new state and works out the nodes above them. Returns every place that now has another digest,
    /// or none.
    pub fn climb(&mut self, buckets: &BTreeMap<Path, Option<Digest>>) -> BTreeMap<Path, Option<Digest>> {
        let mut changed = BTreeMap::new();
        let mut level = BTreeSet::new();
        for (bucket, digest) in buckets {
            if self.set(*bucket, *digest) {
                changed.insert(*bucket, *digest);
                level.extend(bucket.parent());
            }
        }
        for _ in 0..LEVELS {
            let mut above = BTreeSet::new();
            for node in level {
                let digest = node_digest(node, |child| self.get(child));
                if self.set(node, digest) {
                    changed.insert(node, digest);
                    above.extend(node.parent());
                }
            }
            level = above;
        }
        changed
    }

    fn set(&mut self, path: Path, digest: Option<Digest>) -> bool {
        let before = match digest {
            Some(digest) => self.0.insert(path, digest),
            None => self.0.remove(&path),
        };
        before != digest
    }
}

/// A tree with its rows in memory.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    rows: BTreeMap<Key, Digest>,
    nodes: Nodes,
}

impl Tree {
    /// Of many rows at once.
    pub fn new(rows: impl IntoIterator<Item = (Key, Digest)>) -> Self {
        let rows: BTreeMap<_, _> = rows.into_iter().collect();
        let mut buckets: BTreeMap<Path, Vec<(Key, Digest)>> = BTreeMap::new();
        for (key, digest) in &rows {
            buckets.entry(key.bucket()).or_default().push((*key, *digest));
        }
        let digests = buckets
            .into_iter()
            .map(|(path, rows)| (path, bucket_digest(rows)))
            .collect();
        let mut nodes = Nodes::default();
        nodes.climb(&digests);
        Self { rows, nodes }
    }

    /// Puts a row in place of the one before, or takes it away.
    pub fn set(&mut self, key: Key, digest: Option<Digest>) {
        match digest {
            Some(digest) => self.rows.insert(key, digest),
            None => self.rows.remove(&key),
        };
        let bucket = key.bucket();
        let digest = bucket_digest(self.bucket(bucket));
        self.nodes.climb(&BTreeMap::from([(bucket, digest)]));
    }

    /// The rows of a bucket.
    #[must_use]
    pub fn bucket(&self, bucket: Path) -> Vec<(Key, Digest)> {
        let bound = |rest: u8| {
            let [high, low] = bucket.place().to_be_bytes();
            let mut bytes = [rest; 32];
            (bytes[0], bytes[1]) = (high, low);
            Key::from_bytes(bytes)
        };
        let within = self.rows.range(bound(0)..=bound(u8::MAX));
        within.map(|(key, digest)| (*key, *digest)).collect()
    }

    /// The digests of its places.
    #[must_use]
    pub const fn nodes(&self) -> &Nodes {
        &self.nodes
    }
}
