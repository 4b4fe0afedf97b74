//! `registration.v1.AnnouncementService`

use std::time::Duration;

use api::convert::instant;
use api::registration::v1 as wire;
use api::registration::v1::announcement_service_server::AnnouncementService;
use domain::application::{ApplicationState, ReturnReason};
use domain::authority::Authority;
use domain::ids::{ObjectionId, PublicityId};
use jiff::Timestamp;
use service_runtime::error::NOT_FOUND;
use service_runtime::server::Deadline;
use service_runtime::{Refusal, Scope, page};
use tokio::time::Instant;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::facts::papers;
use super::{PAGE, Rpc, encode, status};
use crate::command::{
    close_publicity, open_publicity, publish_announcement, raise_objection, resolve_objection,
};
use crate::deps::Deps;
use crate::query;
use crate::query::announcement::Numbered;
use crate::sealing::ObjectionText;
use crate::store::application::Record;

#[tonic::async_trait]
impl AnnouncementService for Rpc {
    async fn open_publicity(
        &self,
        request: Request<wire::OpenPublicityRequest>,
    ) -> Result<Response<wire::OpenPublicityResponse>, Status> {
        let call = self.call("open_publicity", &request, &request.get_ref().request_id)?;
        let applications = self.applications(&request.get_ref().applications)?;
        let opened = open_publicity::open_publicity(&self.deps, &call, &applications)
            .await
            .map_err(status)?;
        let (found, ids) = query::publicity::find(&self.deps, opened).await.map_err(status)?;
        let publicity = Some(encode::publicity(&self.deps, &found, &ids));
        Ok(Response::new(wire::OpenPublicityResponse { publicity }))
    }

    async fn raise_objection(
        &self,
        request: Request<wire::RaiseObjectionRequest>,
    ) -> Result<Response<wire::RaiseObjectionResponse>, Status> {
        let call = self.call("raise_objection", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let application = self.application("application", &message.application)?;
        let text = ObjectionText {
            statement: message.statement,
            contact: message.contact,
            objector: message.objector,
        };
        let papers = papers(message.evidence)?;
        let raised = raise_objection::raise_objection(&self.deps, &call, application, (&text, &papers))
            .await
            .map_err(status)?;
        Ok(Response::new(wire::RaiseObjectionResponse {
            name: self.deps.objection_name(raised),
        }))
    }

    async fn resolve_objection(
        &self,
        request: Request<wire::ResolveObjectionRequest>,
    ) -> Result<Response<wire::ResolveObjectionResponse>, Status> {
        let call = self.call("resolve_objection", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let objection = ObjectionId::from_uuid(self.own_id("name", &message.name, "objections")?);
        let (upheld, grounds) = (message.upheld, message.grounds.as_str());
        resolve_objection::resolve_objection(&self.deps, &call, objection, upheld, grounds)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::ResolveObjectionResponse {
            name: message.name,
        }))
    }

    async fn close_publicity(
        &self,
        request: Request<wire::ClosePublicityRequest>,
    ) -> Result<Response<wire::ClosePublicityResponse>, Status> {
        let call = self.call("close_publicity", &request, &request.get_ref().request_id)?;
        let id = PublicityId::from_uuid(self.own_id("name", &request.get_ref().name, "publicities")?);
        let deadline = Deadline::of(&request)
            .checked_sub(TO_ANSWER)
            .unwrap_or_else(Instant::now);
        let ids = close_publicity::close_publicity(&self.deps, &call, id, deadline)
            .await
            .map_err(status)?;
        let (found, _) = query::publicity::find(&self.deps, id).await.map_err(status)?;
        let records = query::publicity::applications(&self.deps, &call.scope, &ids)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::ClosePublicityResponse {
            publicity: Some(encode::publicity(&self.deps, &found, &ids)),
            outcomes: records.iter().map(|record| outcome(&self.deps, record)).collect(),
        }))
    }

    async fn publish_announcement(
        &self,
        request: Request<wire::PublishAnnouncementRequest>,
    ) -> Result<Response<wire::PublishAnnouncementResponse>, Status> {
        let call = self.call("publish_announcement", &request, &request.get_ref().request_id)?;
        let ids = self.applications(&request.get_ref().applications)?;
        let published = publish_announcement::publish_announcement(&self.deps, &call, &ids)
            .await
            .map_err(status)?;
        let view = query::announcement::find(&self.deps, published)
            .await
            .map_err(status)?;
        let position = api::types::v1::Position {
            stream: self.deps.stream.clone(),
            value: u64::try_from(view.announcement.position).unwrap_or_default(),
        };
        Ok(Response::new(wire::PublishAnnouncementResponse {
            announcement: Some(encode::announcement(&self.deps, view)),
            position: Some(position),
        }))
    }

    async fn get_announcement(
        &self,
        request: Request<wire::GetAnnouncementRequest>,
    ) -> Result<Response<wire::GetAnnouncementResponse>, Status> {
        let numbered = self.numbered("name", &request.get_ref().name)?;
        let view = query::announcement::find_numbered(&self.deps, &numbered)
            .await
            .map_err(status)?;
        let announcement = Some(encode::announcement(&self.deps, view));
        Ok(Response::new(wire::GetAnnouncementResponse { announcement }))
    }

    async fn list_announcements(
        &self,
        request: Request<wire::ListAnnouncementsRequest>,
    ) -> Result<Response<wire::ListAnnouncementsResponse>, Status> {
        let _public = Scope::of(&request)?;
        let message = request.into_inner();
        let size = page::size(message.page_size, PAGE.0, PAGE.1)?;
        let before: Option<(Timestamp, Uuid)> = page::cursor(&"announcements", &message.page_token)?;
        let found = query::announcement::list(&self.deps, before, size)
            .await
            .map_err(status)?;
        let last = found
            .last()
            .filter(|_| found.len() == size as usize)
            .map(|view| &view.announcement);
        let next = last.map(|last| page::token(&"announcements", &(last.announced_at, last.id.as_uuid())));
        Ok(Response::new(wire::ListAnnouncementsResponse {
            next_page_token: next.transpose()?.unwrap_or_default(),
            announcements: found
                .into_iter()
                .map(|view| encode::announcement(&self.deps, view))
                .map(|one| match message.heads_only {
                    true => wire::Announcement {
                        rows: Vec::new(),
                        ..one
                    },
                    false => one,
                })
                .collect(),
        }))
    }

    async fn download_announcement(
        &self,
        request: Request<wire::DownloadAnnouncementRequest>,
    ) -> Result<Response<wire::DownloadAnnouncementResponse>, Status> {
        use wire::download_announcement_request::Format;
        let _public = Scope::of(&request)?;
        let message = request.into_inner();
        let numbered = self.numbered("name", &message.name)?;
        let list = query::announcement::signed_list(&self.deps, &numbered)
            .await
            .map_err(status)?;
        let (content, media_type, extension) = match message.format() {
            Format::Unspecified | Format::Json => (list.to_json(), "application/json", "json"),
            Format::Csv => (
                announcement_list::csv(&list).into_bytes(),
                "text/csv; charset=utf-8",
                "csv",
            ),
        };
        let last = message.name.rsplit('/').next().unwrap_or_default();
        Ok(Response::new(wire::DownloadAnnouncementResponse {
            content: content.into(),
            media_type: media_type.to_owned(),
            file_name: format!("announcement-{}-{last}.{extension}", self.deps.province),
        }))
    }

    async fn prove_announcement_row(
        &self,
        request: Request<wire::ProveAnnouncementRowRequest>,
    ) -> Result<Response<wire::ProveAnnouncementRowResponse>, Status> {
        let _public = Scope::of(&request)?;
        let message = request.into_inner();
        let numbered = self.numbered("name", &message.name)?;
        let list = query::announcement::signed_list(&self.deps, &numbered)
            .await
            .map_err(status)?;
        let row = u32::try_from(message.row).map_err(|_| Refusal::new(NOT_FOUND))?;
        let proof = list.prove(row).ok_or_else(|| Refusal::new(NOT_FOUND))?;
        Ok(Response::new(wire::ProveAnnouncementRowResponse {
            proof: proof.to_json().into(),
        }))
    }

    async fn list_announcement_keys(
        &self,
        request: Request<wire::ListAnnouncementKeysRequest>,
    ) -> Result<Response<wire::ListAnnouncementKeysResponse>, Status> {
        let _public = Scope::of(&request)?;
        let found = query::announcement::keys(&self.deps).await.map_err(status)?;
        let keys = found
            .into_iter()
            .map(|(spki, first_used_at)| wire::AnnouncementKey {
                key_id: gm::sm3::digest(&spki).to_vec().into(),
                public_key: spki.into(),
                first_used_at: Some(instant(first_used_at)),
            });
        Ok(Response::new(wire::ListAnnouncementKeysResponse {
            keys: keys.collect(),
        }))
    }
}

impl Rpc {
    /// Reads `provinces/{this}/announcements/{number}`, as [`Deps::announcement_name`] writes it.
    pub(super) fn numbered(&self, field: &str, name: &str) -> Result<Numbered, Refusal> {
        let last = self.own(field, name, "announcements")?;
        let (by, number) = match last.strip_prefix("ministry-") {
            Some(number) => (Authority::Ministry, number),
            None => (Authority::Province(self.deps.province), last),
        };
        let parsed = number
            .split_once('-')
            .and_then(|(year, serial)| Some((year.parse().ok()?, serial.parse().ok()?)));
        let (year, serial) = parsed.ok_or_else(|| Refusal::new(NOT_FOUND))?;
        Ok((by.to_string(), year, serial))
    }
}

/// What is left of a call's time to read and send its answer.
const TO_ANSWER: Duration = Duration::from_millis(300);

/// What the nation said of an application of a closed publicity; `PENDING` until it answers.
fn outcome(deps: &Deps, record: &Record) -> wire::ClearanceOutcome {
    let application = deps.application_name(record.application.id);
    if let Some(cleared) = record.application.state().cleared() {
        return wire::ClearanceOutcome {
            application,
            cleared: true,
            registration_number: cleared.number.to_string(),
            announce_by: Some(instant(cleared.announce_by)),
            reason: String::new(),
        };
    }
    let reason = match (record.application.state(), record.application.returns.last()) {
        (ApplicationState::PublicityClosed { .. }, _) => "PENDING",
        (ApplicationState::Objected { .. }, _) => "OBJECTED",
        (_, Some(ReturnReason::ClearanceDenied { reason, .. })) => reason,
        (_, Some(ReturnReason::ObjectionUpheld { .. })) => "OBJECTION_UPHELD",
        _ => record.application.state().kind().code(),
    };
    wire::ClearanceOutcome {
        application,
        reason: reason.to_owned(),
        ..Default::default()
    }
}
