//! Taking in what the feed tells, in order, exactly once.

use domain::licence_identifier::LicenceIdentifier;
use uuid::Uuid;

use super::{Copy, Document, Entry, FactsMark, Licence, Model, Slot, Version, VersionEnd};
use crate::change::{Change, CopyChange, DocumentChange, EntryChange, Message, VersionChange};
use crate::indices::Mark;

/// Why the feed cannot go on. Names positions only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// Positions are dense; one is missing.
    #[error("the feed went from position {after} to {position}")]
    Gap { after: u64, position: u64 },
    /// A change is about a certificate version that was never told.
    #[error("position {position} is about an unknown certificate version")]
    UnknownLicence { position: u64 },
    /// A change is about a use copy that was never told.
    #[error("position {position} is about an unknown use copy")]
    UnknownCopy { position: u64 },
    /// A licence identifier that the register cannot have made.
    #[error("position {position} has a licence identifier of another maker")]
    ForeignLicence { position: u64 },
}

impl Model {
    /// Applies a message. What was applied before is ignored. Called by the one follower of the feed.
    ///
    /// # Errors
    /// The feed contradicts itself; nothing of the message was taken in.
    pub(crate) fn apply(&self, message: Message) -> Result<(), Fault> {
        let Message {
            position,
            recorded_at,
            watermarks,
            change,
        } = message;
        let after = self.marks.position();
        match change {
            None if position == after => {
                self.marks.advance(position, recorded_at, &watermarks, true);
            }
            _ if position <= after => {}
            _ if position != after + 1 => return Err(Fault::Gap { after, position }),
            change => {
                // Without a change: about somebody who was erased. It fills its place and says nothing about freshness.
                if let Some(change) = change {
                    self.take_in(position, change)?;
                }
                self.marks.advance(position, recorded_at, &watermarks, false);
            }
        }
        Ok(())
    }

    fn take_in(&self, position: u64, change: Change) -> Result<(), Fault> {
        match change {
            Change::Entry(entry) => self.take_entry(position, &entry),
            Change::Version(version) => self.take_version(position, &version),
            Change::Copy(copy) => self.take_copy(position, &copy),
            Change::Document(document) => self.take_document(position, &document),
        }
    }

    fn take_entry(&self, position: u64, change: &EntryChange) -> Result<(), Fault> {
        let current = change
            .current
            .as_ref()
            .map(|current| self.licence(position, current))
            .transpose()?;
        let slot = self.slot(change.person);
        let entry = Entry {
            status: change.status,
            number: change.number,
            aliases: change
                .aliases
                .iter()
                .copied()
                .filter(|alias| *alias != change.number)
                .collect(),
            employer: self.texts.id(&change.employer),
            family_name: self.texts.id(change.name.family_name()),
            province: change.province,
            specialties: change.specialties.clone().into(),
            last_day_of_age: change.last_day_of_age,
            renewal_pending: change.renewal_pending,
            suspended_until: change.suspended_until,
            since: change.since,
            current,
            document: self.indices.document(&change.document),
            name: self.indices.name(&change.name),
        };
        let numbers: Vec<_> = entry.aliases.iter().copied().chain([entry.number]).collect();
        let document = entry.document;
        let before = self
            .people
            .change(slot, |person| person.entry.replace(Box::new(entry)));
        for number in &numbers {
            self.numbers.put(*number, slot);
        }
        self.documents.put(document, slot);
        if let Some(before) = before {
            for number in before.aliases.iter().chain([&before.number]) {
                if !numbers.contains(number) {
                    self.numbers.remove(number, slot);
                }
            }
            if before.document != document {
                self.documents.remove(&before.document, slot);
            }
        }
        Ok(())
    }

    fn take_version(&self, position: u64, change: &VersionChange) -> Result<(), Fault> {
        let licence = self.licence(position, &change.licence)?;
        let by = change
            .superseded_by
            .as_ref()
            .map(|by| self.licence(position, by))
            .transpose()?;
        let slot = self.slot(change.person);
        let version = Version {
            licence,
            end: change.superseded_at.map(|at| VersionEnd {
                at,
                by,
                why: change.supersession,
            }),
            changed_facts: change
                .changed_facts
                .iter()
                .map(|fact| self.texts.id(fact))
                .collect(),
            facts: change.facts.as_ref().map(FactsMark::of),
        };
        self.people.change(slot, |person| {
            match person.versions.iter_mut().find(|known| known.licence == licence) {
                Some(known) => {
                    *known = Version {
                        facts: version.facts.or_else(|| known.facts.take()),
                        ..version
                    }
                }
                None => {
                    // Most have one for years; room for four would be most of what a person takes.
                    person.versions.reserve_exact(1);
                    person.versions.push(version);
                }
            }
        });
        self.serials.put(licence.serial, slot);
        Ok(())
    }

    fn take_copy(&self, position: u64, change: &CopyChange) -> Result<(), Fault> {
        let (slot, licence) = self.known_version(position, &change.licence)?;
        let copy = Copy {
            id: change.copy,
            licence,
            use_until: change.use_until,
            revoked_at: change.revoked_at,
        };
        let at = self.people.change(slot, |person| {
            match person.copies.iter().position(|known| known.id == copy.id) {
                Some(at) => {
                    person.copies[at] = copy;
                    at
                }
                None => {
                    person.copies.reserve_exact(1);
                    person.copies.push(copy);
                    person.copies.len() - 1
                }
            }
        });
        let copy = Some(u16::try_from(at).map_err(|_| Fault::UnknownCopy { position })?);
        if let Some(token) = &change.token {
            self.tokens.put(Mark::of(token), document(slot, licence, copy));
        }
        Ok(())
    }

    fn take_document(&self, position: u64, change: &DocumentChange) -> Result<(), Fault> {
        let (slot, licence) = self.known_version(position, &change.licence)?;
        let at = |id: Uuid| {
            self.people
                .read(slot, |person| person.copies.iter().position(|copy| copy.id == id))
        };
        let copy = match change.copy {
            None => None,
            Some(id) => {
                let at = at(id).and_then(|at| u16::try_from(at).ok());
                Some(at.ok_or(Fault::UnknownCopy { position })?)
            }
        };
        let found = document(slot, licence, copy);
        self.files.put(Mark::of(&change.sha256), found);
        if let Some(token) = &change.token {
            self.tokens.put(Mark::of(token), found);
        }
        Ok(())
    }

    fn known_version(&self, position: u64, identifier: &LicenceIdentifier) -> Result<(Slot, Licence), Fault> {
        self.by_licence(identifier)
            .ok_or(Fault::UnknownLicence { position })
    }

    fn licence(&self, position: u64, identifier: &LicenceIdentifier) -> Result<Licence, Fault> {
        self.issues
            .take_in(identifier)
            .ok_or(Fault::ForeignLicence { position })
    }

    fn slot(&self, person: Uuid) -> Slot {
        self.persons.get(&person).unwrap_or_else(|| {
            let slot = self.people.add();
            self.persons.put(person, slot);
            slot
        })
    }
}

fn document(slot: Slot, licence: Licence, copy: Option<u16>) -> Document {
    Document {
        slot,
        version: licence.version,
        copy,
        serial: licence.serial,
    }
}
