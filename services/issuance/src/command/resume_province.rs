//! Lets a province's stopped stream go on where it stands, once its cause is cured. For operators.

use domain::province::Province;
use jiff::Timestamp;
use postgres::audit::{Outcome, Record};
use postgres::{Database, Tx, inbox};
use serde_json::json;

use crate::exchange::stream;

/// Resumes the stream; `actor` is who answers for it.
///
/// # Errors
/// [`postgres::Error::RowCount`] if the stream does not stand, or the database's failure.
pub async fn resume_province(
    database: &Database,
    province: Province,
    actor: &str,
    at: Timestamp,
) -> Result<(), postgres::Error> {
    let source = stream(province);
    database
        .run_tx("resume province", async |tx: &mut Tx| {
            let stopped = inbox::source(tx, &source).await?.stopped;
            inbox::resume(tx, &source).await?;
            let record = Record {
                at,
                actor,
                verb: "resume_province",
                article: "design §3",
                subject: &source,
                outcome: Outcome::Done,
                evidence: json!({ "stopped": stopped }),
            };
            tx.audit(record).await
        })
        .await
}
