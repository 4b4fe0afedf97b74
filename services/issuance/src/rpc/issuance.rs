//! `issuance.v1.IssuanceService` on the wire, for national officers.

use std::sync::Arc;

use api::convert::instant;
use api::issuance::v1 as wire;
use api::issuance::v1::issuance_service_server::IssuanceService;
use service_runtime::{Caller, Refusal};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::error::Error;
use crate::issuing::Issuing;
use crate::query::issuances;
use crate::store::issuing::job::{IssuanceRow, IssuanceState};

/// The service's face.
pub(crate) struct IssuanceRpc {
    pub(crate) issuing: Arc<Issuing>,
}

#[tonic::async_trait]
impl IssuanceService for IssuanceRpc {
    async fn get_issuance(
        &self,
        request: Request<wire::GetIssuanceRequest>,
    ) -> Result<Response<wire::GetIssuanceResponse>, Status> {
        let caller = Caller::of(&request).map_err(Into::<Status>::into)?.clone();
        let request = request.into_inner();
        let id = request
            .name
            .strip_prefix("issuances/")
            .and_then(|id| Uuid::try_parse(id).ok());
        let id = id.ok_or_else(|| Refusal::invalid("name", "must be issuances/{issuance}").into_status())?;
        let row = issuances::get_issuance(&self.issuing, caller.scope(), id)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::GetIssuanceResponse {
            issuance: Some(issuance(row)),
        }))
    }

    async fn list_issuances(
        &self,
        request: Request<wire::ListIssuancesRequest>,
    ) -> Result<Response<wire::ListIssuancesResponse>, Status> {
        let caller = Caller::of(&request).map_err(Into::<Status>::into)?.clone();
        let request = request.into_inner();
        let state = match request.state() {
            wire::issuance::State::Unspecified => None,
            wire::issuance::State::Waiting => Some(IssuanceState::Waiting),
            wire::issuance::State::Intended => Some(IssuanceState::Intended),
            wire::issuance::State::Issued => Some(IssuanceState::Issued),
            wire::issuance::State::Stopped => Some(IssuanceState::Stopped),
        };
        let (size, token) = (request.page_size, request.page_token.as_str());
        let page = issuances::list_issuances(&self.issuing, caller.scope(), state, size, token).await;
        let page = page.map_err(status)?;
        Ok(Response::new(wire::ListIssuancesResponse {
            issuances: page.issuances.into_iter().map(issuance).collect(),
            next_page_token: page.next,
        }))
    }
}

fn status(error: Error) -> Status {
    error.into_refusal().into_status()
}

fn issuance(row: IssuanceRow) -> wire::Issuance {
    let state = match row.state {
        IssuanceState::Waiting => wire::issuance::State::Waiting,
        IssuanceState::Intended => wire::issuance::State::Intended,
        IssuanceState::Issued => wire::issuance::State::Issued,
        IssuanceState::Stopped => wire::issuance::State::Stopped,
    };
    wire::Issuance {
        name: format!("issuances/{}", row.id),
        licence_identifier: row.licence_identifier,
        copy_id: row.copy.map(|copy| copy.to_string()).unwrap_or_default(),
        state: state.into(),
        reason: row.reason.unwrap_or_default(),
        attempts: row.attempts,
        updated_at: Some(instant(row.updated_at)),
    }
}
