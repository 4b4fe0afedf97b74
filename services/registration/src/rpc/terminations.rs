//! `registration.v1.TerminationService`

use api::convert::{Read as _, instant};
use api::registration::v1 as wire;
use api::registration::v1::termination_service_server::TerminationService;
use domain::employment::NoticeState;
use domain::ids::ApplicationId;
use service_runtime::{Scope, page};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{PAGE, Rpc, malformed, status};
use crate::command::{cancel_move, notify_termination, object_to_termination, resolve_termination_objection};
use crate::error::Error;
use crate::query;
use crate::query::termination_notice::View;

impl Rpc {
    async fn shown_notice(
        &self,
        scope: &Scope,
        result: Result<ApplicationId, Error>,
    ) -> Result<Option<wire::TerminationNotice>, Status> {
        let id = result.map_err(status)?;
        let view = query::termination_notice::find(&self.deps, scope, id)
            .await
            .map_err(status)?;
        Ok(Some(self.notice(view)))
    }

    fn notice(&self, view: View) -> wire::TerminationNotice {
        let View { notice, grounds } = view;
        let name = self.deps.application_name(notice.application);
        let facts = notice.notice;
        wire::TerminationNotice {
            name: format!("{name}/terminationNotice"),
            employer: notice.employer.resource_name(),
            ended_on: Some(facts.ended_on.into()),
            notified_at: Some(instant(facts.notified_at)),
            objections_until: Some(facts.objections_until.day.into()),
            provisional: facts.objections_until.provisional,
            state: state(facts.state()).into(),
            grounds: grounds.unwrap_or_default(),
            resolution: notice.resolution.unwrap_or_default(),
            settled_at: notice.settled_at.map(instant),
        }
    }
}

#[tonic::async_trait]
impl TerminationService for Rpc {
    async fn notify_termination(
        &self,
        request: Request<wire::NotifyTerminationRequest>,
    ) -> Result<Response<wire::NotifyTerminationResponse>, Status> {
        let call = self.call("notify_termination", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let id = self.application("name", &message.name)?;
        let ended_on = message.ended_on.read("ended_on").map_err(malformed)?;
        let done = notify_termination::notify_termination(&self.deps, &call, id, ended_on).await;
        let notice = self.shown_notice(&call.scope, done).await?;
        Ok(Response::new(wire::NotifyTerminationResponse { notice }))
    }

    async fn object_to_termination(
        &self,
        request: Request<wire::ObjectToTerminationRequest>,
    ) -> Result<Response<wire::ObjectToTerminationResponse>, Status> {
        let call = self.call("object_to_termination", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let id = self.application("name", &message.name)?;
        let done =
            object_to_termination::object_to_termination(&self.deps, &call, id, &message.grounds).await;
        let notice = self.shown_notice(&call.scope, done).await?;
        Ok(Response::new(wire::ObjectToTerminationResponse { notice }))
    }

    async fn resolve_termination_objection(
        &self,
        request: Request<wire::ResolveTerminationObjectionRequest>,
    ) -> Result<Response<wire::ResolveTerminationObjectionResponse>, Status> {
        let verb = "resolve_termination_objection";
        let call = self.call(verb, &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let input = resolve_termination_objection::Input {
            application: self.application("name", &message.name)?,
            upheld: message.upheld,
            grounds: message.grounds,
        };
        let done =
            resolve_termination_objection::resolve_termination_objection(&self.deps, &call, &input).await;
        let notice = self.shown_notice(&call.scope, done).await?;
        Ok(Response::new(wire::ResolveTerminationObjectionResponse {
            notice,
        }))
    }

    async fn get_termination_notice(
        &self,
        request: Request<wire::GetTerminationNoticeRequest>,
    ) -> Result<Response<wire::GetTerminationNoticeResponse>, Status> {
        let scope = Scope::of(&request)?;
        let id = self.application("name", &request.get_ref().name)?;
        let notice = self.shown_notice(&scope, Ok(id)).await?;
        Ok(Response::new(wire::GetTerminationNoticeResponse { notice }))
    }

    async fn list_termination_notices(
        &self,
        request: Request<wire::ListTerminationNoticesRequest>,
    ) -> Result<Response<wire::ListTerminationNoticesResponse>, Status> {
        let scope = Scope::of(&request)?;
        let message = request.into_inner();
        let size = page::size(message.page_size, PAGE.0, PAGE.1)?;
        let after: Option<Uuid> = page::cursor(&(), &message.page_token)?;
        let found = query::termination_notice::objected(&self.deps, &scope, after, size)
            .await
            .map_err(status)?;
        let last = found.last().filter(|_| found.len() == size as usize);
        let next = last.map(|view| page::token(&(), &view.notice.application.as_uuid()));
        Ok(Response::new(wire::ListTerminationNoticesResponse {
            next_page_token: next.transpose()?.unwrap_or_default(),
            notices: found.into_iter().map(|view| self.notice(view)).collect(),
        }))
    }

    async fn cancel_move(
        &self,
        request: Request<wire::CancelMoveRequest>,
    ) -> Result<Response<wire::CancelMoveResponse>, Status> {
        let call = self.call("cancel_move", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let id = self.application("name", &message.name)?;
        let done = cancel_move::cancel_move(&self.deps, &call, id, &message.reason).await;
        let application = self.shown(&call.scope, done).await?;
        Ok(Response::new(wire::CancelMoveResponse { application }))
    }
}

fn state(state: NoticeState) -> wire::termination_notice::State {
    use wire::termination_notice::State as Wire;
    match state {
        NoticeState::Open => Wire::Open,
        NoticeState::Objected { .. } => Wire::Objected,
        NoticeState::Unopposed { .. } => Wire::Unopposed,
        NoticeState::Dismissed { .. } => Wire::Dismissed,
        NoticeState::Upheld { .. } => Wire::Upheld,
        NoticeState::Overtaken { .. } => Wire::Overtaken,
    }
}
