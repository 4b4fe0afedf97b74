//! The certificate versions that an act makes, ends or brings back.

use domain::certificate::{FactsRecord, StatusListEntry, Supersession};
use domain::licence_identifier::LicenceIdentifier;
use domain::notification::NotificationKind;
use domain::register::RegisterAct;
use personal_data::OsRandom;
use postgres::hash::sha256;
use rand_core::{Rng as _, UnwrapErr};
use service_runtime::clock::day_of;
use tlog::{Leaf, commit_facts};
use uuid::Uuid;

use crate::change::{Change, VersionSnapshot};
use crate::command::allot_status::as_named;
use crate::command::certify;
use crate::command::working_set::{ToldVersion, WorkingSet};
use crate::deps::Deps;
use crate::error::Error;
use crate::event::{Failure, Stop};
use crate::holder::Pictures;
use crate::sealing::{open, seal};
use crate::store::exchange::claim::Key;
use crate::store::issuing::apply::{Ended, Latest, NewVersion};
use crate::store::issuing::column::version_facts;

use super::acted::Acted;

/// What makes a version this one and no other.
struct Drawn {
    id: Uuid,
    identifier: LicenceIdentifier,
    /// Salt, and place in the status list.
    own: ([u8; 32], Option<StatusListEntry>),
}

impl Drawn {
    /// As it was before the database was restored: nothing is drawn anew.
    fn again(set: &mut WorkingSet, told: &ToldVersion) -> Self {
        if let Some(place) = told.place {
            set.keep_place(place, told.id);
        }
        Self {
            id: told.id,
            identifier: told.identifier.clone(),
            own: (told.salt, told.facts.status_list.clone()),
        }
    }
}

impl Acted<'_> {
    /// Makes the version that the act calls for and ends the one before; returns the current one.
    pub(in crate::command) fn certify(
        &self,
        deps: &Deps,
        set: &mut WorkingSet,
        application: Key,
    ) -> Result<Option<LicenceIdentifier>, Failure> {
        let latest = set.latest(self.entry.person);
        let before = latest.as_ref().filter(|latest| latest.current);
        if !self.record.act.makes_version() {
            if self.entry.is_ended()
                && let Some(before) = before
            {
                self.supersede(set, before, None)?;
                return Ok(None);
            }
            if matches!(self.record.act, RegisterAct::UndoLapse { .. }) {
                return Ok(self.reinstate(set, latest.as_ref()));
            }
            return Ok(before.map(|before| before.licence_identifier.clone()));
        }
        // Whoever came with an existing register has none until an act brings them.
        let Some(pictures) = self.holder.pictures() else {
            return Ok(before.map(|before| before.licence_identifier.clone()));
        };
        // What is reinstated follows its last version although that one ended.
        let follows = match self.record.act {
            RegisterAct::Reinstate { .. } => latest.as_ref(),
            _ => before,
        };
        let follows = follows.map(|version| version.licence_identifier.clone());
        let told = set.told_version(self.entry.person, application.application.as_uuid())?;
        let drawn = match &told {
            Some(told) => Drawn::again(set, told),
            None => self.draw(deps, set, latest.as_ref())?,
        };
        let Drawn { id, identifier, own } = drawn;
        let salt = own.0;
        let named = (&identifier, follows.as_ref());
        let holder = (&self.holder.person, pictures);
        let mut facts = certify::facts(&deps.issuer, &self.entry, holder, &self.record, named, own);
        if let Some(told) = told {
            // A younger program draws it again as it was drawn.
            facts.layout = told.facts.layout;
        }
        facts.check().map_err(|refusal| Stop::rule(&refusal))?;
        if let Some(before) = before {
            self.supersede(set, before, Some((&identifier, &facts)))?;
        }
        let version = (id, &identifier);
        self.insert(set, (application, pictures), version, (&facts, &salt));
        Ok(Some(identifier))
    }

    /// What is drawn for a new version.
    fn draw(&self, deps: &Deps, set: &mut WorkingSet, latest: Option<&Latest>) -> Result<Drawn, Error> {
        let random = &mut UnwrapErr(OsRandom);
        let identifier = certify::identifier(
            &deps.issuer,
            &self.record.act,
            latest.map(|latest| &latest.licence_identifier),
            random,
        );
        let identifier = identifier.map_err(Error::internal)?;
        let mut salt = [0; 32];
        random.fill_bytes(&mut salt);
        let id = Uuid::new_v4();
        let place = match deps.status.as_deref() {
            Some(lists) => {
                let place = set.take_place(id);
                let place = place.ok_or_else(|| Error::internal("no place was read for a version"))?;
                Some(as_named(lists, place))
            }
            None => None,
        };
        Ok(Drawn {
            id,
            identifier,
            own: (salt, place),
        })
    }

    /// The version that a wrong lapse ended counts again, the same one: nothing that it says has changed.
    fn reinstate(&self, set: &mut WorkingSet, latest: Option<&Latest>) -> Option<LicenceIdentifier> {
        let Some(ended) = latest.filter(|latest| !latest.current && !self.entry.is_ended()) else {
            return latest
                .filter(|latest| latest.current)
                .map(|latest| latest.licence_identifier.clone());
        };
        set.restate_version(self.entry.person, None);
        let snapshot = self.version(ended.id, &ended.licence_identifier);
        self.tell(set, &Change::Version(snapshot));
        Some(ended.licence_identifier.clone())
    }

    fn insert(
        &self,
        set: &mut WorkingSet,
        (application, pictures): (Key, Pictures<'_>),
        (id, identifier): (Uuid, &LicenceIdentifier),
        (facts, salt): (&FactsRecord, &[u8; 32]),
    ) {
        let canonical = facts.canonical_bytes();
        set.add_version(NewVersion {
            id,
            person: self.entry.person,
            act: self.record.id,
            licence_identifier: identifier.clone(),
            registration_digits: self.entry.number.digits().to_string(),
            facts: seal(self.key, &version_facts(id), &canonical),
            facts_hash: sha256(&canonical),
            photo: pictures.photo.place.clone(),
            signature_image: pictures.signature_image.place.clone(),
            operation: facts.operation,
            province: self.province,
            application: application.application.as_uuid(),
            announced_at: self.record.at,
            ended: None,
        });
        let made = Change::Version(self.version(id, identifier));
        let leaf = Leaf::Facts(commit_facts(salt, &canonical));
        set.change(self.key, self.entry.person, &made, Some(&leaf));
    }

    /// Ends a version, naming the facts that changed if another takes its place.
    fn supersede(
        &self,
        set: &mut WorkingSet,
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
        let by = by.map(|(identifier, _)| identifier.clone());
        let ended = Ended {
            at: self.record.at,
            by: by.clone(),
            changed_facts: changed_facts.clone(),
            supersession,
        };
        set.restate_version(self.entry.person, Some(ended));
        // Where the registration ended, that is told instead.
        let day = day_of(self.record.at);
        if by.is_some() && before.copies_until.is_some_and(|until| until >= day) {
            let subject = format!("certificates/{}", before.licence_identifier);
            set.notify(self.told(NotificationKind::CopiesSuperseded, subject));
        }
        let snapshot = VersionSnapshot {
            superseded_at: Some(self.record.at),
            superseded_by: by,
            changed_facts,
            supersession,
            ..self.version(before.id, &before.licence_identifier)
        };
        self.tell(set, &Change::Version(snapshot));
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
}
