//! `registration.v1.ReviewService`

use std::pin::Pin;

use api::convert::{Read as _, read_term};
use api::registration::v1 as wire;
use api::registration::v1::review_service_server::ReviewService;
use api::types;
use bytes::Bytes;
use domain::application::{NonAcceptanceGround, StateKind};
use domain::ids::OfficerId;
use domain::specialty::Specialty;
use service_runtime::{Caller, Refusal, Scope, page};
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use super::{PAGE, Rpc, encode, malformed, status};
use crate::command::opinions::Words;
use crate::command::{
    Move, accept_application, decide_application, decline_acceptance, record_joint_review, record_review,
    request_correction, request_joint_review, return_for_review,
};
use crate::query;
use crate::store::application::{WorkCursor, WorkFilter};

/// Bytes of one message of a material.
const CHUNK: usize = 64 << 10;

#[tonic::async_trait]
impl ReviewService for Rpc {
    type ReadMaterialStream = Pin<Box<dyn Stream<Item = Result<wire::ReadMaterialResponse, Status>> + Send>>;

    async fn list_work(
        &self,
        request: Request<wire::ListWorkRequest>,
    ) -> Result<Response<wire::ListWorkResponse>, Status> {
        let scope = Scope::of(&request)?;
        let own = Caller::of(&request)?.account().map(OfficerId::from_uuid);
        let message = request.into_inner();
        let state = match wire::application::State::try_from(message.state) {
            Ok(wire::application::State::Unspecified) => None,
            Ok(state) => Some(state.read("state").map_err(malformed)?),
            Err(_) => return Err(Refusal::invalid("state", "expected a known value").into()),
        };
        let state: Option<StateKind> = state;
        let filter = WorkFilter {
            state,
            kind: match message.r#type {
                0 => None,
                kind => Some(read_term::<types::v1::ApplicationType, _>(kind, "type").map_err(malformed)?),
            },
            overdue: message.overdue,
            due_by: match message.due_by {
                None => None,
                day => Some(day.read("due_by").map_err(malformed)?),
            },
            claimed_by: own.filter(|_| message.mine),
            unclaimed: message.unclaimed,
        };
        let size = page::size(message.page_size, PAGE.0, PAGE.1)?;
        let after: Option<WorkCursor> = page::cursor(&filter, &message.page_token)?;
        let found = query::application::work(&self.deps, &scope, filter, after, size)
            .await
            .map_err(status)?;
        let last = found
            .last()
            .filter(|_| found.len() == size as usize)
            .map(|work| &work.view.record);
        let next = last.map(|record| {
            let cursor = WorkCursor {
                due_on: record.due.map(|due| due.day),
                id: record.application.id.as_uuid(),
            };
            page::token(&filter, &cursor)
        });
        Ok(Response::new(wire::ListWorkResponse {
            next_page_token: next.transpose()?.unwrap_or_default(),
            items: found
                .into_iter()
                .map(|work| encode::work_item(&self.deps, work))
                .collect(),
        }))
    }

    async fn request_correction(
        &self,
        request: Request<wire::RequestCorrectionRequest>,
    ) -> Result<Response<wire::RequestCorrectionResponse>, Status> {
        let call = self.call("request_correction", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let target = Move {
            application: self.application("name", &message.name)?,
            etag: &message.etag,
        };
        let done =
            request_correction::request_correction(&self.deps, &call, target, &message.corrections).await;
        let application = self.shown(&call.scope, done).await?;
        Ok(Response::new(wire::RequestCorrectionResponse { application }))
    }

    async fn accept_application(
        &self,
        request: Request<wire::AcceptApplicationRequest>,
    ) -> Result<Response<wire::AcceptApplicationResponse>, Status> {
        let call = self.call("accept_application", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let target = Move {
            application: self.application("name", &message.name)?,
            etag: &message.etag,
        };
        let done = accept_application::accept_application(&self.deps, &call, target).await;
        let application = self.shown(&call.scope, done).await?;
        Ok(Response::new(wire::AcceptApplicationResponse { application }))
    }

    async fn decline_acceptance(
        &self,
        request: Request<wire::DeclineAcceptanceRequest>,
    ) -> Result<Response<wire::DeclineAcceptanceResponse>, Status> {
        let call = self.call("decline_acceptance", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let target = Move {
            application: self.application("name", &message.name)?,
            etag: &message.etag,
        };
        let ground = read_term::<wire::NonAcceptanceGround, NonAcceptanceGround>(message.ground, "ground");
        let (ground, grounds) = (ground.map_err(malformed)?, message.grounds.as_str());
        let done = decline_acceptance::decline_acceptance(&self.deps, &call, target, ground, grounds).await;
        let application = self.shown(&call.scope, done).await?;
        Ok(Response::new(wire::DeclineAcceptanceResponse { application }))
    }

    async fn record_review(
        &self,
        request: Request<wire::RecordReviewRequest>,
    ) -> Result<Response<wire::RecordReviewResponse>, Status> {
        let call = self.call("record_review", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let target = Move {
            application: self.application("name", &message.name)?,
            etag: &message.etag,
        };
        let favourable = favourable(message.opinion)?;
        let words = words(self, "template", message.grounds, message.template)?;
        let done = record_review::record_review(&self.deps, &call, target, favourable, &words).await;
        let application = self.shown(&call.scope, done).await?;
        Ok(Response::new(wire::RecordReviewResponse { application }))
    }

    async fn request_joint_review(
        &self,
        request: Request<wire::RequestJointReviewRequest>,
    ) -> Result<Response<wire::RequestJointReviewResponse>, Status> {
        let call = self.call("request_joint_review", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let target = Move {
            application: self.application("name", &message.name)?,
            etag: &message.etag,
        };
        let done = request_joint_review::request_joint_review(&self.deps, &call, target).await;
        let application = self.shown(&call.scope, done).await?;
        Ok(Response::new(wire::RequestJointReviewResponse { application }))
    }

    async fn record_joint_review(
        &self,
        request: Request<wire::RecordJointReviewRequest>,
    ) -> Result<Response<wire::RecordJointReviewResponse>, Status> {
        let call = self.call("record_joint_review", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let target = Move {
            application: self.application("name", &message.name)?,
            etag: &message.etag,
        };
        let specialty = read_term::<types::v1::Specialty, Specialty>(message.specialty, "specialty");
        let input = record_joint_review::Input {
            specialty: specialty.map_err(malformed)?,
            favourable: favourable(message.opinion)?,
            grounds: message.grounds.clone(),
        };
        let done = record_joint_review::record_joint_review(&self.deps, &call, target, input).await;
        let application = self.shown(&call.scope, done).await?;
        Ok(Response::new(wire::RecordJointReviewResponse { application }))
    }

    async fn decide_application(
        &self,
        request: Request<wire::DecideApplicationRequest>,
    ) -> Result<Response<wire::DecideApplicationResponse>, Status> {
        let call = self.call("decide_application", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let target = Move {
            application: self.application("name", &message.name)?,
            etag: &message.etag,
        };
        let (granted, grounds) = (message.granted, message.grounds.as_str());
        let done = decide_application::decide_application(&self.deps, &call, target, granted, grounds).await;
        let application = self.shown(&call.scope, done).await?;
        Ok(Response::new(wire::DecideApplicationResponse { application }))
    }

    async fn return_for_review(
        &self,
        request: Request<wire::ReturnForReviewRequest>,
    ) -> Result<Response<wire::ReturnForReviewResponse>, Status> {
        let call = self.call("return_for_review", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let target = Move {
            application: self.application("name", &message.name)?,
            etag: &message.etag,
        };
        let done = return_for_review::return_for_review(&self.deps, &call, target).await;
        let application = self.shown(&call.scope, done).await?;
        Ok(Response::new(wire::ReturnForReviewResponse { application }))
    }

    async fn read_material(
        &self,
        request: Request<wire::ReadMaterialRequest>,
    ) -> Result<Response<Self::ReadMaterialStream>, Status> {
        let scope = Scope::of(&request)?;
        let (application, material) = self.material("name", &request.get_ref().name)?;
        let reader = Caller::of(&request)?.name();
        let content = query::material::read(
            &self.deps,
            &scope,
            (&reader, "read_material"),
            application,
            material,
        )
        .await
        .map_err(status)?;
        let chunks: Vec<_> = content
            .chunks(CHUNK)
            .map(|chunk| {
                Ok(wire::ReadMaterialResponse {
                    chunk: Bytes::copy_from_slice(chunk),
                })
            })
            .collect();
        Ok(Response::new(Box::pin(tokio_stream::iter(chunks))))
    }

    async fn preview_material(
        &self,
        request: Request<wire::PreviewMaterialRequest>,
    ) -> Result<Response<wire::PreviewMaterialResponse>, Status> {
        let scope = Scope::of(&request)?;
        let (application, material) = self.material("name", &request.get_ref().name)?;
        let reader = Caller::of(&request)?.name();
        let page = request.get_ref().page.max(1);
        let made = query::material::preview(&self.deps, &scope, &reader, (application, material), page).await;
        let (made, page_count) = made.map_err(status)?;
        Ok(Response::new(wire::PreviewMaterialResponse {
            content: made.content.into(),
            media_type: made.media_type.to_owned(),
            width: made.width,
            height: made.height,
            page_count,
        }))
    }
}

/// An officer's words: grounds, or a template of the officer's authority; not both.
pub(super) fn words(
    rpc: &Rpc,
    field: &str,
    grounds: String,
    template: Option<wire::TemplateUse>,
) -> Result<Words, Refusal> {
    let Some(template) = template else {
        return Ok(Words::Given(grounds));
    };
    if !grounds.is_empty() {
        return Err(Refusal::invalid(field, "takes the place of the grounds"));
    }
    Ok(Words::Template {
        id: rpc.own_id(&format!("{field}.name"), &template.name, "opinionTemplates")?,
        values: template.values.into_iter().collect(),
    })
}

pub(super) fn favourable(opinion: i32) -> Result<bool, Refusal> {
    match wire::Opinion::try_from(opinion) {
        Ok(wire::Opinion::Favourable) => Ok(true),
        Ok(wire::Opinion::Unfavourable) => Ok(false),
        Ok(wire::Opinion::Unspecified) | Err(_) => Err(Refusal::invalid("opinion", "expected an opinion")),
    }
}
