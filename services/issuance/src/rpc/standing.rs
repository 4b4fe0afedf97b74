//! `exchange.v1.StandingService`

use api::convert::instant;
use api::exchange::v1 as wire;
use api::exchange::v1::standing_service_server::StandingService;
use api::types::v1 as types;
use service_runtime::Caller;
use tonic::{Request, Response, Status, async_trait};

use super::provincial_event::person;
use super::{Rpc, malformed, status};
use crate::query::read_standing::{NationalStanding, read_standing};
use crate::store::issuing::making::Making;

#[async_trait]
impl StandingService for Rpc {
    async fn read_standing(
        &self,
        request: Request<wire::ReadStandingRequest>,
    ) -> Result<Response<wire::ReadStandingResponse>, Status> {
        self.province(&request)?;
        let actor = Caller::of(&request)?.name();
        let person = person(&request.get_ref().person, "person").map_err(malformed)?;
        let found = read_standing(&self.deps, &actor, person, self.deps.clock.today())
            .await
            .map_err(status)?;
        Ok(Response::new(wire::ReadStandingResponse {
            standing: found.map(standing),
        }))
    }
}

fn standing(found: NationalStanding) -> wire::NationalStanding {
    let making = found.making;
    let issuing = making.as_ref().map_or(wire::IssuingState::Unspecified, state);
    let issued = making.as_ref().filter(|making| making.issued);
    wire::NationalStanding {
        province: found.province.to_owned(),
        status_code: types::StatusCode::from(found.status).into(),
        since: Some(instant(found.since)),
        suspended_until: found.suspended_until.map(Into::into),
        term_over: found.term_over,
        renewal_pending: found.renewal_pending,
        end_cause: found.end_cause.unwrap_or_default().to_owned(),
        licence_identifier: issued
            .map(|making| making.licence_identifier.clone())
            .unwrap_or_default(),
        issuing: issuing.into(),
        ahead: making
            .as_ref()
            .and_then(|making| u64::try_from(making.ahead).ok())
            .unwrap_or_default(),
        issuing_reason: making.and_then(|making| making.stopped).unwrap_or_default(),
    }
}

fn state(making: &Making) -> wire::IssuingState {
    if making.issued {
        wire::IssuingState::Issued
    } else if making.stopped.is_some() {
        wire::IssuingState::Stopped
    } else if making.attempts > 1 || (making.attempts == 1 && making.idle) {
        wire::IssuingState::Retrying
    } else {
        wire::IssuingState::Waiting
    }
}
