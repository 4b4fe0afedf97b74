//! Tells another service who persons are. Leaves a line in the access log for each.

use domain::ids::PersonId;
use postgres::Tx;
use service_runtime::Caller;
use service_runtime::error::PERMISSION_DENIED;
use uuid::Uuid;

use crate::deps::Deps;
use crate::error::Error;
use crate::purpose::Purpose;
use crate::sealing::{self, Identification};
use crate::store::bulk;

/// Those that are on record.
///
/// # Errors
/// `PERMISSION_DENIED` for whoever is no service.
pub(crate) async fn get_persons(
    deps: &Deps,
    caller: &Caller,
    persons: &[Uuid],
    purpose: &Purpose,
) -> Result<Vec<Identification>, Error> {
    if !caller.scope().is_unbounded() {
        return Err(Error::from(PERMISSION_DENIED));
    }
    let (actor, at) = (caller.name(), deps.now());
    let documents = deps
        .database
        .run_tx("get persons", async |tx: &mut Tx| {
            let found = bulk::current_documents(tx, persons).await?;
            let subjects: Vec<PersonId> = found.iter().map(|one| one.document.person).collect();
            bulk::record_access(tx, (&actor, "GetPersons", purpose.as_str()), &subjects, at).await?;
            Ok::<_, Error>(found)
        })
        .await?;
    let mut found = Vec::with_capacity(documents.len());
    for one in documents {
        let Some(wrapped) = one.wrapped else { continue };
        let key = deps.sealing.open_key(one.document.person.as_uuid(), wrapped)?;
        found.push(sealing::open_document(
            &key,
            one.document,
            jiff::civil::Date::MAX,
        )?);
    }
    Ok(found)
}
