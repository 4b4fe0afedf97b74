//! The certificate versions that an act makes, ends or brings back.

use domain::certificate::{FactsRecord, Supersession};
use domain::licence_identifier::LicenceIdentifier;
use domain::notification::NotificationKind;
use domain::register::RegisterAct;
use personal_data::OsRandom;
use postgres::Tx;
use postgres::hash::sha256;
use rand_core::{Rng as _, UnwrapErr};
use service_runtime::clock::{Clock as _, day_of};
use tlog::{Leaf, commit_facts};
use uuid::Uuid;

use crate::change::{Change, VersionSnapshot};
use crate::command::certify;
use crate::command::notify::{self};
use crate::deps::Deps;
use crate::error::Error;
use crate::event::{Failure, Stop};
use crate::holder::Pictures;
use crate::sealing::{open, seal};
use crate::store::exchange::claim::Key;
use crate::store::issuing::apply::{self, Latest, NewVersion};
use crate::store::issuing::column::version_facts;
use crate::store::issuing::notification;
use crate::store::log::change;

use super::acted::Acted;

impl Acted<'_> {
    /// Makes the version that the act calls for and ends the one before; returns the current one.
    pub(in crate::command) async fn certify(
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
        self.insert(deps, tx, (application, pictures), &identifier, (&facts, &salt))
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
        (facts, salt): (&FactsRecord, &[u8; 32]),
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
        let made = Change::Version(self.version(id, identifier));
        let leaf = Leaf::Facts(commit_facts(salt, &canonical));
        change::append_with_leaf(tx, self.key, self.entry.person, (&made, &leaf), self.now).await?;
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
}
