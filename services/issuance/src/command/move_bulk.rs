//! Pauses and resumes what is made in bulk. Rows that somebody works on are finished; no other begins while it is paused.

use domain::authority::Officer;
use domain::bulk_issue::{BulkRefused, BulkState, check_officer};
use postgres::Tx;
use postgres::requests::Begun;
use serde_json::json;
use service_runtime::error::NOT_FOUND;
use tracing::instrument;
use uuid::Uuid;

use super::write::{Write, keep_id, kept_id};
use crate::error::{ACT_REFUSED, Error, ruled};
use crate::issuing::Issuing;
use crate::store::issuing::bulk;

/// Which bulk.
pub(crate) struct Input {
    pub(crate) write: Write,
    pub(crate) officer: Officer,
    pub(crate) bulk: Uuid,
}

/// Idempotent: one that is paused stays so.
#[instrument(name = "pause_bulk", skip_all, fields(bulk = %input.bulk))]
pub(crate) async fn pause_bulk(issuing: &Issuing, input: &Input) -> Result<(), Error> {
    moved(issuing, input, BulkState::pause).await
}

/// Idempotent: one that runs goes on.
#[instrument(name = "resume_bulk", skip_all, fields(bulk = %input.bulk))]
pub(crate) async fn resume_bulk(issuing: &Issuing, input: &Input) -> Result<(), Error> {
    moved(issuing, input, BulkState::resume).await?;
    issuing.bells.documents.notify_one();
    Ok(())
}

async fn moved(
    issuing: &Issuing,
    input: &Input,
    transition: fn(BulkState) -> Result<BulkState, BulkRefused>,
) -> Result<(), Error> {
    let subject = format!("bulks/{}", input.bulk);
    let done = store(issuing, input, &subject, transition).await;
    input.write.recorded(&issuing.database, &subject, done).await
}

async fn store(
    issuing: &Issuing,
    input: &Input,
    subject: &str,
    transition: fn(BulkState) -> Result<BulkState, BulkRefused>,
) -> Result<(), Error> {
    check_officer(input.officer).map_err(|refused| ruled(ACT_REFUSED, &refused))?;
    issuing
        .database
        .run_tx("move bulk", async |tx: &mut Tx| {
            let write = &input.write;
            let claim = match tx.begin_request(&write.request()).await? {
                Begun::Replay(kept) => return kept_id(kept).map(drop),
                Begun::First(claim) => claim,
            };
            let found = bulk::lock(tx, input.bulk, &write.scope).await?;
            let found = found.ok_or_else(|| NOT_FOUND.refusal())?;
            let state = transition(found.state).map_err(|refused| ruled(ACT_REFUSED, &refused))?;
            if state != found.state {
                bulk::mark(tx, found.id, state).await?;
            }
            write
                .done(tx, subject, "design §4", json!({ "state": state.code() }))
                .await?;
            tx.finish_request(claim, &keep_id(input.bulk)).await?;
            Ok(())
        })
        .await
}
