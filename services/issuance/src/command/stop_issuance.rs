//! Stops a document set that cannot be made as it is: nothing of it is signed, or handed out.

use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde_json::json;
use tracing::instrument;

use crate::error::Error;
use crate::issuing::Issuing;
use crate::store::issuing::job::{self, Leased};

/// Stores the stop with its audit, if the worker still holds the set.
#[instrument(name = "stop_issuance", skip_all, fields(issuance = %leased.id, reason))]
pub(crate) async fn stop_issuance(issuing: &Issuing, leased: &Leased, reason: &str) -> Result<(), Error> {
    let at = issuing.now();
    let subject = format!("issuances/{}", leased.id);
    issuing
        .database
        .run_tx("stop issuance", async |tx: &mut Tx| {
            if job::stop(tx, leased, reason, at).await? {
                let record = Record {
                    at,
                    actor: "jobs/issue",
                    verb: "stop_issuance",
                    article: "design §4",
                    subject: &subject,
                    outcome: Outcome::Refused { reason },
                    evidence: json!({}),
                };
                tx.audit(record).await?;
            }
            Ok::<_, Error>(())
        })
        .await
}
