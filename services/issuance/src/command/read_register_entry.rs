//! Tells a province the entry of a person whose application it has in hand.

use domain::ids::PersonId;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde_json::json;
use service_runtime::Scope;
use service_runtime::auth::JobName;
use tracing::instrument;

use crate::change::EntrySnapshot;
use crate::deps::Deps;
use crate::error::{CLAIM_OF_ANOTHER, Error};
use crate::query::registered::registered;
use crate::store::exchange::claim::{self, Key};
use crate::store::exchange::entry_reading;

/// The entry is another province's as a rule; what opens it is the application, not the caller.
const JOB: JobName = JobName::new("read_register_entry");

/// None for somebody who is not registered, or no more. Each reading is audited.
///
/// # Errors
/// `CLAIM_OF_ANOTHER` if the application was claimed, or has been read for, another person.
#[instrument(name = "read_register_entry", skip_all, fields(application = %key))]
pub(crate) async fn read_register_entry(
    deps: &Deps,
    actor: &str,
    key: Key,
    person: PersonId,
) -> Result<Option<EntrySnapshot>, Error> {
    let now = deps.now();
    let subject = key.to_string();
    let record = |outcome| Record {
        at: now,
        actor,
        verb: "read_register_entry",
        article: "153号 art 13; design §3",
        subject: &subject,
        outcome,
        evidence: json!({ "person": person.to_string() }),
    };
    let read = deps
        .database
        .run_tx("read register entry", async |tx: &mut Tx| {
            let bound = entry_reading::bind(tx, key, person, now).await?;
            let claimed = claim::lock(tx, key).await?.map(|claim| claim.person);
            if bound != person || claimed.is_some_and(|claimed| claimed != person) {
                return Err(Error::from(CLAIM_OF_ANOTHER));
            }
            let found = registered(tx, &deps.sealing, person, &Scope::for_job(&JOB)).await?;
            tx.audit(record(Outcome::Done)).await?;
            Ok(found.filter(|found| !found.entry.is_ended()))
        })
        .await;
    if let Err(Error::Refused(refusal)) = &read {
        let reason = refusal.name();
        deps.database
            .record_refusal(record(Outcome::Refused { reason: &reason }))
            .await?;
    }
    Ok(read?.map(crate::query::registered::Registered::snapshot))
}
