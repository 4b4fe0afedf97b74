//! Takes over what two officers of the nation have decided about who is one human being with whom. The register decides, and
//! says it again until it is known here.

use domain::ids::PersonId;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde_json::json;
use service_runtime::Caller;
use service_runtime::error::{NOT_FOUND, PERMISSION_DENIED};
use tracing::instrument;

use crate::deps::Deps;
use crate::error::Error;
use crate::store::person;

/// Idempotent by nature.
///
/// # Errors
/// `NOT_FOUND` for somebody who is not on record; `PERMISSION_DENIED` for whoever is no service.
#[instrument(name = "link_persons", skip_all)]
pub(crate) async fn link_persons(
    deps: &Deps,
    caller: &Caller,
    merged: PersonId,
    survivor: Option<PersonId>,
) -> Result<(), Error> {
    if !caller.scope().is_unbounded() {
        return Err(Error::from(PERMISSION_DENIED));
    }
    let (actor, at, subject) = (caller.name(), deps.now(), merged.resource_name());
    deps.database
        .run_tx("link persons", async |tx: &mut Tx| {
            person::lock(tx, merged).await?;
            if !person::set_survivor(tx, merged, survivor).await? {
                return Err(Error::from(NOT_FOUND));
            }
            tx.audit(Record {
                at,
                actor: &actor,
                verb: "link_persons",
                article: "design §3",
                subject: &subject,
                outcome: Outcome::Done,
                evidence: json!({ "survivor": survivor.map(|person| person.resource_name()) }),
            })
            .await?;
            Ok(())
        })
        .await
}
