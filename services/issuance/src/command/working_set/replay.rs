//! What was told of people before the database was restored: acts that are decided again come to the same ids, identifiers, places and
//! changes (decision 0035).

use domain::certificate::FactsRecord;
use domain::ids::{PersonId, RegisterActId};
use domain::licence_identifier::LicenceIdentifier;
use jiff::Timestamp;
use postgres::Tx;
use serde_json::Value;
use tlog::Leaf;
use uuid::Uuid;

use super::{Place, WorkingSet};
use crate::change::Change;
use crate::error::Error;
use crate::sealing::open;
use crate::store::issuing::column::version_facts;
use crate::store::log::change::ToldAs;
use crate::store::restoration::told::{self, ToldRow};

/// A change as it was told, opened.
pub(super) struct ToldBefore {
    row: ToldRow,
    change: Change,
    /// Whether an act of this transaction has come to it again.
    again: bool,
    /// Whether an act of this transaction has its id.
    act_again: bool,
}

/// A version as it was made before.
pub(crate) struct ToldVersion {
    pub(crate) id: Uuid,
    pub(crate) identifier: LicenceIdentifier,
    pub(crate) facts: FactsRecord,
    pub(crate) salt: [u8; 32],
    pub(crate) place: Option<Place>,
}

impl WorkingSet {
    pub(super) async fn read_told(&mut self, tx: &mut Tx, people: &[Uuid]) -> Result<(), Error> {
        for row in told::of_people(tx, people).await? {
            let Some(known) = self.people.get(&row.person) else {
                continue;
            };
            let change = Change::open(&row.kind, &known.key, row.sealed.clone())?;
            self.told.entry(row.person).or_default().push(ToldBefore {
                row,
                change,
                again: false,
                act_again: false,
            });
        }
        Ok(())
    }

    /// The id of an act upon a person with a legal moment: that which it had before, if it was told.
    pub(in crate::command) fn act_id(&mut self, person: PersonId, at: Timestamp) -> RegisterActId {
        let told = self.told.get_mut(&person).into_iter().flatten();
        for before in told {
            if before.again || before.act_again {
                continue;
            }
            if let Change::Entry(entry) = &before.change
                && entry.transition.is_none()
                && entry.entry.since == at
            {
                before.act_again = true;
                return entry.entry.last_act;
            }
        }
        RegisterActId::from_uuid(Uuid::new_v4())
    }

    /// The version that an application made before; none where it is decided for the first time.
    ///
    /// # Errors
    /// What was kept of it cannot be read.
    pub(in crate::command) fn told_version(
        &self,
        person: PersonId,
        application: Uuid,
    ) -> Result<Option<ToldVersion>, Error> {
        let application = application.to_string();
        let mut told = self.told.get(&person).into_iter().flatten();
        let found = told.find(|before| {
            !before.again && before.row.papers["version"]["application"] == application.as_str()
        });
        let (Some(before), Some(known)) = (found, self.people.get(&person)) else {
            return Ok(None);
        };
        let (Change::Version(version), Some(id)) = (&before.change, before.row.version) else {
            return Ok(None);
        };
        let papers = &before.row.papers;
        let missing =
            |what: &str| Error::internal(format_args!("the counterfoil of a version has no {what}"));
        let sealed = papers["version"]["facts"]
            .as_str()
            .and_then(|text| text.strip_prefix("\\x"));
        let sealed = sealed
            .and_then(|text| hex::decode(text).ok())
            .ok_or_else(|| missing("facts"))?;
        let facts = open(&known.key, &version_facts(id), sealed)?;
        let facts = FactsRecord::parse(&facts).map_err(Error::internal)?;
        let mut salt = [0; 32];
        let written = facts.salt.as_deref().ok_or_else(|| missing("salt"))?;
        hex::decode_to_slice(written, &mut salt).map_err(Error::internal)?;
        Ok(Some(ToldVersion {
            id,
            identifier: version.licence_identifier.clone(),
            facts,
            salt,
            place: place(&papers["place"]),
        }))
    }

    /// As what a change was told before; none where it was not.
    pub(super) fn as_told(
        &mut self,
        person: PersonId,
        change: &Change,
        leaf: Option<&Leaf>,
    ) -> Option<ToldAs> {
        let leaf = leaf.map(Leaf::encode);
        let before = self.told.get_mut(&person)?.iter_mut();
        let mut same =
            before.filter(|before| !before.again && before.row.leaf == leaf && before.change == *change);
        let before = same.next()?;
        before.again = true;
        Some(ToldAs {
            position: before.row.position,
            sealed: before.row.sealed.clone(),
            recorded_at: before.row.recorded_at,
        })
    }
}

fn place(row: &Value) -> Option<Place> {
    let number = |name: &str| row[name].as_u64().and_then(|number| u32::try_from(number).ok());
    Some((number("shard")?, number("index")?))
}
