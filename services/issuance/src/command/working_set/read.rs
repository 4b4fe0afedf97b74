//! The first phase: what acts may ask for is locked and read together.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::ids::{ClearanceId, PersonId, SuccessionId};
use domain::province::Province;
use jiff::Timestamp;
use postgres::Tx;
use service_runtime::clock::day_of;
use uuid::Uuid;

use super::{Known, Standing, WorkingSet};
use crate::command::allot_status::free_places;
use crate::deps::Deps;
use crate::error::Error;
use crate::event::{Event, What};
use crate::restoration::Phase;
use crate::sealing::open_json;
use crate::store::exchange::{clearance, migration, succession};
use crate::store::issuing::apply;
use crate::store::register::{column, entry, person, person_link, transition};

/// What acts may ask for.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) people: BTreeSet<PersonId>,
    /// Of whom it is asked whether an application is cleared.
    pub(crate) open: BTreeSet<PersonId>,
    clearances: BTreeSet<ClearanceId>,
    /// Clearances whose persons only their rows name.
    released: BTreeSet<ClearanceId>,
    migrations: BTreeSet<Uuid>,
    successions: BTreeSet<(Province, SuccessionId)>,
    /// Most versions that are made.
    versions: usize,
}

impl Wanted {
    /// Some people, upon whom nothing is done that makes a version.
    pub(crate) fn people(people: impl IntoIterator<Item = PersonId>) -> Self {
        Self {
            people: people.into_iter().collect(),
            ..Self::default()
        }
    }

    /// A clearance, and whoever it is about.
    pub(crate) fn clearance(id: ClearanceId) -> Self {
        Self {
            clearances: BTreeSet::from([id]),
            released: BTreeSet::from([id]),
            ..Self::default()
        }
    }

    /// What events of a province may ask for.
    pub(crate) fn by<'a>(events: impl Iterator<Item = &'a Event>) -> Self {
        let mut wanted = Self::default();
        for event in events {
            wanted.add(&event.what);
        }
        wanted
    }

    fn add(&mut self, what: &What) {
        let (person, makes_version) = match what {
            What::Announced(announced) => {
                self.clearances.insert(announced.clearance);
                (announced.person, true)
            }
            What::Renewal { person, .. } => (*person, false),
            What::RenewalDeemed(deemed) => (deemed.person, true),
            What::ClearanceReleased { clearance, .. } => {
                self.clearances.insert(*clearance);
                self.released.insert(*clearance);
                return;
            }
            What::Watermark(_) => return,
            What::Succeeded(row) => {
                self.successions.insert((row.province, row.succession));
                (row.person, true)
            }
            What::Lapsed(row) => {
                self.open.insert(row.person);
                (row.person, false)
            }
            What::Migrated(row) => {
                self.migrations.insert(row.row);
                (row.person, false)
            }
            What::Reinstated(reinstated) => (reinstated.person, true),
        };
        self.people.insert(person);
        self.versions += usize::from(makes_version);
    }
}

impl WorkingSet {
    /// Locks people, then papers, each in the order of their ids, and reads them.
    ///
    /// # Errors
    /// The database's, and a row that cannot be opened.
    pub(crate) async fn read(
        deps: &Deps,
        tx: &mut Tx,
        wanted: Wanted,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let mut set = Self::new(now);
        let mut people: BTreeSet<Uuid> = wanted.people.iter().map(|one| one.as_uuid()).collect();
        if !wanted.released.is_empty() {
            let of_released = clearance::people_of(tx, &uuids(&wanted.released, |id| id.as_uuid())).await?;
            people.extend(of_released.into_iter().map(PersonId::as_uuid));
        }
        if !people.is_empty() {
            set.read_people(deps, tx, &people.into_iter().collect::<Vec<_>>())
                .await?;
        }
        if !wanted.clearances.is_empty() {
            let ids = uuids(&wanted.clearances, |id| id.as_uuid());
            let rows = clearance::lock_all(tx, &ids).await?;
            set.clearances = rows.into_iter().map(|row| (row.id, row)).collect();
        }
        if !wanted.open.is_empty() {
            let open = clearance::open_of(tx, &uuids(&wanted.open, |id| id.as_uuid())).await?;
            set.open = open.into_iter().collect();
        }
        if !wanted.migrations.is_empty() {
            let rows = migration::lock_all(tx, &uuids(&wanted.migrations, |id| *id)).await?;
            set.migrations = rows.into_iter().map(|row| (row.id, row)).collect();
        }
        if wanted.versions > 0
            && let Some(lists) = deps.status.as_deref()
        {
            set.places = free_places(tx, lists, &deps.sealing, wanted.versions, now).await?;
        }
        // Those of one batch are one province's.
        let provinces: BTreeSet<Province> =
            wanted.successions.iter().map(|(province, _)| *province).collect();
        for province in provinces {
            let of_it = wanted.successions.iter().filter(|(one, _)| *one == province);
            let ids: Vec<Uuid> = of_it.map(|(_, id)| id.as_uuid()).collect();
            let rows = succession::find_all(tx, province, &ids).await?;
            set.successions.extend(rows.into_iter().map(|row| (row.id, row)));
        }
        Ok(set)
    }

    async fn read_people(&mut self, deps: &Deps, tx: &mut Tx, people: &[Uuid]) -> Result<(), Error> {
        for (person, wrapped) in person::lock_all(tx, people).await? {
            let key = Arc::new(deps.sealing.key(person, wrapped)?);
            self.people.insert(person, Known::nothing(key));
        }
        for (person, province, sealed, holder) in entry::of_people(tx, people).await? {
            if let Some(known) = self.people.get_mut(&person) {
                let standing = Standing {
                    entry: open_json(&known.key, column::ENTRY, sealed)?,
                    holder: open_json(&known.key, column::HOLDER, holder)?,
                    province,
                };
                known.was_in_force = !standing.entry.is_ended();
                known.standing = Some(standing);
            }
        }
        for (person, latest) in apply::latest_of(tx, people).await? {
            if let Some(known) = self.people.get_mut(&person) {
                known.latest = Some(latest);
            }
        }
        for person in person_link::merged_of(tx, people).await? {
            if let Some(known) = self.people.get_mut(&person.into()) {
                known.merged = true;
            }
        }
        for (person, document) in person_link::documents_of(tx, people).await? {
            if let Some(known) = self.people.get_mut(&person) {
                known.linked.push(document);
            }
        }
        if deps.gate.phase() == Phase::Replaying {
            self.read_told(tx, people).await?;
        }
        self.read_days(tx, people).await
    }

    /// The days to come, and of people with one that is over those that were told.
    async fn read_days(&mut self, tx: &mut Tx, people: &[Uuid]) -> Result<(), Error> {
        let today = day_of(self.now);
        let mut over = Vec::new();
        for (person, day) in transition::due_of(tx, people).await? {
            if let Some(known) = self.people.get_mut(&person) {
                known.due = Some(day);
                if day <= today {
                    over.push(person.as_uuid());
                }
            }
        }
        if !over.is_empty() {
            for (person, day) in transition::told_of(tx, &over).await? {
                if let Some(known) = self.people.get_mut(&person) {
                    known.told.insert(day);
                }
            }
        }
        Ok(())
    }
}

impl Known {
    fn nothing(key: Arc<personal_data::DataKey>) -> Self {
        Self {
            key,
            standing: None,
            latest: None,
            due: None,
            told: BTreeSet::new(),
            was_in_force: false,
            merged: false,
            linked: Vec::new(),
        }
    }
}

fn uuids<T>(ids: &BTreeSet<T>, of: impl Fn(&T) -> Uuid) -> Vec<Uuid> {
    ids.iter().map(of).collect()
}
