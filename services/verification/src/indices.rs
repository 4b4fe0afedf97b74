//! Keyed digests: how a person is found without the number or the name being kept.

use std::fmt;

use domain::document_number::DocumentNumber;
use domain::name::PersonName;
use personal_data::{BlindIndex, BlindIndexer, ColumnIndexer, FileKeys};
use subtle::ConstantTimeEq as _;

use crate::model::FactsKey;
use crate::records::SubjectKind;

/// The index keys of this deployment of the service; no other service has them.
#[derive(Clone)]
pub(crate) struct Indices {
    documents: ColumnIndexer,
    names: ColumnIndexer,
    /// Of the facts of versions.
    pub(crate) facts: FactsKey,
    /// Of files that hold these indices: snapshots of the model.
    pub(crate) files: FileKeys,
    /// In the order of [`SubjectKind::ALL`].
    subjects: [ColumnIndexer; SubjectKind::ALL.len()],
}

/// The first 64 bits of the keyed digest of a name; compared with that of one person, never searched for.
#[derive(Clone, Copy)]
pub(crate) struct NameMark(pub(crate) [u8; 8]);

/// The first 128 bits of a keyed or a cryptographic digest: too many to search for a collision with something given,
/// and half the memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Mark(pub(crate) [u8; 16]);

impl Indices {
    pub(crate) fn new(indexer: &BlindIndexer) -> Self {
        Self {
            documents: indexer.column("model.document_number"),
            names: indexer.column("model.name"),
            facts: FactsKey::new(
                *indexer
                    .column("model.facts")
                    .index(b"key of the marks of facts")
                    .digest(),
            ),
            files: indexer.files("verification.model"),
            subjects: SubjectKind::ALL.map(|kind| indexer.column(&format!("access_record.{}", kind.name()))),
        }
    }

    /// Of a document's canonical number, whatever kind it was stated to be: who asks does not know the kind.
    pub(crate) fn document(&self, document: &DocumentNumber) -> Mark {
        Mark::of(self.documents.index(document.expose().as_bytes()).digest())
    }

    /// Of a folded name.
    pub(crate) fn name(&self, name: &PersonName) -> NameMark {
        let index = self.names.index(name.matching_key().expose().as_bytes());
        let (short, _) = index
            .digest()
            .split_first_chunk()
            .expect("invariant: a digest has 32 bytes");
        NameMark(*short)
    }

    /// Of what was asked, for access records and limits.
    pub(crate) fn subject(&self, kind: SubjectKind, value: &[u8]) -> BlindIndex {
        self.subjects[kind as usize].index(value)
    }
}

impl Mark {
    /// The first half of a digest.
    pub(crate) fn of(digest: &[u8; 32]) -> Self {
        let (half, _) = digest
            .split_first_chunk()
            .expect("invariant: a digest has 32 bytes");
        Self(*half)
    }
}

impl NameMark {
    /// Compares in constant time.
    pub(crate) fn same_as(self, other: Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for NameMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NameMark(***)")
    }
}

impl fmt::Debug for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mark(***)")
    }
}
