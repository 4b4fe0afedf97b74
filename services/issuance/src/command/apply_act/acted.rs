//! What an act adds up to: stored as act and entry, told to whoever follows the register.

use ::register_tree::Row;
use domain::licence_identifier::LicenceIdentifier;
use domain::notification::NotificationKind;
use domain::province::{Jurisdiction, Province};
use domain::register::{ActRecord, RegisterAct, RegisterEntry};
use jiff::Timestamp;
use personal_data::DataKey;
use postgres::Tx;

use super::employment;
use crate::change::{Change, EntrySnapshot};
use crate::command::notify::{self, Notification};
use crate::error::Error;
use crate::event::{Failure, Stop};
use crate::holder::Holder;
use crate::sealing::seal_json;
use crate::store::exchange::register_tree;
use crate::store::log::change;
use crate::store::register::{self, active_registration, column, entry};

/// What an act adds up to.
pub(in crate::command) struct Acted<'a> {
    pub(super) key: &'a DataKey,
    pub(super) record: ActRecord,
    pub(super) entry: RegisterEntry,
    pub(super) holder: Holder,
    /// Who holds the registration from now on.
    pub(super) province: Province,
    /// Register time of the transaction.
    pub(super) now: Timestamp,
}

impl<'a> Acted<'a> {
    pub(in crate::command) fn new(
        key: &'a DataKey,
        record: ActRecord,
        before: Option<&RegisterEntry>,
        holder: Holder,
        province: Province,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let entry = RegisterEntry::apply(before.cloned(), &record);
        let entry = entry.ok_or_else(|| Error::internal("an act that was decided leads to no entry"))?;
        Ok(Self {
            key,
            record,
            entry,
            holder,
            province,
            now,
        })
    }

    /// Stores act, entry and whether a registration is in force.
    pub(in crate::command) async fn record(
        &self,
        tx: &mut Tx,
        before: Option<&RegisterEntry>,
    ) -> Result<(), Failure> {
        self.notify(tx).await?;
        let sealed = seal_json(self.key, column::ACT, &self.record);
        register::act::insert(tx, &self.record, self.province, &sealed, self.now).await?;
        let sealed = (
            seal_json(self.key, column::ENTRY, &self.entry),
            seal_json(self.key, column::HOLDER, &self.holder),
        );
        let rows = (sealed.0.as_slice(), sealed.1.as_slice());
        entry::save(
            tx,
            self.entry.person,
            self.province,
            self.record.id,
            rows,
            self.now,
        )
        .await?;
        register_tree::note(tx, self.province, &Row::from(&self.entry)).await?;
        let was_in_force = before.is_some_and(|before| !before.is_ended());
        let in_force = match (was_in_force, !self.entry.is_ended()) {
            (false, true) => active_registration::begin(tx, &self.entry, self.province).await,
            (true, true) => active_registration::follow(tx, &self.entry, self.province).await,
            (true, false) => active_registration::end(tx, &self.entry).await,
            (false, false) => Ok(()),
        };
        in_force.map_err(|error| match error.constraint() {
            Some("active_registration_pkey" | "active_registration_number") => {
                Stop::ALREADY_REGISTERED.into()
            }
            _ => Failure::from(error),
        })?;
        Ok(employment::end_consents(tx, &self.entry, self.now).await?)
    }

    /// Returns the id of the change, by which its position is found.
    pub(in crate::command) async fn tell_entry(
        &self,
        tx: &mut Tx,
        current: Option<&LicenceIdentifier>,
    ) -> Result<i64, Failure> {
        let snapshot = EntrySnapshot {
            entry: self.entry.clone(),
            person: self.holder.person.clone(),
            province: self.province,
            current_certificate: current.cloned(),
        };
        self.tell(tx, &Change::Entry(Box::new(snapshot))).await
    }

    /// Tells person and employer what became of the registration, where no announcement of an application tells it.
    async fn notify(&self, tx: &mut Tx) -> Result<(), Failure> {
        let announced = self.record.announcement_number.is_some();
        let Some(kind) = NotificationKind::of_act(&self.record.act).filter(|_| !announced) else {
            return Ok(());
        };
        let subject = self.record.application.map_or_else(
            || self.record.id.resource_name(),
            |application| application.name_in(Jurisdiction::Province(self.province)),
        );
        let day = match &self.record.act {
            RegisterAct::DeemRenewed { terms } => terms.iter().map(|(_, term)| term.to).min(),
            RegisterAct::Suspend { until } => *until,
            RegisterAct::Lapse { effective_on, .. } => Some(*effective_on),
            _ => None,
        };
        let told = Notification {
            day,
            ..self.told(kind, subject)
        };
        Ok(notify::push(tx, &told).await?)
    }

    pub(super) fn told(&self, kind: NotificationKind, subject: String) -> Notification {
        Notification {
            kind,
            person: self.entry.person,
            employer: Some(self.entry.employer.id),
            subject,
            day: None,
            days_left: None,
            at: self.now,
            once: None,
        }
    }

    pub(super) async fn tell(&self, tx: &mut Tx, told: &Change) -> Result<i64, Failure> {
        Ok(change::append(tx, self.key, self.entry.person, told, self.now).await?)
    }
}
