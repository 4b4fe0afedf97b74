//! What an act adds up to: act and entry, told to whoever follows the register.

use domain::licence_identifier::LicenceIdentifier;
use domain::notification::NotificationKind;
use domain::province::{Jurisdiction, Province};
use domain::register::{ActRecord, RegisterAct, RegisterEntry};
use jiff::Timestamp;
use personal_data::DataKey;
use service_runtime::clock::day_of;

use crate::change::{Change, EntrySnapshot};
use crate::command::certify::LEAP_DAY;
use crate::command::notify::Notification;
use crate::command::tell_transitions;
use crate::command::working_set::{ChangeNumber, Standing, WorkingSet};
use crate::error::Error;
use crate::event::Failure;
use crate::holder::Holder;
use crate::sealing::seal_json;
use crate::store::register::column;

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

    /// Act, entry and whether a registration is in force.
    pub(in crate::command) fn record(&self, set: &mut WorkingSet) {
        self.notify(set);
        let person = self.entry.person;
        let next = self.entry.next_transition(day_of(self.now), LEAP_DAY);
        tell_transitions::before_act(set, self.key, person, next);
        let sealed = seal_json(self.key, column::ACT, &self.record);
        set.act(self.record.clone(), self.province, sealed);
        let standing = Standing {
            entry: self.entry.clone(),
            holder: self.holder.clone(),
            province: self.province,
        };
        set.stand(person, standing, self.record.id);
        set.employed(
            person,
            (!self.entry.is_ended()).then(|| self.entry.employer.id.as_uuid()),
        );
    }

    /// Returns the number of the change, by whose id its position is found.
    pub(in crate::command) fn tell_entry(
        &self,
        set: &mut WorkingSet,
        current: Option<&LicenceIdentifier>,
    ) -> ChangeNumber {
        let snapshot = EntrySnapshot {
            entry: self.entry.clone(),
            person: self.holder.person.clone(),
            other_documents: self.holder.other_documents.clone(),
            province: self.province,
            current_certificate: current.cloned(),
            transition: None,
        };
        self.tell(set, &Change::Entry(Box::new(snapshot)))
    }

    /// Tells person and employer what became of the registration, where no announcement of an application tells it.
    fn notify(&self, set: &mut WorkingSet) {
        let announced = self.record.announcement_number.is_some();
        let Some(kind) = NotificationKind::of_act(&self.record.act).filter(|_| !announced) else {
            return;
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
        set.notify(told);
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

    pub(super) fn tell(&self, set: &mut WorkingSet, told: &Change) -> ChangeNumber {
        set.change(self.key, self.entry.person, told, None)
    }
}
