//! `registration.v1.LapseService`

use std::pin::Pin;

use api::convert::{Read as _, read_term};
use api::registration::v1 as wire;
use api::registration::v1::lapse_service_server::LapseService;
use api::types::v1 as types;
use bytes::Bytes;
use domain::ids::{LapseId, PersonId, ReportId};
use domain::lapse::{LapseGround, LapseSubject, PAPERS, ReportKind};
use service_runtime::{Caller, Refusal, Scope, page};
use tokio_stream::Stream;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::facts;
use super::lapse_encoding::{lapse, report, row};
use super::{PAGE, Rpc, employer, malformed, person, status};
use crate::command::record_fact::Paper;
use crate::command::{
    confirm_lapse, dismiss_report, record_lapse, refuse_lapse, report_registration, undo_lapse,
    withdraw_lapse,
};
use crate::error::{BATCH_INVALID, Error};
use crate::query;
use crate::query::lapse::View;
use crate::sealing::ObjectionText;
use crate::store::lapse::Listed;

/// Size of one chunk of a paper.
const CHUNK: usize = 64 * 1024;
/// Most people named in one undoing.
const MOST_NAMED: usize = 500;

impl Rpc {
    fn lapse(&self, field: &str, name: &str) -> Result<LapseId, Refusal> {
        self.own_id(field, name, "lapses").map(LapseId::from_uuid)
    }

    async fn lapse_view(&self, scope: &Scope, result: Result<LapseId, Error>) -> Result<View, Status> {
        let id = result.map_err(status)?;
        query::lapse::find(&self.deps, scope, id).await.map_err(status)
    }

    async fn shown_lapse(
        &self,
        scope: &Scope,
        result: Result<LapseId, Error>,
    ) -> Result<Option<wire::Lapse>, Status> {
        let view = self.lapse_view(scope, result).await?;
        Ok(Some(lapse(&self.deps, &view)))
    }
}

#[tonic::async_trait]
impl LapseService for Rpc {
    type ReadLapseEvidenceStream =
        Pin<Box<dyn Stream<Item = Result<wire::ReadLapseEvidenceResponse, Status>> + Send>>;

    async fn record_lapse(
        &self,
        request: Request<wire::RecordLapseRequest>,
    ) -> Result<Response<wire::RecordLapseResponse>, Status> {
        use wire::record_lapse_request::Subject;
        let call = self.call("record_lapse", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let subject = match &message.subject {
            Some(Subject::Person(name)) => LapseSubject::Person(person("person", name)?),
            Some(Subject::Employer(name)) => LapseSubject::Employer(employer("employer", name)?),
            None => return Err(Refusal::invalid("subject", "name a person or an employer").into()),
        };
        let report = (!message.report.is_empty()).then(|| self.own_id("report", &message.report, "reports"));
        let input = record_lapse::Input {
            subject,
            ground: read_term::<wire::LapseGround, LapseGround>(message.ground, "ground")
                .map_err(malformed)?,
            effective_on: message.effective_on.read("effective_on").map_err(malformed)?,
            reference: message.reference,
            statement: message.statement,
            papers: papers(message.evidence)?,
            report: report.transpose()?.map(ReportId::from_uuid),
        };
        let done = record_lapse::record_lapse(&self.deps, &call, &input).await;
        let lapse = self.shown_lapse(&call.scope, done).await?;
        Ok(Response::new(wire::RecordLapseResponse { lapse }))
    }

    async fn undo_lapse(
        &self,
        request: Request<wire::UndoLapseRequest>,
    ) -> Result<Response<wire::UndoLapseResponse>, Status> {
        let call = self.call("undo_lapse", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        if message.people.len() > MOST_NAMED {
            return Err(BATCH_INVALID.refusal().into());
        }
        let read = |(index, name): (usize, &String)| person(&format!("people[{index}]"), name);
        let people = message.people.iter().enumerate().map(read);
        let input = undo_lapse::Input {
            lapse: self.lapse("name", &message.name)?,
            people: people.collect::<Result<_, _>>()?,
            reference: message.reference,
            statement: message.statement,
            papers: papers(message.evidence)?,
        };
        let done = undo_lapse::undo_lapse(&self.deps, &call, &input).await;
        let lapse = self.shown_lapse(&call.scope, done).await?;
        Ok(Response::new(wire::UndoLapseResponse { lapse }))
    }

    async fn confirm_lapse(
        &self,
        request: Request<wire::ConfirmLapseRequest>,
    ) -> Result<Response<wire::ConfirmLapseResponse>, Status> {
        let call = self.call("confirm_lapse", &request, &request.get_ref().request_id)?;
        let id = self.lapse("name", &request.get_ref().name)?;
        let done = confirm_lapse::confirm_lapse(&self.deps, &call, id).await;
        let view = self.lapse_view(&call.scope, done).await?;
        let position = view.position.and_then(|value| u64::try_from(value).ok());
        Ok(Response::new(wire::ConfirmLapseResponse {
            lapse: Some(lapse(&self.deps, &view)),
            position: position.map(|value| types::Position {
                stream: self.deps.stream.clone(),
                value,
            }),
        }))
    }

    async fn refuse_lapse(
        &self,
        request: Request<wire::RefuseLapseRequest>,
    ) -> Result<Response<wire::RefuseLapseResponse>, Status> {
        let call = self.call("refuse_lapse", &request, &request.get_ref().request_id)?;
        let id = self.lapse("name", &request.get_ref().name)?;
        let done = refuse_lapse::refuse_lapse(&self.deps, &call, id, &request.get_ref().grounds).await;
        let lapse = self.shown_lapse(&call.scope, done).await?;
        Ok(Response::new(wire::RefuseLapseResponse { lapse }))
    }

    async fn withdraw_lapse(
        &self,
        request: Request<wire::WithdrawLapseRequest>,
    ) -> Result<Response<wire::WithdrawLapseResponse>, Status> {
        let call = self.call("withdraw_lapse", &request, &request.get_ref().request_id)?;
        let id = self.lapse("name", &request.get_ref().name)?;
        let done = withdraw_lapse::withdraw_lapse(&self.deps, &call, id).await;
        let lapse = self.shown_lapse(&call.scope, done).await?;
        Ok(Response::new(wire::WithdrawLapseResponse { lapse }))
    }

    async fn get_lapse(
        &self,
        request: Request<wire::GetLapseRequest>,
    ) -> Result<Response<wire::GetLapseResponse>, Status> {
        let scope = Scope::of(&request)?;
        let id = self.lapse("name", &request.get_ref().name)?;
        let lapse = self.shown_lapse(&scope, Ok(id)).await?;
        Ok(Response::new(wire::GetLapseResponse { lapse }))
    }

    async fn list_lapses(
        &self,
        request: Request<wire::ListLapsesRequest>,
    ) -> Result<Response<wire::ListLapsesResponse>, Status> {
        use wire::list_lapses_request::Filter;
        let scope = Scope::of(&request)?;
        let message = request.into_inner();
        let size = page::size(message.page_size, PAGE.0, PAGE.1)?;
        let of_person = |of| Listed::Person { of, confirmed: false };
        let (query, listed) = match message.filter {
            Some(Filter::Person(name)) if name == "persons/me" => {
                let own = PersonId::from_uuid(scope.require_person()?);
                (name, of_person(own))
            }
            Some(Filter::Person(name)) => {
                let of = person("person", &name)?;
                (name, of_person(of))
            }
            Some(Filter::Employer(name)) => {
                let of = employer("employer", &name)?;
                (name, Listed::Employer(of))
            }
            Some(Filter::Proposed(true)) => ("proposed".to_owned(), Listed::Proposed),
            Some(Filter::Proposed(false)) | None => {
                return Err(Refusal::invalid("filter", "name a person, an employer, or proposed").into());
            }
        };
        let after: Option<Uuid> = page::cursor(&query, &message.page_token)?;
        let found = query::lapse::list(&self.deps, &scope, listed, after, size)
            .await
            .map_err(status)?;
        let last = found.last().filter(|_| found.len() == size as usize);
        let next = last.map(|view| page::token(&query, &view.lapse.id.as_uuid()));
        Ok(Response::new(wire::ListLapsesResponse {
            next_page_token: next.transpose()?.unwrap_or_default(),
            lapses: found.iter().map(|view| lapse(&self.deps, view)).collect(),
        }))
    }

    async fn list_lapse_rows(
        &self,
        request: Request<wire::ListLapseRowsRequest>,
    ) -> Result<Response<wire::ListLapseRowsResponse>, Status> {
        let scope = Scope::of(&request)?;
        let message = request.into_inner();
        let id = self.lapse("lapse", &message.lapse)?;
        let size = page::size(message.page_size, PAGE.0, PAGE.1)?;
        let after: Option<Uuid> = page::cursor(&message.lapse, &message.page_token)?;
        let found = query::lapse::rows(&self.deps, &scope, id, after, size)
            .await
            .map_err(status)?;
        let last = found.last().filter(|_| found.len() == size as usize);
        let next = last.map(|row| page::token(&message.lapse, &row.id.as_uuid()));
        Ok(Response::new(wire::ListLapseRowsResponse {
            next_page_token: next.transpose()?.unwrap_or_default(),
            rows: found.into_iter().map(|one| row(&self.deps, one)).collect(),
        }))
    }

    async fn read_lapse_evidence(
        &self,
        request: Request<wire::ReadLapseEvidenceRequest>,
    ) -> Result<Response<Self::ReadLapseEvidenceStream>, Status> {
        let caller = Caller::of(&request)?.clone();
        let malformed = || {
            let must = "must be provinces/{province}/lapses/{lapse}/evidence/{evidence}";
            Refusal::invalid("name", must)
        };
        let name = &request.get_ref().name;
        let (of, paper) = name.split_once("/evidence/").ok_or_else(malformed)?;
        let paper = Uuid::try_parse(paper).map_err(|_| malformed())?;
        let id = self.lapse("name", of)?;
        let reader = caller.name();
        let content = query::lapse::evidence(&self.deps, (caller.scope(), &reader), id, paper)
            .await
            .map_err(status)?;
        let chunks = content.chunks(CHUNK).map(|chunk| {
            Ok(wire::ReadLapseEvidenceResponse {
                chunk: Bytes::copy_from_slice(chunk),
            })
        });
        let chunks: Vec<_> = chunks.collect();
        Ok(Response::new(Box::pin(tokio_stream::iter(chunks))))
    }

    async fn report_registration(
        &self,
        request: Request<wire::ReportRegistrationRequest>,
    ) -> Result<Response<wire::ReportRegistrationResponse>, Status> {
        let call = self.call("report_registration", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let input = report_registration::Input {
            number: message.registration_number,
            kind: read_term::<wire::ReportKind, ReportKind>(message.kind, "kind").map_err(malformed)?,
            text: ObjectionText {
                objector: String::new(),
                statement: message.statement,
                contact: message.contact,
            },
        };
        let number = report_registration::report_registration(&self.deps, &call, &input)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::ReportRegistrationResponse { number }))
    }

    async fn list_reports(
        &self,
        request: Request<wire::ListReportsRequest>,
    ) -> Result<Response<wire::ListReportsResponse>, Status> {
        let caller = Caller::of(&request)?.clone();
        let message = request.into_inner();
        let size = page::size(message.page_size, PAGE.0, PAGE.1)?;
        let query = if message.open { "open" } else { "all" };
        let after: Option<Uuid> = page::cursor(&query, &message.page_token)?;
        let reader = (caller.scope(), caller.name());
        let found = query::lapse::reports(&self.deps, (reader.0, &reader.1), message.open, after, size)
            .await
            .map_err(status)?;
        let last = found.last().filter(|_| found.len() == size as usize);
        let next = last.map(|view| page::token(&query, &view.report.id.as_uuid()));
        Ok(Response::new(wire::ListReportsResponse {
            next_page_token: next.transpose()?.unwrap_or_default(),
            reports: found.into_iter().map(|view| report(&self.deps, view)).collect(),
        }))
    }

    async fn dismiss_report(
        &self,
        request: Request<wire::DismissReportRequest>,
    ) -> Result<Response<wire::DismissReportResponse>, Status> {
        let call = self.call("dismiss_report", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let id = ReportId::from_uuid(self.own_id("name", &message.name, "reports")?);
        let dismissed = dismiss_report::dismiss_report(&self.deps, &call, id, &message.grounds).await;
        let id = dismissed.map_err(status)?;
        let view = query::lapse::find_report(&self.deps, &call.scope, id)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::DismissReportResponse {
            report: Some(report(&self.deps, view)),
        }))
    }
}

/// No more than the record of a lapse may rest on.
fn papers(evidence: Vec<wire::EvidencePaper>) -> Result<Vec<Paper>, Refusal> {
    if evidence.len() > PAPERS {
        return Err(BATCH_INVALID.refusal());
    }
    facts::papers(evidence)
}
