//! `registration.v1.ClockService`

use api::convert::{instant, read_term};
use api::registration::v1 as wire;
use api::registration::v1::clock_service_server::ClockService;
use domain::application::PauseGround;
use domain::calendar::{HolidayCalendar, day_of};
use service_runtime::clock::Clock as _;
use service_runtime::{Refusal, Scope};
use tonic::{Request, Response, Status};

use super::{Rpc, malformed, status};
use crate::command::{Move, extend_limit, pause_clock, request_extension, resume_clock};
use crate::query;
use crate::store::clock::ClockEvent;

#[tonic::async_trait]
impl ClockService for Rpc {
    async fn pause_clock(
        &self,
        request: Request<wire::PauseClockRequest>,
    ) -> Result<Response<wire::PauseClockResponse>, Status> {
        let call = self.call("pause_clock", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let target = Move {
            application: self.application("name", &message.name)?,
            etag: &message.etag,
        };
        let ground = read_term::<wire::PauseGround, PauseGround>(message.ground, "ground");
        let expected_days = u16::try_from(message.expected_days);
        let input = pause_clock::Input {
            ground: ground.map_err(malformed)?,
            expected_days: expected_days.map_err(|_| Refusal::invalid("expected_days", "is too long"))?,
            reason: message.reason.clone(),
        };
        let done = pause_clock::pause_clock(&self.deps, &call, target, input).await;
        let application = self.shown(&call.scope, done).await?;
        Ok(Response::new(wire::PauseClockResponse { application }))
    }

    async fn resume_clock(
        &self,
        request: Request<wire::ResumeClockRequest>,
    ) -> Result<Response<wire::ResumeClockResponse>, Status> {
        let call = self.call("resume_clock", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let target = Move {
            application: self.application("name", &message.name)?,
            etag: &message.etag,
        };
        let done = resume_clock::resume_clock(&self.deps, &call, target).await;
        let application = self.shown(&call.scope, done).await?;
        Ok(Response::new(wire::ResumeClockResponse { application }))
    }

    async fn request_extension(
        &self,
        request: Request<wire::RequestExtensionRequest>,
    ) -> Result<Response<wire::RequestExtensionResponse>, Status> {
        let call = self.call("request_extension", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let target = Move {
            application: self.application("name", &message.name)?,
            etag: &message.etag,
        };
        let reasons = &message.reasons;
        let done = request_extension::request_extension(&self.deps, &call, target, reasons).await;
        let application = self.shown(&call.scope, done).await?;
        Ok(Response::new(wire::RequestExtensionResponse { application }))
    }

    async fn extend_limit(
        &self,
        request: Request<wire::ExtendLimitRequest>,
    ) -> Result<Response<wire::ExtendLimitResponse>, Status> {
        let call = self.call("extend_limit", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let target = Move {
            application: self.application("name", &message.name)?,
            etag: &message.etag,
        };
        let done = extend_limit::extend_limit(&self.deps, &call, target).await;
        let application = self.shown(&call.scope, done).await?;
        Ok(Response::new(wire::ExtendLimitResponse { application }))
    }

    async fn list_clock_events(
        &self,
        request: Request<wire::ListClockEventsRequest>,
    ) -> Result<Response<wire::ListClockEventsResponse>, Status> {
        let scope = Scope::of(&request)?;
        let application = self.application("name", &request.get_ref().name)?;
        let found = query::application::clock_events(&self.deps, &scope, application)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::ListClockEventsResponse {
            events: found.into_iter().map(event).collect(),
        }))
    }

    async fn get_calendar(
        &self,
        _: Request<wire::GetCalendarRequest>,
    ) -> Result<Response<wire::GetCalendarResponse>, Status> {
        let calendar = HolidayCalendar::official();
        let coverage = calendar.coverage(day_of(self.deps.clock.now()));
        Ok(Response::new(wire::GetCalendarResponse {
            covered_from: Some(calendar.covered_from().into()),
            covered_to: Some(calendar.covered_to().into()),
            source: calendar.source().to_owned(),
            coverage: wire::get_calendar_response::Coverage::from(coverage).into(),
        }))
    }
}

fn event(event: ClockEvent) -> wire::ClockEvent {
    wire::ClockEvent {
        act: event.act,
        step: event.step,
        authority: event.authority,
        article: event.article,
        notice: event.notice,
        due_on: event.due_on.map(Into::into),
        recorded_at: Some(instant(event.recorded_at)),
    }
}
