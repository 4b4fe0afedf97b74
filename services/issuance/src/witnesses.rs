//! The provinces' witnesses of the transparency log, as the nation knows them.

use std::collections::BTreeMap;

use domain::province::Province;
use tlog::VerifierKey;

/// Whose cosignatures are taken, and how many make a checkpoint a witnessed one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Witnesses {
    keys: BTreeMap<Province, VerifierKey>,
    quorum: usize,
}

impl Witnesses {
    /// These witnesses; more than half of them make a quorum, unless said otherwise.
    pub(crate) fn new(keys: BTreeMap<Province, VerifierKey>, quorum: Option<usize>) -> Self {
        let quorum = quorum.unwrap_or(keys.len() / 2 + 1);
        Self { keys, quorum }
    }

    /// The key of a province's witness.
    pub(crate) fn key(&self, province: Province) -> Option<&VerifierKey> {
        self.keys.get(&province)
    }

    /// Whether the nation knows of none.
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The provinces that have one.
    pub(crate) fn provinces(&self) -> impl Iterator<Item = Province> {
        self.keys.keys().copied()
    }

    /// Every key as text, as the store holds it.
    pub(crate) fn names(&self) -> Vec<String> {
        self.keys.values().map(VerifierKey::to_string).collect()
    }

    /// How many of them have to have cosigned a checkpoint.
    pub(crate) fn quorum(&self) -> i64 {
        i64::try_from(self.quorum).unwrap_or(i64::MAX)
    }
}
