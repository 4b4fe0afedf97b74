//! `registration.v1.AnnouncementCorrectionService`

use api::convert::{instant, read_term};
use api::registration::v1 as wire;
use api::registration::v1::announcement_correction_service_server::AnnouncementCorrectionService;
use domain::announcement::{AnnouncementCorrectionState, ListingFault, RowCorrection};
use domain::ids::AnnouncementCorrectionId;
use service_runtime::{Refusal, Scope, page};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{PAGE, Rpc, encode, malformed, status};
use crate::command::{correct_announcement, decline_correction, publish_correction};
use crate::deps::Deps;
use crate::query;
use crate::query::announcement_correction::View;

/// Longest grounds in characters.
const GROUNDS: usize = 1000;

#[tonic::async_trait]
impl AnnouncementCorrectionService for Rpc {
    async fn correct_announcement(
        &self,
        request: Request<wire::CorrectAnnouncementRequest>,
    ) -> Result<Response<wire::CorrectAnnouncementResponse>, Status> {
        let call = self.call("correct_announcement", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let input = correct_announcement::Input {
            announcement: self.numbered("announcement", &message.announcement)?,
            rows: self.row_corrections(&message.rows)?,
            grounds: grounds(message.grounds)?,
        };
        let proposed = correct_announcement::correct_announcement(&self.deps, &call, &input)
            .await
            .map_err(status)?;
        let correction = Some(self.shown_correction(proposed).await?);
        Ok(Response::new(wire::CorrectAnnouncementResponse { correction }))
    }

    async fn publish_correction(
        &self,
        request: Request<wire::PublishCorrectionRequest>,
    ) -> Result<Response<wire::PublishCorrectionResponse>, Status> {
        let call = self.call("publish_correction", &request, &request.get_ref().request_id)?;
        let id = self.correction_id(&request.get_ref().name)?;
        let published = publish_correction::publish_correction(&self.deps, &call, id)
            .await
            .map_err(status)?;
        let view = query::announcement::find(&self.deps, published)
            .await
            .map_err(status)?;
        let position = api::types::v1::Position {
            stream: self.deps.stream.clone(),
            value: u64::try_from(view.announcement.position).unwrap_or_default(),
        };
        Ok(Response::new(wire::PublishCorrectionResponse {
            announcement: Some(encode::announcement(&self.deps, view)),
            position: Some(position),
        }))
    }

    async fn decline_correction(
        &self,
        request: Request<wire::DeclineCorrectionRequest>,
    ) -> Result<Response<wire::DeclineCorrectionResponse>, Status> {
        let call = self.call("decline_correction", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let id = self.correction_id(&message.name)?;
        let grounds = grounds(message.grounds)?;
        let declined = decline_correction::decline_correction(&self.deps, &call, id, &grounds)
            .await
            .map_err(status)?;
        let correction = Some(self.shown_correction(declined).await?);
        Ok(Response::new(wire::DeclineCorrectionResponse { correction }))
    }

    async fn list_announcement_corrections(
        &self,
        request: Request<wire::ListAnnouncementCorrectionsRequest>,
    ) -> Result<Response<wire::ListAnnouncementCorrectionsResponse>, Status> {
        let _officer = Scope::of(&request)?;
        let message = request.into_inner();
        let size = page::size(message.page_size, PAGE.0, PAGE.1)?;
        let after: Option<Uuid> = page::cursor(&message.announcement, &message.page_token)?;
        let of = (!message.announcement.is_empty())
            .then(|| self.numbered("announcement", &message.announcement))
            .transpose()?;
        let found = query::announcement_correction::list(&self.deps, of.as_ref(), after, size)
            .await
            .map_err(status)?;
        let last = found.last().filter(|_| found.len() == size as usize);
        let next = last.map(|last| page::token(&message.announcement, &last.correction.id.as_uuid()));
        Ok(Response::new(wire::ListAnnouncementCorrectionsResponse {
            next_page_token: next.transpose()?.unwrap_or_default(),
            corrections: found.iter().map(|view| encoded(&self.deps, view)).collect(),
        }))
    }
}

impl Rpc {
    fn correction_id(&self, name: &str) -> Result<AnnouncementCorrectionId, Refusal> {
        self.own_id("name", name, "announcementCorrections")
            .map(AnnouncementCorrectionId::from_uuid)
    }

    fn row_corrections(&self, rows: &[wire::RowCorrection]) -> Result<Vec<RowCorrection>, Refusal> {
        let read = |(index, row): (usize, &wire::RowCorrection)| {
            let field = |name: &str| format!("rows[{index}].{name}");
            let number =
                u32::try_from(row.row).map_err(|_| Refusal::invalid(field("row"), "must not be negative"))?;
            Ok(RowCorrection {
                fault: read_term::<wire::ListingFault, ListingFault>(row.fault, &field("fault"))
                    .map_err(malformed)?,
                row: (number > 0).then_some(number),
                application: self.application(&field("application"), &row.application)?,
            })
        };
        rows.iter().enumerate().map(read).collect()
    }

    async fn shown_correction(
        &self,
        id: AnnouncementCorrectionId,
    ) -> Result<wire::AnnouncementCorrection, Status> {
        let view = query::announcement_correction::find(&self.deps, id)
            .await
            .map_err(status)?;
        Ok(encoded(&self.deps, &view))
    }
}

fn grounds(text: String) -> Result<String, Refusal> {
    if text.chars().count() > GROUNDS {
        return Err(Refusal::invalid(
            "grounds",
            format!("at most {GROUNDS} characters"),
        ));
    }
    Ok(text)
}

fn encoded(deps: &Deps, view: &View) -> wire::AnnouncementCorrection {
    use wire::announcement_correction::State;
    let correction = &view.correction;
    let state = match correction.state() {
        AnnouncementCorrectionState::Proposed => State::Proposed,
        AnnouncementCorrectionState::Declined { .. } => State::Declined,
        AnnouncementCorrectionState::Published { .. } => State::Published,
    };
    let rows = correction.rows.iter().map(|row| wire::RowCorrection {
        fault: wire::ListingFault::from(row.fault).into(),
        row: row
            .row
            .and_then(|row| i32::try_from(row).ok())
            .unwrap_or_default(),
        application: deps.application_name(row.application),
    });
    wire::AnnouncementCorrection {
        name: deps.announcement_correction_name(correction.id),
        announcement: deps.announcement_name(&view.of),
        rows: rows.collect(),
        grounds: correction.grounds.clone(),
        state: state.into(),
        proposed_at: Some(instant(correction.proposed_at)),
        correcting_announcement: view
            .by
            .as_ref()
            .map(|one| deps.announcement_name(one))
            .unwrap_or_default(),
    }
}
