//! Proposes what becomes of a province's stream that stands, or of a clearance, for a second officer to confirm.

use domain::authority::Officer;
use domain::ids::StreamRepairId;
use domain::province::Province;
use domain::stream_repair::{Grounds, RepairMeasure, StreamRepair, StreamRepairRefused};
use postgres::Tx;
use postgres::requests::Begun;
use serde_json::json;
use service_runtime::error::RESTORING;
use tracing::instrument;
use uuid::Uuid;

use super::write::{Write, keep_id, kept_id};
use crate::deps::Deps;
use crate::error::{ACT_REFUSED, Error, PROVINCE_NOT_ENROLLED, ruled};
use crate::event::standing;
use crate::exchange::stream;
use crate::store::exchange::clearance::{self, State};
use crate::store::exchange::{stopped, stream_repair};

/// What an officer proposes.
pub(crate) struct Input {
    pub(crate) write: Write,
    pub(crate) officer: Officer,
    pub(crate) province: Province,
    pub(crate) measure: RepairMeasure,
    pub(crate) reference: String,
    /// SM3 of the document in hexadecimal.
    pub(crate) evidence: String,
    pub(crate) statement: String,
}

/// Idempotent on the request.
#[instrument(name = "propose_stream_repair", skip_all, fields(province = %input.province))]
pub(crate) async fn propose_stream_repair(deps: &Deps, input: &Input) -> Result<StreamRepairId, Error> {
    let subject = stream(input.province);
    let id = StreamRepairId::from_uuid(Uuid::now_v7());
    let proposed = deps
        .database
        .run_tx("propose stream repair", async |tx: &mut Tx| {
            propose(deps, tx, input, id).await
        })
        .await;
    input.write.recorded(&deps.database, &subject, proposed).await
}

async fn propose(
    deps: &Deps,
    tx: &mut Tx,
    input: &Input,
    id: StreamRepairId,
) -> Result<StreamRepairId, Error> {
    let (write, province) = (&input.write, input.province);
    if !deps.exchange.knows(province) {
        return Err(PROVINCE_NOT_ENROLLED.into());
    }
    let claim = match tx.begin_request(&write.request()).await? {
        Begun::Replay(kept) => return kept_id(kept).map(StreamRepairId::from_uuid),
        Begun::First(claim) => claim,
    };
    let at = stopped::current(tx, province)
        .await?
        .map(|stopped| stopped.place());
    let stands = at.as_ref().and_then(|at| standing(&at.reason));
    let grounds = Grounds {
        reference: &input.reference,
        evidence: &input.evidence,
        statement: &input.statement,
    };
    let what = (id, province, input.measure);
    let repair = StreamRepair::propose(what, (stands, at), grounds, input.officer, write.at)
        .map_err(|refused| ruled(ACT_REFUSED, &refused))?;
    if let RepairMeasure::VoidClearance { clearance } = input.measure {
        not_while_closed(deps)?;
        let found = clearance::lock(tx, clearance).await?;
        let open =
            |found: &clearance::Clearance| found.state == State::Cleared && found.key.province == province;
        if !found.as_ref().is_some_and(open) {
            return Err(ruled(ACT_REFUSED, &StreamRepairRefused::ClearanceClosed));
        }
    }
    stream_repair::insert(tx, &repair, write.at).await?;
    let evidence = json!({
        "repair": id.to_string(), "measure": repair.measure.code(), "reference": repair.reference,
        "sm3": repair.evidence, "at": repair.at,
    });
    write.done(tx, &stream(province), "design §3", evidence).await?;
    tx.finish_request(claim, &keep_id(id.as_uuid())).await?;
    Ok(id)
}

/// An event that is still to be told again may rest on a clearance.
pub(super) fn not_while_closed(deps: &Deps) -> Result<(), Error> {
    if deps.gate.is_open() {
        Ok(())
    } else {
        Err(RESTORING.into())
    }
}
