//! Taking in what the feed tells, in order, exactly once.

use domain::licence_identifier::LicenceIdentifier;
use uuid::Uuid;

use super::licence::Serial;
use super::person::{Current, Ended, Papers, Place, Rare, RecordedAt, VersionEnd};
use super::recent::{Held, Kind};
use super::{Copy, Entry, Licence, Model, Person, Slot, Version};
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
            anchor,
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
                let told = match change {
                    Some(change) => self.take_in(position, RecordedAt::of(recorded_at), change)?,
                    None => None,
                };
                self.recent.push(&anchor, told);
                self.marks.set_anchor(anchor);
                self.marks.advance(position, recorded_at, &watermarks, false);
            }
        }
        Ok(())
    }

    /// Returns what subscribers may be told of it.
    fn take_in(
        &self,
        position: u64,
        recorded_at: RecordedAt,
        change: Change,
    ) -> Result<Option<(Slot, Kind, Option<Held>)>, Fault> {
        Ok(match change {
            Change::Entry(entry) => {
                let (slot, before) = self.take_entry(position, &entry)?;
                Some((slot, Kind::Entry, before))
            }
            Change::Version(version) => {
                let slot = self.take_version(position, &version)?;
                Some((slot, Kind::Certificate, None))
            }
            Change::Copy(copy) => {
                self.take_copy(position, &copy)?;
                None
            }
            Change::Document(document) => {
                let slot = self.take_document(position, recorded_at, &document)?;
                // That somebody has copies is told to nobody.
                document.copy.is_none().then_some((slot, Kind::Document, None))
            }
        })
    }

    fn take_entry(&self, position: u64, change: &EntryChange) -> Result<(Slot, Option<Held>), Fault> {
        let current = change
            .current
            .as_ref()
            .map(|current| self.licence(position, current))
            .transpose()?;
        let slot = self.slot(change.person);
        let document = self.indices.document(&change.document);
        let name = self.indices.name(&change.name);
        let (employer, family_name) = (
            self.texts
                .id(&format!("{} {}", change.employer_code, change.employer)),
            self.texts.id(change.name.family_name()),
        );
        let former = change
            .aliases
            .iter()
            .copied()
            .filter(|alias| *alias != change.number);
        let rare = Rare {
            aliases: former.collect(),
            documents: change
                .other_documents
                .iter()
                .map(|document| self.indices.document(document))
                .collect(),
            suspended_until: change.suspended_until,
            since: change.since,
            current: None,
        };
        let before = self.people.change(slot, |person| {
            let (current, rare) = current_of(person.first_serial(), current, rare);
            person.entry.replace(Entry {
                status: change.status,
                number: change.number,
                employer,
                family_name,
                province: change.province,
                last_day_of_age: change.last_day_of_age,
                renewal_pending: change.renewal_pending,
                specialties: change.specialties.iter().copied().collect(),
                current,
                rare,
                document,
                name,
            })
        });
        self.documents
            .follow(&self.people, slot, before.as_ref().map(|entry| entry.document));
        self.follow_other_documents(slot, before.as_ref());
        self.follow_numbers(slot, before.as_ref());
        let held = before.map(|entry| Held {
            province: entry.province,
            employer: entry.employer,
        });
        Ok((slot, held))
    }

    /// Documents of whoever is merged into the person. An entry under the document itself, should there be one, is an earlier
    /// registration: the survivor's goes before it (see [`Model::by_document`]).
    fn follow_other_documents(&self, slot: Slot, before: Option<&Entry>) {
        let documents = self.people.read(slot, |person| {
            person
                .entry()
                .map(|entry| entry.other_documents().to_vec())
                .unwrap_or_default()
        });
        let former = before.map_or(&[][..], Entry::other_documents);
        for gone in former.iter().filter(|gone| !documents.contains(gone)) {
            self.documents.remove_other(*gone, slot);
        }
        for document in documents {
            self.documents.put_other(document, slot);
        }
    }

    fn follow_numbers(&self, slot: Slot, before: Option<&Entry>) {
        self.numbers
            .follow(&self.people, slot, before.map(|entry| entry.number));
        let aliases = self.people.read(slot, |person| {
            person
                .entry()
                .map(|entry| entry.aliases().to_vec())
                .unwrap_or_default()
        });
        let former = before.map_or(&[][..], Entry::aliases);
        for gone in former.iter().filter(|alias| !aliases.contains(alias)) {
            self.numbers.remove_other(*gone, slot);
        }
        for alias in aliases {
            self.numbers.put_other(alias, slot);
        }
    }

    fn take_version(&self, position: u64, change: &VersionChange) -> Result<Slot, Fault> {
        let licence = self.licence(position, &change.licence)?;
        let by = change
            .superseded_by
            .as_ref()
            .map(|by| self.licence(position, by))
            .transpose()?;
        let slot = self.slot(change.person);
        let end = change.superseded_at.map(|at| VersionEnd {
            at,
            by,
            why: change.supersession,
        });
        let changed_facts: Box<[_]> = change
            .changed_facts
            .iter()
            .map(|fact| self.texts.id(fact))
            .collect();
        let told = end.is_some() || !changed_facts.is_empty();
        let version = Version {
            licence,
            facts: change.facts.as_ref().map(|facts| self.indices.facts.mark(facts)),
            ended: told.then(|| Box::new(Ended { end, changed_facts })),
            papers: Papers::default(),
        };
        let (before, first) = self.people.change(slot, |person| {
            let before = person.first_serial();
            person.put_version(version);
            (before, person.first_serial())
        });
        self.serials.follow(&self.people, slot, before);
        if first != Some(licence.serial) {
            self.serials.put_other(licence.serial, slot);
        }
        Ok(slot)
    }

    fn take_copy(&self, position: u64, change: &CopyChange) -> Result<(), Fault> {
        let (slot, licence) = self.known_version(position, &change.licence)?;
        let token = change.token.as_ref().map(Mark::of);
        let copy = Copy::new(change.copy, licence, change.use_until, change.revoked_at, token);
        let at = self.people.change(slot, |person| person.put_copy(copy));
        at.ok_or(Fault::UnknownCopy { position })?;
        if let Some(token) = token {
            self.tokens.put_other(token, slot);
        }
        Ok(())
    }

    fn take_document(
        &self,
        position: u64,
        recorded_at: RecordedAt,
        change: &DocumentChange,
    ) -> Result<Slot, Fault> {
        let (slot, licence) = self.known_version(position, &change.licence)?;
        let copy = match change.copy {
            None => None,
            Some(id) => {
                let at = self.people.read(slot, |person| {
                    person.copies().iter().position(|copy| copy.id == id)
                });
                let at = at.and_then(|at| u16::try_from(at).ok());
                Some(at.ok_or(Fault::UnknownCopy { position })?)
            }
        };
        let (file, token) = (Mark::of(&change.sha256), change.token.as_ref().map(Mark::of));
        let papers = |person: &Person| person.first_papers().copied().unwrap_or_default();
        let (before, now) = self.people.change(slot, |person| {
            let before = papers(person);
            let told = (recorded_at, change.generation);
            person.put_file(Place { licence, copy }, file, token, told);
            (before, papers(person))
        });
        let [ofd, pdf] = &self.files;
        ofd.follow(&self.people, slot, before.files[0]);
        pdf.follow(&self.people, slot, before.files[1]);
        self.tokens.follow(&self.people, slot, before.token);
        if !now.files.contains(&Some(file)) {
            ofd.put_other(file, slot);
        }
        if let Some(token) = token.filter(|token| now.token != Some(*token)) {
            self.tokens.put_other(token, slot);
        }
        Ok(slot)
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
        self.persons.get(&self.people, person).unwrap_or_else(|| {
            let slot = self.people.add(person);
            self.persons.follow(&self.people, slot, None);
            slot
        })
    }
}

/// How an entry keeps which version counts, and what few entries have.
fn current_of(
    first: Option<Serial>,
    current: Option<Licence>,
    mut rare: Rare,
) -> (Current, Option<Box<Rare>>) {
    let kept = match current {
        None => Current::None,
        Some(licence) if first == Some(licence.serial) => Current::OfFirst(licence.version),
        Some(licence) => {
            rare.current = Some(licence);
            Current::Rare
        }
    };
    (kept, (rare != Rare::default()).then(|| Box::new(rare)))
}
