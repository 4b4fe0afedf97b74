//! The part of step 1 that changes the register: act, entry, certificate version, changes, job — inside the applier's
//! transaction.

pub(crate) mod lapse;
pub(crate) mod migration;
pub(crate) mod moving;
pub(crate) mod succession;

use domain::certificate::{FactsRecord, Supersession};
use domain::ids::{ClearanceId, PersonId, RegisterActId};
use domain::licence_identifier::LicenceIdentifier;
use domain::notification::NotificationKind;
use domain::province::{Jurisdiction, Province};
use domain::register::{ActRecord, RegisterAct, RegisterEntry, decide};
use jiff::Timestamp;
use personal_data::{DataKey, OsRandom};
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use postgres::hash::sha256;
use rand_core::{Rng as _, UnwrapErr};
use serde_json::json;
use service_runtime::Scope;
use service_runtime::clock::{Clock as _, day_of};
use uuid::Uuid;

use super::certify;
use super::notify::{self, Notification};
use crate::change::{Change, EntrySnapshot, VersionSnapshot};
use crate::deps::Deps;
use crate::error::Error;
use crate::event::{Announced, Failure, Stop};
use crate::exchange::stream;
use crate::holder::{ClearedFacts, Holder, Pictures};
use crate::query::registered::{Registered, registered};
use crate::sealing::{open, open_json, seal, seal_json};
use crate::store::exchange::CLEARED_FACTS;
use crate::store::exchange::claim::{self, Key};
use crate::store::exchange::clearance::{self, Clearance, State};
use crate::store::exchange::downstream::{self, News};
use crate::store::issuing::apply::{self, Latest, NewVersion};
use crate::store::issuing::column::version_facts;
use crate::store::issuing::notification;
use crate::store::log::change;
use crate::store::register::{self, active_registration, column, entry, person};

/// What an act adds up to.
pub(super) struct Acted<'a> {
    key: &'a DataKey,
    record: ActRecord,
    entry: RegisterEntry,
    holder: Holder,
    /// Who holds the registration from now on.
    province: Province,
    /// Register time of the transaction.
    now: Timestamp,
}

/// Applies one announced registration against its clearance. The person's row is locked first, so acts upon one person
/// take turns whatever province they come from.
pub(super) async fn announce(
    deps: &Deps,
    tx: &mut Tx,
    scope: &Scope,
    announced: &Announced,
    now: Timestamp,
) -> Result<(), Failure> {
    let wrapped = person::lock(tx, announced.person)
        .await?
        .ok_or(Stop::NO_CLEARANCE)?;
    let key = deps.sealing.key(announced.person, wrapped)?;
    let cleared = clearance::lock(tx, announced.clearance).await?;
    let cleared = cleared
        .filter(|found| found.state == State::Cleared)
        .ok_or(Stop::NO_CLEARANCE)?;
    let facts: ClearedFacts = open_json(&key, CLEARED_FACTS, cleared.facts.clone())?;
    compare(announced, &cleared, &facts)?;
    let before = registered(tx, &deps.sealing, announced.person, scope).await?;
    let left = match before
        .as_ref()
        .filter(|before| moving::moves(announced, Some(before)))
    {
        Some(before) => Some(moving::leave(tx, announced, before, now).await?),
        None => None,
    };
    let known = left
        .as_ref()
        .or_else(|| before.as_ref().map(|before| &before.entry));
    let act = certify::act(announced.kind, &facts, announced.number, &announced.terms, known)?;
    let act = if left.is_some() { moving::arrive(act) } else { act };
    decide(known, &act, day_of(announced.announced_at)).map_err(|refusal| Stop::rule(&refusal))?;
    let record = ActRecord {
        id: RegisterActId::from_uuid(Uuid::new_v4()),
        person: announced.person,
        at: announced.announced_at,
        act,
        decided_by: announced.decided_by,
        announced_by: announced.announced_by,
        announcement_number: announced.announcement_number.clone(),
        application: Some(announced.key.application),
    };
    let acted = Acted::new(&key, record, known, facts.holder, announced.key.province, now)?;
    acted.record(tx, known).await?;
    let current = acted.certify(deps, tx, announced.key).await?;
    acted.tell_entry(tx, current.as_ref()).await?;
    use_up(tx, announced, &acted).await?;
    tell_province_before(tx, before.as_ref(), &acted).await?;
    audit(tx, announced.key, announced.clearance, &acted).await
}

/// Everything that was cleared must be what is announced.
fn compare(announced: &Announced, cleared: &Clearance, facts: &ClearedFacts) -> Result<(), Stop> {
    if cleared.key != announced.key {
        return Err(Stop::NO_CLEARANCE);
    }
    if cleared.application_hash != announced.application_hash {
        return Err(Stop::APPLICATION_HASH_DIFFERS);
    }
    let mut cleared_for: Vec<_> = facts.specialties.iter().map(|known| known.specialty).collect();
    let mut announced_for: Vec<_> = announced.terms.iter().map(|(specialty, _)| *specialty).collect();
    cleared_for.sort_unstable();
    announced_for.sort_unstable();
    let same = cleared_for == announced_for
        && cleared.person == announced.person
        && cleared.kind == announced.kind
        && cleared.number == announced.number
        && facts.employer.id == announced.employer
        && facts.decided_by == announced.decided_by
        && facts.type_terms == announced.type_terms;
    if !same {
        return Err(Stop::CLEARANCE_DIFFERS);
    }
    if announced.announced_at > cleared.announce_by {
        return Err(Stop::ANNOUNCED_TOO_LATE);
    }
    Ok(())
}

/// Notes that a renewal filed in time is pending, or no more (行政许可法 art 50).
pub(super) async fn note_renewal(
    deps: &Deps,
    tx: &mut Tx,
    scope: &Scope,
    (key, person, pending): (Key, PersonId, bool),
    at: Timestamp,
    now: Timestamp,
) -> Result<(), Failure> {
    person::lock(tx, person).await?.ok_or(Stop::NOT_REGISTERED_HERE)?;
    let before = registered(tx, &deps.sealing, person, scope).await?;
    let before = before
        .filter(|before| before.province == key.province)
        .ok_or(Stop::NOT_REGISTERED_HERE)?;
    let act = if pending {
        RegisterAct::NoteRenewalAccepted
    } else {
        RegisterAct::NoteRenewalClosed
    };
    if before.entry.is_ended() {
        // An act of the nation was faster than the province's word: there is no term left to protect.
        let (actor, subject) = (stream(key.province), key.to_string());
        let record = Record {
            at: now,
            actor: &actor,
            verb: "note_renewal",
            article: "行政许可法 art 50",
            subject: &subject,
            outcome: Outcome::Refused {
                reason: "REGISTRATION_ENDED",
            },
            evidence: json!({ "pending": pending }),
        };
        return Ok(tx.audit(record).await?);
    }
    decide(Some(&before.entry), &act, day_of(at)).map_err(|refusal| Stop::rule(&refusal))?;
    let record = ActRecord {
        id: RegisterActId::from_uuid(Uuid::new_v4()),
        person,
        at,
        act,
        decided_by: before.entry.decided_by,
        announced_by: before.entry.announced_by,
        announcement_number: None,
        application: Some(key.application),
    };
    let Registered {
        entry,
        holder,
        key: data_key,
        current_certificate,
        ..
    } = before;
    let acted = Acted::new(&data_key, record, Some(&entry), holder, key.province, now)?;
    acted.record(tx, Some(&entry)).await?;
    acted.tell_entry(tx, current_certificate.as_ref()).await?;
    Ok(())
}

impl<'a> Acted<'a> {
    pub(super) fn new(
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
    pub(super) async fn record(&self, tx: &mut Tx, before: Option<&RegisterEntry>) -> Result<(), Failure> {
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
        })
    }

    /// Makes the version that the act calls for and ends the one before; returns the current one.
    pub(super) async fn certify(
        &self,
        deps: &Deps,
        tx: &mut Tx,
        application: Key,
    ) -> Result<Option<LicenceIdentifier>, Failure> {
        let latest = apply::latest(tx, self.entry.person).await?;
        let before = latest.as_ref().filter(|latest| latest.current);
        if !self.record.act.makes_version() {
            if self.entry.is_ended()
                && let Some(before) = before
            {
                self.supersede(tx, before, None).await?;
                return Ok(None);
            }
            if matches!(self.record.act, RegisterAct::UndoLapse { .. }) {
                return self.reinstate(tx, latest.as_ref()).await;
            }
            return Ok(before.map(|before| before.licence_identifier.clone()));
        }
        // Whoever came with an existing register has none until an act brings them.
        let Some(pictures) = self.holder.pictures() else {
            return Ok(before.map(|before| before.licence_identifier.clone()));
        };
        let random = &mut UnwrapErr(OsRandom);
        let identifier = certify::identifier(
            &deps.issuer,
            &self.record.act,
            latest.as_ref().map(|latest| &latest.licence_identifier),
            random,
        );
        let identifier = identifier.map_err(Error::internal)?;
        let mut salt = [0; 32];
        random.fill_bytes(&mut salt);
        // What is reinstated follows its last version although that one ended.
        let follows = match self.record.act {
            RegisterAct::Reinstate { .. } => latest.as_ref(),
            _ => before,
        };
        let named = (&identifier, follows.map(|version| &version.licence_identifier));
        let holder = (&self.holder.person, pictures);
        let facts = certify::facts(&deps.issuer, &self.entry, holder, &self.record, named, salt);
        facts.check().map_err(|refusal| Stop::rule(&refusal))?;
        if let Some(before) = before {
            self.supersede(tx, before, Some((&identifier, &facts))).await?;
        }
        self.insert(deps, tx, (application, pictures), &identifier, &facts)
            .await?;
        Ok(Some(identifier))
    }

    /// The version that a wrong lapse ended counts again, the same one: nothing that it says has changed.
    async fn reinstate(
        &self,
        tx: &mut Tx,
        latest: Option<&Latest>,
    ) -> Result<Option<LicenceIdentifier>, Failure> {
        let Some(ended) = latest.filter(|latest| !latest.current && !self.entry.is_ended()) else {
            return Ok(latest
                .filter(|latest| latest.current)
                .map(|latest| latest.licence_identifier.clone()));
        };
        apply::reinstate(tx, ended.id).await?;
        let snapshot = self.version(ended.id, &ended.licence_identifier);
        self.tell(tx, &Change::Version(snapshot)).await?;
        Ok(Some(ended.licence_identifier.clone()))
    }

    async fn insert(
        &self,
        deps: &Deps,
        tx: &mut Tx,
        (application, pictures): (Key, Pictures<'_>),
        identifier: &LicenceIdentifier,
        facts: &FactsRecord,
    ) -> Result<(), Failure> {
        let (id, canonical) = (Uuid::new_v4(), facts.canonical_bytes());
        let new = NewVersion {
            id,
            person: self.entry.person,
            act: self.record.id.as_uuid(),
            licence_identifier: identifier,
            registration_digits: self.entry.number.digits().to_string(),
            facts: &seal(self.key, &version_facts(id), &canonical),
            facts_hash: sha256(&canonical),
            photo: &pictures.photo.place,
            signature_image: &pictures.signature_image.place,
            operation: facts.operation,
            province: self.province,
            application: application.application.as_uuid(),
            announced_at: self.record.at,
            made_at: self.now,
        };
        apply::insert(tx, &new).await?;
        apply::insert_job(tx, id, deps.system.now(), self.now).await?;
        let snapshot = self.version(id, identifier);
        self.tell(tx, &Change::Version(snapshot)).await?;
        Ok(())
    }

    /// Ends a version, naming the facts that changed if another takes its place.
    async fn supersede(
        &self,
        tx: &mut Tx,
        before: &Latest,
        by: Option<(&LicenceIdentifier, &FactsRecord)>,
    ) -> Result<(), Failure> {
        let changed_facts: Vec<String> = match by {
            None => Vec::new(),
            Some((_, facts)) => {
                let canonical = open(self.key, &version_facts(before.id), before.facts.clone())?;
                let old = FactsRecord::parse(&canonical).map_err(Error::internal)?;
                facts.changed_facts(&old).into_iter().map(str::to_owned).collect()
            }
        };
        let supersession = by.and_then(|_| Supersession::of(&self.record.act));
        let by = by.map(|(identifier, _)| identifier);
        let because = by.map(|by| (by, supersession));
        apply::supersede(tx, before.id, self.record.at, because, &changed_facts).await?;
        // Where the registration ended, that is told instead.
        if by.is_some() && notification::has_living_copies(tx, before.id, day_of(self.record.at)).await? {
            let subject = format!("certificates/{}", before.licence_identifier);
            notify::push(tx, &self.told(NotificationKind::CopiesSuperseded, subject)).await?;
        }
        let snapshot = VersionSnapshot {
            superseded_at: Some(self.record.at),
            superseded_by: by.cloned(),
            changed_facts,
            supersession,
            ..self.version(before.id, &before.licence_identifier)
        };
        self.tell(tx, &Change::Version(snapshot)).await?;
        Ok(())
    }

    fn version(&self, id: Uuid, identifier: &LicenceIdentifier) -> VersionSnapshot {
        VersionSnapshot {
            id,
            licence_identifier: identifier.clone(),
            person: self.entry.person,
            version: identifier.version(),
            superseded_at: None,
            superseded_by: None,
            changed_facts: Vec::new(),
            supersession: None,
        }
    }

    /// Returns the id of the change, by which its position is found.
    pub(super) async fn tell_entry(
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

    fn told(&self, kind: NotificationKind, subject: String) -> Notification {
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

    async fn tell(&self, tx: &mut Tx, told: &Change) -> Result<i64, Failure> {
        Ok(change::append(tx, self.key, self.entry.person, told, self.now).await?)
    }
}

async fn use_up(tx: &mut Tx, announced: &Announced, acted: &Acted<'_>) -> Result<(), Failure> {
    claim::end(tx, announced.key, true, None, acted.now).await?;
    clearance::end(tx, announced.clearance, State::Used, acted.now).await?;
    Ok(())
}

/// A registration that moved is news for the province it left.
async fn tell_province_before(
    tx: &mut Tx,
    before: Option<&Registered>,
    acted: &Acted<'_>,
) -> Result<(), Failure> {
    let left = before.filter(|before| !before.entry.is_ended() && before.province != acted.province);
    if let Some(left) = left {
        let news = News::MovedAway {
            person: acted.entry.person,
            to: acted.province,
        };
        downstream::append(tx, left.province, &news, acted.now).await?;
    }
    Ok(())
}

async fn audit(tx: &mut Tx, key: Key, clearance: ClearanceId, acted: &Acted<'_>) -> Result<(), Failure> {
    let (actor, subject) = (stream(key.province), key.to_string());
    let record = Record {
        at: acted.now,
        actor: &actor,
        verb: "apply_announcement",
        article: "153号 art 8–13; design §4",
        subject: &subject,
        outcome: Outcome::Done,
        evidence: json!({
            "act": acted.record.id.to_string(),
            "kind": register::act::kind(&acted.record.act),
            "clearance": clearance.to_string(),
            "announcement": acted.record.announcement_number,
        }),
    };
    Ok(tx.audit(record).await?)
}
