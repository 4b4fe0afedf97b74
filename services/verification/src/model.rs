//! The register as this replica has read it: people by slot, and what they are asked for by.
//!
//! One writer, the feed; any number of readers. Everything is in shards behind locks that are held for the copy of one
//! record, so that readers do not wait for the feed nor for each other. A reader notes the position first and reads
//! after: what it sees is at least as new as the position it states.
//!
//! Kept in the clear: registration numbers, licence identifiers, employers, family names. Document numbers and full
//! names are kept as keyed digests only (see [`Indices`](crate::indices::Indices)).

pub(crate) mod apply;
mod facts;
mod few;
mod index;
mod interner;
mod licence;
mod marks;
mod people;
mod person;
#[cfg(test)]
mod tests;

use domain::registration_number::RegistrationNumber;
use jiff::Timestamp;
use uuid::Uuid;

use crate::indices::{Indices, Mark};
use index::Index;
use interner::{Issues, Texts};
use people::People;

pub(crate) use facts::FactsKey;
pub(crate) use licence::Licence;
pub(crate) use marks::{AsOf, Marks};
pub(crate) use people::Slot;
pub(crate) use person::{Copy, Entry, Person, Version};

/// The read model.
pub(crate) struct Model {
    pub(crate) indices: Indices,
    pub(crate) marks: Marks,
    people: People,
    persons: Index<Uuid>,
    numbers: Index<RegistrationNumber>,
    documents: Index<Mark>,
    /// Serials of licence identifiers, the same in all versions.
    serials: Index<licence::Serial>,
    tokens: Index<Mark>,
    /// The two files of the version told first; every other file is a further key of the first index.
    files: [Index<Mark>; 2],
    texts: Texts,
    issues: Issues,
}

/// One document of a version: the original or a copy. Found by the digest of its QR token or of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) slot: Slot,
    /// Which certificate version it is of.
    pub(crate) licence: Licence,
    /// Index into [`Person::copies`]; none for the original.
    pub(crate) copy: Option<u16>,
}

impl Model {
    /// An empty register.
    pub(crate) fn new(indices: Indices) -> Self {
        Self {
            indices,
            marks: Marks::new(),
            people: People::new(),
            persons: Index::new(|person| Some(person.id)),
            numbers: Index::new(|person| person.entry().map(|entry| entry.number)),
            documents: Index::new(|person| person.entry().map(|entry| entry.document)),
            serials: Index::new(Person::first_serial),
            tokens: Index::new(|person| person.first_papers()?.token),
            files: [
                Index::new(|person| person.first_papers()?.files[0]),
                Index::new(|person| person.first_papers()?.files[1]),
            ],
            texts: Texts::new(),
            issues: Issues::new(),
        }
    }

    /// Who has, or had, a registration number.
    pub(crate) fn by_number(&self, number: RegistrationNumber) -> Option<Slot> {
        self.numbers.get(&self.people, number)
    }

    /// Whose document number has this mark.
    pub(crate) fn by_document(&self, document: Mark) -> Option<Slot> {
        self.documents.get(&self.people, document)
    }

    /// The first person of all, if there is any.
    pub(crate) fn first(&self) -> Option<Slot> {
        self.people.first()
    }

    /// Whose certificate an identifier names, and the identifier as the model keeps it.
    pub(crate) fn by_licence(
        &self,
        identifier: &domain::licence_identifier::LicenceIdentifier,
    ) -> Option<(Slot, Licence)> {
        let licence = self.issues.known(identifier)?;
        Some((self.serials.get(&self.people, licence.serial)?, licence))
    }

    /// The document whose QR token has this SHA-256.
    pub(crate) fn by_token(&self, sha256: &[u8; 32]) -> Option<Document> {
        let mark = Mark::of(sha256);
        self.document(self.tokens.get(&self.people, mark)?, mark)
    }

    /// The document that is this very file.
    pub(crate) fn by_file(&self, sha256: &[u8; 32]) -> Option<Document> {
        let mark = Mark::of(sha256);
        self.document(self.owner_of(mark)?, mark)
    }

    /// Since when the register has had the digest of this very file: evidence that the file existed by then.
    pub(crate) fn digest_recorded_at(&self, sha256: &[u8; 32]) -> Option<Timestamp> {
        let mark = Mark::of(sha256);
        self.people
            .read(self.owner_of(mark)?, |person| person.recorded_at(mark))
    }

    fn owner_of(&self, file: Mark) -> Option<Slot> {
        self.files.iter().find_map(|index| index.get(&self.people, file))
    }

    fn document(&self, slot: Slot, mark: Mark) -> Option<Document> {
        let place = self.people.read(slot, |person| person.place_of(mark))?;
        Some(Document {
            slot,
            licence: place.licence,
            copy: place.copy,
        })
    }

    /// Reads a person's record.
    pub(crate) fn read<T>(&self, slot: Slot, read: impl FnOnce(&Person) -> T) -> T {
        self.people.read(slot, read)
    }

    /// An interned text: an employer's name, a family name, the name of a fact.
    pub(crate) fn text(&self, id: interner::TextId) -> String {
        self.texts.get(id)
    }

    /// An identifier in full.
    pub(crate) fn identifier(
        &self,
        licence: Licence,
    ) -> Option<domain::licence_identifier::LicenceIdentifier> {
        self.issues.identifier(licence)
    }
}
