//! `issuance.v1.ProvinceStreamService`

use api::convert::instant;
use api::issuance::v1 as wire;
use api::issuance::v1::province_stream_service_server::ProvinceStreamService;
use domain::four_eyes::FourEyesState;
use domain::ids::StreamRepairId;
use domain::province::Province;
use domain::stream_repair::{RepairMeasure, StreamRepair};
use service_runtime::{Caller, Refusal, Scope, page};
use tonic::{Request, Response, Status, async_trait};
use uuid::Uuid;

use super::national_acts::officer;
use super::{Rpc, status};
use crate::command::propose_stream_repair::{self, propose_stream_repair};
use crate::command::settle_stream_repair::{self, confirm_stream_repair, decline_stream_repair};
use crate::query::province_streams::{self, View};

/// Usual and greatest page.
const PAGE: (u32, u32) = (50, 200);

impl Rpc {
    async fn shown_repair(
        &self,
        scope: &Scope,
        id: StreamRepairId,
    ) -> Result<Option<wire::StreamRepair>, Status> {
        let found = province_streams::get_stream_repair(&self.deps, scope, id).await;
        Ok(Some(encode(&found.map_err(status)?)))
    }
}

#[async_trait]
impl ProvinceStreamService for Rpc {
    async fn list_province_streams(
        &self,
        request: Request<wire::ListProvinceStreamsRequest>,
    ) -> Result<Response<wire::ListProvinceStreamsResponse>, Status> {
        let caller = Caller::of(&request)?.clone();
        let found = province_streams::list_province_streams(&self.deps, caller.scope()).await;
        let streams = found.map_err(status)?.into_iter().map(encode_stream).collect();
        Ok(Response::new(wire::ListProvinceStreamsResponse { streams }))
    }

    async fn list_stream_repairs(
        &self,
        request: Request<wire::ListStreamRepairsRequest>,
    ) -> Result<Response<wire::ListStreamRepairsResponse>, Status> {
        let caller = Caller::of(&request)?.clone();
        let message = request.into_inner();
        let size = page::size(message.page_size, PAGE.0, PAGE.1)?;
        let after: Option<Uuid> = page::cursor(&message.province, &message.page_token)?;
        let province = (!message.province.is_empty())
            .then(|| named(&message.province))
            .transpose()?;
        let found =
            province_streams::list_stream_repairs(&self.deps, caller.scope(), province, after, size).await;
        let found = found.map_err(status)?;
        let last = found.last().filter(|_| found.len() == size as usize);
        let next = last.map(|last| page::token(&message.province, &last.id.as_uuid()));
        Ok(Response::new(wire::ListStreamRepairsResponse {
            next_page_token: next.transpose()?.unwrap_or_default(),
            repairs: found.iter().map(encode).collect(),
        }))
    }

    async fn propose_stream_repair(
        &self,
        request: Request<wire::ProposeStreamRepairRequest>,
    ) -> Result<Response<wire::ProposeStreamRepairResponse>, Status> {
        const NAMES: (&str, &str) = (
            "jianzheng.issuance.v1.ProvinceStreamService/ProposeStreamRepair",
            "propose_stream_repair",
        );
        let caller = Caller::of(&request)?.clone();
        let message = request.into_inner();
        let input = propose_stream_repair::Input {
            write: self.act_write(&caller, &message.request_id, &message, NAMES)?,
            officer: officer(&caller)?,
            province: named(&message.province)?,
            measure: measure(&message)?,
            reference: message.reference,
            evidence: message.evidence_digest,
            statement: message.statement,
        };
        let id = propose_stream_repair(&self.deps, &input).await.map_err(status)?;
        let repair = self.shown_repair(caller.scope(), id).await?;
        Ok(Response::new(wire::ProposeStreamRepairResponse { repair }))
    }

    async fn confirm_stream_repair(
        &self,
        request: Request<wire::ConfirmStreamRepairRequest>,
    ) -> Result<Response<wire::ConfirmStreamRepairResponse>, Status> {
        const NAMES: (&str, &str) = (
            "jianzheng.issuance.v1.ProvinceStreamService/ConfirmStreamRepair",
            "confirm_stream_repair",
        );
        let caller = Caller::of(&request)?.clone();
        let message = request.into_inner();
        let input = settle_stream_repair::Input {
            write: self.act_write(&caller, &message.request_id, &message, NAMES)?,
            officer: officer(&caller)?,
            repair: id(&message.name)?,
        };
        confirm_stream_repair(&self.deps, &input).await.map_err(status)?;
        let repair = self.shown_repair(caller.scope(), input.repair).await?;
        Ok(Response::new(wire::ConfirmStreamRepairResponse { repair }))
    }

    async fn decline_stream_repair(
        &self,
        request: Request<wire::DeclineStreamRepairRequest>,
    ) -> Result<Response<wire::DeclineStreamRepairResponse>, Status> {
        const NAMES: (&str, &str) = (
            "jianzheng.issuance.v1.ProvinceStreamService/DeclineStreamRepair",
            "decline_stream_repair",
        );
        let caller = Caller::of(&request)?.clone();
        let message = request.into_inner();
        let input = settle_stream_repair::Input {
            write: self.act_write(&caller, &message.request_id, &message, NAMES)?,
            officer: officer(&caller)?,
            repair: id(&message.name)?,
        };
        decline_stream_repair(&self.deps, &input, &message.grounds)
            .await
            .map_err(status)?;
        let repair = self.shown_repair(caller.scope(), input.repair).await?;
        Ok(Response::new(wire::DeclineStreamRepairResponse { repair }))
    }
}

fn named(province: &str) -> Result<Province, Status> {
    province
        .strip_prefix("provinces/")
        .and_then(Province::from_code)
        .ok_or_else(|| Refusal::invalid("province", "must be provinces/{province}").into_status())
}

fn id(name: &str) -> Result<StreamRepairId, Status> {
    StreamRepairId::from_resource_name(name)
        .map_err(|_| Refusal::invalid("name", "must be streamRepairs/{repair}").into_status())
}

fn measure(message: &wire::ProposeStreamRepairRequest) -> Result<RepairMeasure, Status> {
    use wire::stream_repair::Measure;
    Ok(match message.measure() {
        Measure::Skip => RepairMeasure::Skip,
        Measure::Retry => RepairMeasure::Retry,
        Measure::Release => RepairMeasure::Release {
            allowance: message.allowance,
        },
        Measure::VoidClearance => RepairMeasure::VoidClearance {
            clearance: message
                .clearance_id
                .parse()
                .map_err(|_| Refusal::invalid("clearance_id", "must be a UUID").into_status())?,
        },
        Measure::Unspecified => {
            return Err(Refusal::invalid("measure", "must be a known measure").into_status());
        }
    })
}

fn encode_stream(view: View) -> wire::ProvinceStream {
    let head = view.head;
    wire::ProvinceStream {
        name: format!("provinces/{}", view.province),
        applied_through: view.source.position.sequence.cast_unsigned(),
        applied_hash: hex::encode(view.source.position.hash),
        stands_for: view.source.stopped.unwrap_or_default(),
        stopped: view.stopped.map(|stopped| wire::StoppedEnvelope {
            sequence: stopped.position.sequence.cast_unsigned(),
            hash: hex::encode(stopped.position.hash),
            reason: stopped.reason,
            stopped_at: Some(instant(stopped.at)),
            payload: stopped.payload.into(),
        }),
        head_finding: head
            .as_ref()
            .and_then(|head| head.finding.clone())
            .unwrap_or_default(),
        head_sequence: head.as_ref().map_or(0, |head| head.sequence),
        head_reported_at: head.map(|head| instant(head.at)),
    }
}

fn encode(repair: &StreamRepair) -> wire::StreamRepair {
    use wire::stream_repair::{Measure, State};
    let (measure, allowance, clearance) = match repair.measure {
        RepairMeasure::Skip => (Measure::Skip, 0, None),
        RepairMeasure::Retry => (Measure::Retry, 0, None),
        RepairMeasure::Release { allowance } => (Measure::Release, allowance, None),
        RepairMeasure::VoidClearance { clearance } => (Measure::VoidClearance, 0, Some(clearance)),
    };
    let (state, settled, grounds) = match repair.four_eyes.state() {
        FourEyesState::Proposed => (State::Proposed, None, String::new()),
        FourEyesState::Confirmed { confirmed } => (State::Confirmed, Some(*confirmed), String::new()),
        FourEyesState::Declined { declined, grounds } => (State::Declined, Some(*declined), grounds.clone()),
        FourEyesState::Withdrawn { withdrawn } => (State::Declined, Some(*withdrawn), String::new()),
    };
    let at = repair.at.as_ref();
    wire::StreamRepair {
        name: repair.id.resource_name(),
        province: format!("provinces/{}", repair.province),
        measure: measure.into(),
        allowance,
        clearance_id: clearance
            .map(|clearance| clearance.to_string())
            .unwrap_or_default(),
        sequence: at.map_or(0, |at| at.sequence),
        hash: at.map(|at| at.hash.clone()).unwrap_or_default(),
        stopped_reason: at.map(|at| at.reason.clone()).unwrap_or_default(),
        reference: repair.reference.clone(),
        evidence_digest: repair.evidence.clone(),
        statement: repair.statement.clone(),
        state: state.into(),
        proposed_at: Some(instant(repair.four_eyes.proposed.at)),
        proposed_by: repair.four_eyes.proposed.by.id.resource_name(),
        settled_at: settled.map(|hand| instant(hand.at)),
        settled_by: settled.map(|hand| hand.by.id.resource_name()).unwrap_or_default(),
        grounds,
    }
}
