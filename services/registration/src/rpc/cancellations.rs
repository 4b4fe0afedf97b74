//! `registration.v1.CancellationService`

use api::registration::v1 as wire;
use api::registration::v1::cancellation_service_server::CancellationService;
use service_runtime::Refusal;
use tonic::{Request, Response, Status};

use super::{Rpc, details, person};
use crate::command::open_cancellation;

#[tonic::async_trait]
impl CancellationService for Rpc {
    async fn open_cancellation(
        &self,
        request: Request<wire::OpenCancellationRequest>,
    ) -> Result<Response<wire::OpenCancellationResponse>, Status> {
        let call = self.call("open_cancellation", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let told = message
            .details
            .ok_or_else(|| Refusal::invalid("details", "say why"))?;
        let input = open_cancellation::Input {
            person: person("person", &message.person)?,
            specialties: super::specialties(&message.specialties)?,
            details: details::cancellation(&told)?,
        };
        let opened = open_cancellation::open_cancellation(&self.deps, &call, input).await;
        let application = self.shown(&call.scope, opened).await?;
        Ok(Response::new(wire::OpenCancellationResponse { application }))
    }
}
