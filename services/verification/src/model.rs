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
pub(crate) mod image;
mod index;
mod interner;
mod licence;
mod marks;
mod people;
mod person;
pub(crate) mod recent;
#[cfg(test)]
mod tests;

use domain::registration_number::RegistrationNumber;
use jiff::Timestamp;
use uuid::Uuid;

use crate::change::Anchor;
use crate::indices::{Indices, Mark};
use index::Index;
use interner::{Issues, Texts};
use people::People;
use recent::Recent;

pub(crate) use facts::FactsKey;
pub(crate) use licence::Licence;
pub(crate) use marks::{AsOf, Marks};
pub(crate) use people::Slot;
pub(crate) use person::{Copy, Entry, Person, Version};

/// The read model.
pub(crate) struct Model {
    pub(crate) indices: Indices,
    pub(crate) marks: Marks,
    /// The last changes, for subscribers.
    pub(crate) recent: Recent,
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
    /// When the reading of the register that this rests on began, at its first position.
    begun_at: Timestamp,
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
    /// An empty register, which is about to be read from its beginning.
    pub(crate) fn new(indices: Indices, begun_at: Timestamp) -> Self {
        Self {
            indices,
            marks: Marks::new(),
            recent: Recent::after(0, &Anchor::default()),
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
            begun_at,
        }
    }

    /// Who has, or had, a registration number.
    pub(crate) fn by_number(&self, number: RegistrationNumber) -> Option<Slot> {
        self.numbers.get(&self.people, number)
    }

    /// Whose document number has this mark; of somebody merged away, who stands for them.
    pub(crate) fn by_document(&self, document: Mark) -> Option<Slot> {
        self.documents.get_other_first(&self.people, document)
    }

    /// Under which other id the carrier of a document was registered before they were merged (合并).
    pub(crate) fn by_document_before_merge(&self, document: Mark) -> Option<Slot> {
        let formerly = self.documents.get(&self.people, document);
        formerly.filter(|slot| self.by_document(document) != Some(*slot))
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

    /// Whether the documents of this very file's version or copy were made anew since (重签).
    pub(crate) fn is_made_anew(&self, sha256: &[u8; 32], document: &Document) -> bool {
        let place = person::Place {
            licence: document.licence,
            copy: document.copy,
        };
        let file = Mark::of(sha256);
        self.people
            .read(document.slot, |person| person.is_made_anew(file, place))
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

    /// At most `count` people from the `from`th on, in the order in which they were told first.
    pub(crate) fn slots(&self, from: usize, count: usize) -> Vec<Slot> {
        let from = u32::try_from(from).unwrap_or(u32::MAX);
        self.people.slots_from(from).take(count).collect()
    }

    /// An employer's unified social credit code and name.
    pub(crate) fn employer(&self, id: interner::TextId) -> (String, String) {
        self.with_employer(id, |code, title| (code.to_owned(), title.to_owned()))
    }

    /// The same, read where it stands.
    pub(crate) fn with_employer<T>(&self, id: interner::TextId, read: impl FnOnce(&str, &str) -> T) -> T {
        // No code has a space in it.
        self.texts.with(id, |text| {
            let (code, title) = text.split_once(' ').unwrap_or(("", text));
            read(code, title)
        })
    }

    /// An interned text: a family name, the name of a fact. For an employer see [`Model::employer`].
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
