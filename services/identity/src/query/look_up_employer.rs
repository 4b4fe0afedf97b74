//! Tells another service about an employer. Leaves a line in the access log.

use domain::ids::EmployerId;
use postgres::Tx;
use service_runtime::Caller;
use service_runtime::error::NOT_FOUND;

use crate::deps::Deps;
use crate::employer::Employer;
use crate::error::Error;
use crate::store::access_log::{self, Access};
use crate::store::employer;

/// # Errors
/// `NOT_FOUND`.
pub(crate) async fn look_up_employer(
    deps: &Deps,
    caller: &Caller,
    id: EmployerId,
) -> Result<Employer, Error> {
    let (actor, at) = (caller.name(), deps.now());
    let found = deps
        .database
        .run_tx("look up employer", async |tx: &mut Tx| {
            let found = employer::find(tx, id).await?;
            let subject = found.as_ref().map(|found| found.id.resource_name());
            let access = Access {
                at,
                actor: &actor,
                method: "LookUpEmployer",
                subject: subject.as_deref(),
                purpose: "-",
            };
            access_log::record(tx, access).await?;
            Ok::<_, Error>(found)
        })
        .await?;
    found.ok_or_else(|| NOT_FOUND.into())
}
