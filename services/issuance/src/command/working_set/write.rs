//! The last phase: what acts came to is stored together, in an order that every reference between tables holds.

use ::register_tree::Row;
use domain::ids::PersonId;
use domain::notification::NotificationKind;
use postgres::Tx;
use postgres::audit::Record;
use service_runtime::clock::Clock as _;
use uuid::Uuid;

use super::WorkingSet;
use super::written::Noted;
use crate::command::notify::{self, Notification};
use crate::deps::Deps;
use crate::event::{Failure, Stop};
use crate::sealing::seal_json;
use crate::store::exchange::{claim, clearance, downstream, migration, register_tree};
use crate::store::issuing::{apply, consent, copy_request, status};
use crate::store::log::change::{self, NewChange};
use crate::store::register::active_registration::{self, InForce};
use crate::store::register::entry::{self, NewEntry};
use crate::store::register::{act, column as sealed_column, registration_number, transition};
use crate::store::restoration::told;

impl WorkingSet {
    /// Stores what acts came to; returns the ids of the changes in their order. Ring the bells after the commit.
    ///
    /// # Errors
    /// [`Stop::ALREADY_REGISTERED`] if a registration began that may not, whatever the entry said; the database's.
    pub(crate) async fn write(mut self, deps: &Deps, tx: &mut Tx) -> Result<Vec<i64>, Failure> {
        self.write_employments(tx).await?;
        self.write_papers(tx).await?;
        self.write_entries(tx).await?;
        self.write_versions(deps, tx).await?;
        let ids = change::append_all(tx, &self.written.changes, self.now).await?;
        let again: Vec<i64> = self
            .written
            .changes
            .iter()
            .filter_map(NewChange::position)
            .collect();
        told::taken(tx, &again).await?;
        self.write_days(tx, &ids).await?;
        // After the entries: who has one keeps their digits.
        let freed: Vec<Uuid> = self.written.freed.iter().map(|one| one.as_uuid()).collect();
        registration_number::free_unused(tx, &freed).await?;
        notify::push_all(tx, &self.written.notifications).await?;
        let records: Vec<Record<'_>> = self.written.audit.iter().map(Noted::record).collect();
        tx.audit_all(&records).await?;
        // Locks the heads of provinces until the end.
        downstream::append_all(tx, self.written.news, self.now).await?;
        Ok(ids)
    }

    /// Ends what belongs to any other employer than that of the entry. A registration that has ended has none; one that comes
    /// back to the same employer needs a new consent (design §4).
    async fn write_employments(&mut self, tx: &mut Tx) -> Result<(), postgres::Error> {
        let employments: Vec<(PersonId, Option<Uuid>)> = std::mem::take(&mut self.written.employments)
            .into_iter()
            .collect();
        if employments.is_empty() {
            return Ok(());
        }
        let now = self.now;
        let ended = consent::end_with_employments(tx, &employments, now).await?;
        self.written
            .notifications
            .extend(ended.into_iter().map(|(id, person, employer)| Notification {
                kind: NotificationKind::ConsentEnded,
                person,
                employer: Some(employer.into()),
                subject: format!("consents/{id}"),
                day: None,
                days_left: None,
                at: now,
                once: None,
            }));
        copy_request::lapse_with_employments(tx, &employments, now).await
    }

    async fn write_papers(&mut self, tx: &mut Tx) -> Result<(), postgres::Error> {
        let claims: Vec<_> = std::mem::take(&mut self.written.claims).into_iter().collect();
        claim::end_all(tx, &claims, self.now).await?;
        clearance::end_all(tx, &self.written.clearances, self.now).await?;
        migration::end_all(tx, &self.written.migrations, self.now).await
    }

    /// Acts, entries, and which registrations are in force.
    async fn write_entries(&self, tx: &mut Tx) -> Result<(), Failure> {
        act::insert_all(tx, &self.written.acts, self.now).await?;
        let (mut entries, mut rows) = (Vec::new(), Vec::new());
        let (mut ended, mut begun, mut followed) = (Vec::new(), Vec::new(), Vec::new());
        for (person, stood) in &self.written.stood {
            let known = self.people.get(person);
            let Some((known, standing)) = known.and_then(|known| Some((known, known.standing.as_ref()?)))
            else {
                continue;
            };
            if let Some(last_act) = stood.last_act {
                entries.push(NewEntry {
                    person: *person,
                    province: standing.province,
                    last_act,
                    entry: seal_json(&known.key, sealed_column::ENTRY, &standing.entry),
                    holder: seal_json(&known.key, sealed_column::HOLDER, &standing.holder),
                });
            }
            rows.push((standing.province, Row::from(&standing.entry)));
            let is = InForce {
                entry: &standing.entry,
                province: standing.province,
            };
            let in_force = !standing.entry.is_ended();
            if known.was_in_force && (!in_force || stood.begun) {
                ended.push(person.as_uuid());
            }
            match (in_force, stood.begun) {
                (true, true) => begun.push(is),
                (true, false) => followed.push(is),
                (false, _) => {}
            }
        }
        active_registration::end_all(tx, &ended).await?;
        entry::save_all(tx, &entries, self.now).await?;
        register_tree::note_all(tx, &rows, &self.written.passed).await?;
        let begun = active_registration::begin_all(tx, &begun).await;
        begun.map_err(already_registered)?;
        let followed = active_registration::follow_all(tx, &followed).await;
        followed.map_err(already_registered)
    }

    async fn write_versions(&mut self, deps: &Deps, tx: &mut Tx) -> Result<(), postgres::Error> {
        let restated: Vec<_> = std::mem::take(&mut self.written.restated).into_iter().collect();
        apply::restate_all(tx, &restated).await?;
        apply::insert_all(tx, &self.written.versions, self.now).await?;
        status::give_all(tx, &self.written.given).await?;
        apply::insert_jobs(tx, &self.written.versions, deps.system.now(), self.now).await
    }

    async fn write_days(&mut self, tx: &mut Tx, changes: &[i64]) -> Result<(), Failure> {
        let next: Vec<_> = std::mem::take(&mut self.written.due).into_iter().collect();
        transition::schedule_all(tx, &next).await?;
        let told = self.written.told.iter().map(|told| {
            let change = told.change.id(changes)?;
            Ok::<_, crate::error::Error>((told.person, told.day, change))
        });
        let told = told.collect::<Result<Vec<_>, _>>()?;
        Ok(transition::told_all(tx, &told, self.now).await?)
    }
}

fn already_registered(error: postgres::Error) -> Failure {
    match error.constraint() {
        Some(
            "active_registration_pkey"
            | "active_registration_number"
            | "active_registration_of_natural_person",
        ) => Stop::ALREADY_REGISTERED.into(),
        _ => error.into(),
    }
}
