//! Voids a document set that can never be signed as it was intended, so that it is prepared anew under another intent.

use postgres::Tx;
use postgres::audit::{Outcome, Record};
use serde_json::json;
use service_runtime::clock::Clock as _;
use tracing::instrument;
use uuid::Uuid;

use crate::error::Error;
use crate::issuing::Issuing;
use crate::store::issuing::document_set;
use crate::store::issuing::job::{self, Leased};

/// Stores that the set is void, why, and that its job begins anew, if the worker still holds it. The set and its intent
/// stay as they were: what the keeper may have signed of them is explained by this record.
#[instrument(name = "void_document_set", skip_all, fields(issuance = %leased.id, reason))]
pub(crate) async fn void_document_set(
    issuing: &Issuing,
    leased: &Leased,
    set: Uuid,
    reason: &str,
) -> Result<(), Error> {
    let (now, at) = (issuing.system.now(), issuing.now());
    let subject = format!("issuances/{}", leased.id);
    issuing
        .database
        .run_tx("void document set", async |tx: &mut Tx| {
            if job::begin_anew(tx, leased, now, at).await? {
                document_set::void(tx, set, reason, at).await?;
                let record = Record {
                    at,
                    actor: "jobs/issue",
                    verb: "void_document_set",
                    article: "design §4",
                    subject: &subject,
                    outcome: Outcome::Done,
                    evidence: json!({ "intent": set, "reason": reason }),
                };
                tx.audit(record).await?;
            }
            Ok::<_, Error>(())
        })
        .await
}
