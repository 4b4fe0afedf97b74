//! Tells another service who a person is. Leaves a line in the access log.

use domain::ids::PersonId;
use postgres::Tx;
use service_runtime::Caller;
use service_runtime::error::NOT_FOUND;

use crate::account_view::identification;
use crate::deps::Deps;
use crate::error::Error;
use crate::purpose::Purpose;
use crate::sealing::Identification;
use crate::store::access_log::{self, Access};

/// The line is stored before anything is told, also when nobody is found.
///
/// # Errors
/// `NOT_FOUND`.
pub(crate) async fn get_person(
    deps: &Deps,
    caller: &Caller,
    person: PersonId,
    purpose: &Purpose,
) -> Result<Identification, Error> {
    if !caller.scope().may_see_person(person.as_uuid()) {
        return Err(Error::from(NOT_FOUND));
    }
    let (actor, at) = (caller.name(), deps.now());
    let found = deps
        .database
        .run_tx("get person", async |tx: &mut Tx| {
            let found = identification(deps, tx, person).await?;
            let subject = found.as_ref().map(|found| found.person.resource_name());
            let access = Access {
                at,
                actor: &actor,
                method: "GetPerson",
                subject: subject.as_deref(),
                purpose: purpose.as_str(),
            };
            access_log::record_person(tx, "get_person", access).await?;
            Ok::<_, Error>(found)
        })
        .await?;
    found.ok_or_else(|| NOT_FOUND.into())
}
