//! What a transaction upon registrations works with: the people and papers that its acts are about.
//!
//! It goes through three phases. *Read*: everything that the acts may ask for is locked and read together. *Decide*: the acts
//! are decided in memory in their order, each seeing what those before it came to; nothing here waits. *Write*: what they
//! came to is stored together. The number of statements does not grow with the number of acts (decision 0034).

mod read;
mod replay;
mod write;
mod written;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use domain::document_number::DocumentNumber;
use domain::ids::{ClearanceId, PersonId, RegisterActId, SuccessionId};
use domain::person_link::check_beginning;
use domain::province::Province;
use domain::reason::Reason as _;
use domain::register::{ActRecord, RegisterEntry};
use jiff::Timestamp;
use jiff::civil::Date;
use personal_data::DataKey;
use postgres::audit::Record;
use tlog::Leaf;
use uuid::Uuid;

pub(crate) use read::Wanted;
pub(crate) use replay::ToldVersion;

use self::replay::ToldBefore;
use self::written::{Told, Written};
use super::notify::Notification;
use crate::change::{Change, EntrySnapshot};
use crate::error::Error;
use crate::holder::Holder;
use crate::query::registered::Registered;
use crate::sealing::open_json;
use crate::store::exchange::claim::{End, Key};
use crate::store::exchange::clearance::{self, Clearance};
use crate::store::exchange::downstream::News;
use crate::store::exchange::migration::{self, Migration};
use crate::store::exchange::succession::Succession;
use crate::store::issuing::apply::{Ended, Latest, NewVersion};
use crate::store::log::change::NewChange;
use crate::store::register::act::NewAct;
use crate::store::register::column;

/// People and papers of one transaction, as its acts left them so far.
pub(crate) struct WorkingSet {
    /// Register time of the transaction.
    now: Timestamp,
    people: HashMap<PersonId, Known>,
    clearances: HashMap<ClearanceId, Clearance>,
    /// Of people about whom it was asked for: the clearance that is open.
    open: HashMap<PersonId, ClearanceId>,
    migrations: HashMap<Uuid, Migration>,
    successions: HashMap<SuccessionId, Succession>,
    /// Places of status lists that are nobody's, to be given to versions.
    places: Vec<Place>,
    /// While provinces tell again what a restored database lost: what was told of these people before.
    told: HashMap<PersonId, Vec<ToldBefore>>,
    written: Written,
}

/// A place of a status list: shard and index.
pub(crate) type Place = (u32, u32);

/// What is known of one person, whose row is locked.
struct Known {
    key: Arc<DataKey>,
    standing: Option<Standing>,
    latest: Option<Latest>,
    /// The next day that changes the registration by itself.
    due: Option<Date>,
    told: BTreeSet<Date>,
    /// Whether the registration was in force when it was read.
    was_in_force: bool,
    /// Merged into another, under whose id registrations begin.
    merged: bool,
    /// Documents of whoever is merged into them, sealed, column [`column::LINKED_DOCUMENT`].
    linked: Vec<Vec<u8>>,
}

/// A person's entry and whose registration it is.
#[derive(Clone)]
pub(in crate::command) struct Standing {
    pub(in crate::command) entry: RegisterEntry,
    pub(in crate::command) holder: Holder,
    pub(in crate::command) province: Province,
}

/// The number of a change among those of its transaction; [`WorkingSet::write`] returns their ids in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChangeNumber(usize);

impl ChangeNumber {
    /// The id that the change was stored with.
    ///
    /// # Errors
    /// It was not stored with these.
    pub(crate) fn id(self, ids: &[i64]) -> Result<i64, Error> {
        let missing = || Error::internal("a change was told and not stored");
        ids.get(self.0).copied().ok_or_else(missing)
    }
}

/// Reading, as the acts so far left it.
impl WorkingSet {
    pub(crate) const fn now(&self) -> Timestamp {
        self.now
    }

    /// The key of a person who is known and was not erased.
    pub(crate) fn key(&self, person: PersonId) -> Option<Arc<DataKey>> {
        self.people.get(&person).map(|known| Arc::clone(&known.key))
    }

    /// A person's entry; none also for a person who was erased.
    pub(crate) fn registered(&self, person: PersonId) -> Option<Registered> {
        let known = self.people.get(&person)?;
        let standing = known.standing.clone()?;
        let current = known.latest.as_ref().filter(|latest| latest.current);
        Some(Registered {
            entry: standing.entry,
            holder: standing.holder,
            province: standing.province,
            current_certificate: current.map(|latest| latest.licence_identifier.clone()),
            key: Arc::clone(&known.key),
        })
    }

    /// What is shown of a person's entry.
    pub(super) fn snapshot(&self, person: PersonId) -> Option<EntrySnapshot> {
        self.registered(person).map(Registered::snapshot)
    }

    /// A person's latest version, current or not.
    pub(super) fn latest(&self, person: PersonId) -> Option<Latest> {
        self.people.get(&person)?.latest.clone()
    }

    /// Why no registration may begin, or stand again, under an id; none where it may.
    pub(super) fn against_beginning(&self, person: PersonId) -> Option<&'static str> {
        let merged = self.people.get(&person).is_some_and(|known| known.merged);
        check_beginning(merged).err().map(|refused| refused.reason())
    }

    /// The documents of everybody who is merged into a person.
    pub(super) fn linked_documents(&self, person: PersonId) -> Result<Vec<DocumentNumber>, Error> {
        let Some(known) = self.people.get(&person) else {
            return Ok(Vec::new());
        };
        let sealed = known.linked.iter().cloned();
        sealed
            .map(|sealed| open_json(&known.key, column::LINKED_DOCUMENT, sealed))
            .collect()
    }

    pub(super) fn was_told(&self, person: PersonId, day: Date) -> bool {
        let known = self.people.get(&person);
        known.is_some_and(|known| known.told.contains(&day))
    }

    pub(super) fn clearance(&self, id: ClearanceId) -> Option<&Clearance> {
        self.clearances.get(&id)
    }

    /// Whether an application of the person is cleared; ask for it in [`Wanted::open`].
    pub(super) fn has_open_clearance(&self, person: PersonId) -> bool {
        self.open.contains_key(&person)
    }

    pub(super) fn migration(&self, row: Uuid) -> Option<&Migration> {
        self.migrations.get(&row)
    }

    pub(super) fn succession(&self, id: SuccessionId) -> Option<&Succession> {
        self.successions.get(&id)
    }
}

/// What acts come to. Later acts of the transaction see it; [`WorkingSet::write`] stores it.
impl WorkingSet {
    /// Puts an entry in place of the one before.
    pub(super) fn stand(&mut self, person: PersonId, standing: Standing, last_act: RegisterActId) {
        let Some(known) = self.people.get_mut(&person) else {
            return;
        };
        let in_force = |standing: &Standing| !standing.entry.is_ended();
        let begins = in_force(&standing) && !known.standing.as_ref().is_some_and(in_force);
        let row = register_tree::Row::from(&standing.entry);
        self.written.passed.push((standing.province, row.key()));
        let stood = self.written.stood.entry(person).or_default();
        stood.begun |= begins;
        stood.last_act = Some(last_act);
        known.standing = Some(standing);
    }

    pub(super) fn act(&mut self, record: ActRecord, province: Province, sealed: Vec<u8>) {
        self.written.acts.push(NewAct {
            record,
            province,
            sealed,
        });
    }

    /// Who the person is with from now on, if with anybody: consents given to others end.
    pub(super) fn employed(&mut self, person: PersonId, employer: Option<Uuid>) {
        let with = self.written.employments.entry(person).or_insert(employer);
        if *with != employer {
            // There was another in between, so no consent was given to whoever it has been all along.
            *with = None;
        }
    }

    /// Keeps the next day of a person; returns the day that was kept before, if there was one.
    pub(super) fn schedule(&mut self, person: PersonId, next: Option<Date>) -> Option<Date> {
        self.written.due.insert(person, next);
        let known = self.people.get_mut(&person)?;
        std::mem::replace(&mut known.due, next)
    }

    /// Records that a day was told of a person, by a change.
    pub(super) fn tell_day(&mut self, person: PersonId, day: Date, change: ChangeNumber) {
        if let Some(known) = self.people.get_mut(&person) {
            known.told.insert(day);
        }
        self.written.told.push(Told { person, day, change });
    }

    /// Adds a change, with its leaf where it has one.
    pub(super) fn change(
        &mut self,
        key: &DataKey,
        person: PersonId,
        change: &Change,
        leaf: Option<&Leaf>,
    ) -> ChangeNumber {
        let told = self.as_told(person, change, leaf);
        self.written
            .changes
            .push(NewChange::new(key, person, change, leaf).told(told));
        ChangeNumber(self.written.changes.len() - 1)
    }

    /// Takes a place that was found free for a new version.
    pub(super) fn take_place(&mut self, version: Uuid) -> Option<Place> {
        let place = self.places.pop()?;
        self.written.given.push((place, version));
        Some(place)
    }

    /// Takes the place that a version had before.
    pub(super) fn keep_place(&mut self, place: Place, version: Uuid) {
        self.written.given.push((place, version));
    }

    /// Adds a version; it is the person's latest and counts.
    pub(super) fn add_version(&mut self, new: NewVersion) {
        if let Some(known) = self.people.get_mut(&new.person) {
            known.latest = Some(Latest {
                id: new.id,
                licence_identifier: new.licence_identifier.clone(),
                facts: new.facts.clone(),
                current: true,
                copies_until: None,
            });
        }
        self.written.versions.push(new);
    }

    /// Ends a person's latest version, or (`None`) lets it count again.
    pub(super) fn restate_version(&mut self, person: PersonId, ended: Option<Ended>) {
        let known = self.people.get_mut(&person);
        let Some(latest) = known.and_then(|known| known.latest.as_mut()) else {
            return;
        };
        latest.current = ended.is_none();
        let id = latest.id;
        match self.written.versions.iter_mut().rfind(|new| new.id == id) {
            Some(new) => new.ended = ended,
            None => {
                self.written.restated.insert(id, ended);
            }
        }
    }

    /// Ends a clearance that was found unused.
    pub(super) fn end_clearance(&mut self, id: ClearanceId, state: clearance::State) {
        if let Some(clearance) = self.clearances.get_mut(&id) {
            clearance.state = state;
            if self.open.get(&clearance.person) == Some(&id) {
                self.open.remove(&clearance.person);
            }
        }
        self.written.clearances.push((id, state));
    }

    /// Ends a claim if it is open.
    pub(super) fn end_claim(&mut self, key: Key, end: End) {
        self.written.claims.entry(key).or_insert(end);
    }

    /// Ends a row that was found cleared.
    pub(super) fn end_migration(&mut self, row: Uuid, state: migration::State) {
        if let Some(migration) = self.migrations.get_mut(&row) {
            migration.state = state;
        }
        self.written.migrations.push((row, state));
    }

    /// Frees the digits of a person who was never registered, if nothing else holds them.
    pub(super) fn free_digits(&mut self, person: PersonId) {
        self.written.freed.insert(person);
    }

    pub(super) fn notify(&mut self, told: Notification) {
        self.written.notifications.push(told);
    }

    pub(super) fn audit(&mut self, record: &Record<'_>) {
        self.written.audit.push(record.into());
    }

    pub(super) fn news(&mut self, province: Province, news: News) {
        self.written.news.push((province, news));
    }
}

impl WorkingSet {
    fn new(now: Timestamp) -> Self {
        Self {
            now,
            people: HashMap::new(),
            clearances: HashMap::new(),
            open: HashMap::new(),
            migrations: HashMap::new(),
            successions: HashMap::new(),
            places: Vec::new(),
            told: HashMap::new(),
            written: Written::default(),
        }
    }
}
