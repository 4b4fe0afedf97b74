//! `identity.v1.SessionService`

use api::identity::v1::session_service_server::SessionService;
use api::identity::v1::{
    CreateSessionRequest, CreateSessionResponse, ListSessionsRequest, ListSessionsResponse,
    RefreshSessionRequest, RefreshSessionResponse, RevokeSessionRequest, RevokeSessionResponse,
    StepUpRequest, StepUpResponse, VerifySecondFactorRequest, VerifySecondFactorResponse,
};
use service_runtime::{Caller, Refusal};
use tonic::{Request, Response, Status, async_trait};
use uuid::Uuid;

use super::{Rpc, status, terms};
use crate::command::{create_session, refresh_session, revoke_session, step_up, verify_second_factor};
use crate::password::Password;
use crate::query::list_sessions;

#[async_trait]
impl SessionService for Rpc {
    async fn create_session(
        &self,
        request: Request<CreateSessionRequest>,
    ) -> Result<Response<CreateSessionResponse>, Status> {
        let id = request.get_ref().request_id.clone();
        let write = self.write(
            &request,
            &id,
            "identity.v1.SessionService/CreateSession",
            "create_session",
        )?;
        let message = request.into_inner();
        let number = terms::document(
            message.document_kind,
            &message.document_number,
            self.deps.clock.today(),
        )?;
        let input = create_session::Input {
            write,
            number,
            password: Password::new(message.password),
        };
        let session = create_session::create_session(&self.deps, input)
            .await
            .map_err(status)?;
        Ok(Response::new(CreateSessionResponse {
            session: Some(terms::session(&session)),
        }))
    }

    async fn verify_second_factor(
        &self,
        request: Request<VerifySecondFactorRequest>,
    ) -> Result<Response<VerifySecondFactorResponse>, Status> {
        let id = request.get_ref().request_id.clone();
        let method = "identity.v1.SessionService/VerifySecondFactor";
        let write = self.write(&request, &id, method, "verify_second_factor")?;
        let message = request.into_inner();
        let input = verify_second_factor::Input {
            write,
            session: session_name(&message.name)?,
            code: message.code,
            audiences: message.audiences,
        };
        let (session, tokens) = verify_second_factor::verify_second_factor(&self.deps, input)
            .await
            .map_err(status)?;
        Ok(Response::new(VerifySecondFactorResponse {
            session: Some(terms::session(&session)),
            tokens: Some(terms::tokens(&tokens)),
        }))
    }

    async fn step_up(&self, request: Request<StepUpRequest>) -> Result<Response<StepUpResponse>, Status> {
        let id = request.get_ref().request_id.clone();
        let write = self.write(&request, &id, "identity.v1.SessionService/StepUp", "step_up")?;
        let input = step_up::Input {
            write,
            code: request.into_inner().code,
        };
        let tokens = step_up::step_up(&self.deps, input).await.map_err(status)?;
        Ok(Response::new(StepUpResponse {
            tokens: Some(terms::tokens(&tokens)),
        }))
    }

    async fn refresh_session(
        &self,
        request: Request<RefreshSessionRequest>,
    ) -> Result<Response<RefreshSessionResponse>, Status> {
        let id = request.get_ref().request_id.clone();
        let write = self.write(
            &request,
            &id,
            "identity.v1.SessionService/RefreshSession",
            "refresh_session",
        )?;
        let input = refresh_session::Input::new(write, &request.into_inner().refresh_token);
        let tokens = refresh_session::refresh_session(&self.deps, input)
            .await
            .map_err(status)?;
        Ok(Response::new(RefreshSessionResponse {
            tokens: Some(terms::tokens(&tokens)),
        }))
    }

    async fn list_sessions(
        &self,
        request: Request<ListSessionsRequest>,
    ) -> Result<Response<ListSessionsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let ListSessionsRequest {
            page_size,
            page_token,
        } = request.get_ref();
        let page = list_sessions::list_sessions(&self.deps, caller, *page_size, page_token)
            .await
            .map_err(status)?;
        Ok(Response::new(ListSessionsResponse {
            sessions: page.items.iter().map(terms::session).collect(),
            next_page_token: page.next,
        }))
    }

    async fn revoke_session(
        &self,
        request: Request<RevokeSessionRequest>,
    ) -> Result<Response<RevokeSessionResponse>, Status> {
        let id = request.get_ref().request_id.clone();
        let write = self.write(
            &request,
            &id,
            "identity.v1.SessionService/RevokeSession",
            "revoke_session",
        )?;
        let input = revoke_session::Input {
            write,
            session: session_name(&request.get_ref().name)?,
        };
        let session = revoke_session::revoke_session(&self.deps, input)
            .await
            .map_err(status)?;
        Ok(Response::new(RevokeSessionResponse {
            session: Some(terms::session(&session)),
        }))
    }
}

fn session_name(name: &str) -> Result<Uuid, Refusal> {
    let id = name
        .strip_prefix("sessions/")
        .and_then(|id| Uuid::try_parse(id).ok());
    id.ok_or_else(|| Refusal::invalid("name", "not a sessions/{id}"))
}
