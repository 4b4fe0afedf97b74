//! Begins to make documents for many current certificates as one act (批量签发, 全量重签).

use domain::authority::Officer;
use domain::bulk_issue::{BulkPurpose, BulkRefused, BulkSelection, check_start};
use postgres::Tx;
use postgres::requests::Begun;
use serde_json::json;
use service_runtime::clock::Clock as _;
use tracing::instrument;
use uuid::Uuid;

use super::write::{Write, keep_id, kept_id};
use crate::error::{ACT_REFUSED, Error, ruled};
use crate::issuing::Issuing;
use crate::store::issuing::bulk::{self, NewBulk};

/// What an officer orders.
pub(crate) struct Input {
    pub(crate) write: Write,
    pub(crate) officer: Officer,
    pub(crate) purpose: BulkPurpose,
    pub(crate) selection: BulkSelection,
    pub(crate) ground: String,
}

/// Idempotent on the request. Bulk, rows and audit are stored together; where documents are made anew the keeper is asked
/// before for the present making of the seal, which the rows are made with.
#[instrument(name = "start_bulk", skip_all, fields(purpose = input.purpose.code(), selection = input.selection.kind()))]
pub(crate) async fn start_bulk(issuing: &Issuing, input: &Input) -> Result<Uuid, Error> {
    let id = Uuid::now_v7();
    let subject = format!("bulks/{id}");
    let started = store(issuing, input, id).await;
    let started = input.write.recorded(&issuing.database, &subject, started).await?;
    issuing.bells.documents.notify_one();
    Ok(started)
}

async fn store(issuing: &Issuing, input: &Input, id: Uuid) -> Result<Uuid, Error> {
    check_start(input.officer, input.purpose, &input.selection, &input.ground)
        .map_err(|refused| ruled(ACT_REFUSED, &refused))?;
    // What was never made needs no comparison with the present making, and waits for a keeper who is away like any other.
    let present = match input.purpose {
        BulkPurpose::Issue => None,
        BulkPurpose::Reissue => Some(issuing.seals.refreshed(&issuing.database).await?.digest()),
    };
    let now = issuing.system.now();
    issuing
        .database
        .run_tx("start bulk", async |tx: &mut Tx| {
            let write = &input.write;
            let claim = match tx.begin_request(&write.request()).await? {
                Begun::Replay(kept) => return kept_id(kept),
                Begun::First(claim) => claim,
            };
            if let BulkSelection::List(list) = &input.selection
                && bulk::known(tx, list).await? != i64::try_from(list.len()).unwrap_or(i64::MAX)
            {
                return Err(ruled(ACT_REFUSED, &BulkRefused::Unknown));
            }
            let new = NewBulk {
                id,
                purpose: input.purpose,
                selection: &input.selection,
                ground: &input.ground,
                started_by: &write.actor,
            };
            bulk::insert(tx, &new, write.at).await?;
            let rows = bulk::choose(tx, &new, present, (now, write.at)).await?;
            let evidence = json!({
                "purpose": input.purpose.code(), "selection": input.selection.kind(),
                "target": input.selection.target(), "ground": input.ground, "rows": rows,
            });
            write
                .done(tx, &format!("bulks/{id}"), "design §4", evidence)
                .await?;
            tx.finish_request(claim, &keep_id(id)).await?;
            Ok(id)
        })
        .await
}
