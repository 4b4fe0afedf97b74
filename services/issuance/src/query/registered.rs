//! A person's entry, opened.

use std::sync::Arc;

use domain::ids::PersonId;
use domain::licence_identifier::LicenceIdentifier;
use domain::province::Province;
use domain::register::RegisterEntry;
use personal_data::DataKey;
use postgres::Tx;
use service_runtime::Scope;

use crate::change::EntrySnapshot;
use crate::error::Error;
use crate::holder::Holder;
use crate::sealing::{self, Sealing};
use crate::store::register::{column, entry};

/// An entry in the clear. Lives as long as one call.
pub(crate) struct Registered {
    pub(crate) entry: RegisterEntry,
    pub(crate) holder: Holder,
    pub(crate) province: Province,
    pub(crate) current_certificate: Option<LicenceIdentifier>,
    pub(crate) key: Arc<DataKey>,
}

impl Registered {
    /// What is shown of it.
    pub(crate) fn snapshot(self) -> EntrySnapshot {
        self.into_parts().1
    }

    /// The key, and what is shown of it.
    pub(crate) fn into_parts(self) -> (Arc<DataKey>, EntrySnapshot) {
        let snapshot = EntrySnapshot {
            entry: self.entry,
            person: self.holder.person,
            other_documents: self.holder.other_documents,
            province: self.province,
            current_certificate: self.current_certificate,
            transition: None,
        };
        (self.key, snapshot)
    }
}

/// Finds and opens an entry within the scope; none also for a person who was erased.
pub(crate) async fn registered(
    tx: &mut Tx,
    sealing: &Sealing,
    person: PersonId,
    scope: &Scope,
) -> Result<Option<Registered>, Error> {
    let Some(row) = entry::find(tx, person, scope).await? else {
        return Ok(None);
    };
    let Some(wrapped) = row.wrapped_key else {
        return Ok(None);
    };
    let key = sealing.key(person, wrapped)?;
    Ok(Some(Registered {
        entry: sealing::open_json(&key, column::ENTRY, row.entry)?,
        holder: sealing::open_json(&key, column::HOLDER, row.holder)?,
        province: row.province,
        current_certificate: current(row.current_certificate)?,
        key: Arc::new(key),
    }))
}

fn current(identifier: Option<String>) -> Result<Option<LicenceIdentifier>, Error> {
    let identifier = identifier.map(|text| text.parse()).transpose();
    identifier.map_err(|_| Error::internal("a stored licence identifier is none"))
}
