//! Tells another service who carries a document. Leaves a line in the access log.

use domain::document_number::DocumentNumber;
use postgres::Tx;
use service_runtime::Caller;
use service_runtime::error::PERMISSION_DENIED;

use crate::account_view::identification;
use crate::deps::Deps;
use crate::error::Error;
use crate::purpose::Purpose;
use crate::sealing::Identification;
use crate::store::access_log::{self, Access};
use crate::store::person;

/// The number itself is not logged, only who was found, if anybody.
///
/// # Errors
/// `PERMISSION_DENIED` for whoever is no service.
pub(crate) async fn find_person(
    deps: &Deps,
    caller: &Caller,
    number: &DocumentNumber,
    purpose: &Purpose,
) -> Result<Option<Identification>, Error> {
    if !caller.scope().is_unbounded() {
        return Err(Error::from(PERMISSION_DENIED));
    }
    let (actor, at) = (caller.name(), deps.now());
    let index = deps.sealing.number_index(number);
    deps.database
        .run_tx("find person", async |tx: &mut Tx| {
            let found = match person::find_by_number(tx, &index).await? {
                Some(person) => identification(deps, tx, person).await?,
                None => None,
            };
            let subject = found.as_ref().map(|found| found.person.resource_name());
            let access = Access {
                at,
                actor: &actor,
                method: "FindPerson",
                subject: subject.as_deref(),
                purpose: purpose.as_str(),
            };
            access_log::record_person(tx, "find_person", access).await?;
            Ok(found)
        })
        .await
}
