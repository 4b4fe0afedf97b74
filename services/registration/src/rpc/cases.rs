//! `registration.v1.CaseService`

use api::convert::{instant, read_term};
use api::registration::v1 as wire;
use api::registration::v1::case_service_server::CaseService;
use api::registration::v1::reopen_case_request::Subject;
use api::types::v1 as types;
use domain::case_file::{CaseOutcome, CaseState};
use domain::correction::{CorrectedFact, CorrectionNature, CorrectionTerms};
use domain::ids::{CaseId, OfficerId};
use service_runtime::{Refusal, Scope, page};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::facts::{paper, papers};
use super::objections::{evidence, reader};
use super::{PAGE, Rpc, malformed, person, status};
use crate::command::{
    claim_case, decide_case, hear_holder, open_case, propose_decision, reopen_case, restore_registration,
    state_view,
};
use crate::error::Error;
use crate::query;
use crate::query::case_file::{Sealed, View};
use crate::sealing::ObjectionText;

/// Working days for a statement where none are named; no article gives a length.
const HEARING_DAYS: u16 = 5;

#[tonic::async_trait]
impl CaseService for Rpc {
    async fn open_case(
        &self,
        request: Request<wire::OpenCaseRequest>,
    ) -> Result<Response<wire::OpenCaseResponse>, Status> {
        let call = self.call("open_case", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let text = ObjectionText {
            statement: message.statement,
            contact: message.contact,
            objector: message.complainant,
        };
        let papers = papers(message.evidence)?;
        let number = message.registration_number.trim();
        let opened = open_case::open_case(&self.deps, &call, number, (&text, &papers))
            .await
            .map_err(status)?;
        Ok(Response::new(wire::OpenCaseResponse {
            name: self.deps.case_name(opened),
        }))
    }

    async fn claim_case(
        &self,
        request: Request<wire::ClaimCaseRequest>,
    ) -> Result<Response<wire::ClaimCaseResponse>, Status> {
        let call = self.call("claim_case", &request, &request.get_ref().request_id)?;
        let id = self.case_id(&request.get_ref().name)?;
        let done = claim_case::claim_case(&self.deps, &call, id).await;
        let case = self.shown_case(&call.scope, done).await?;
        Ok(Response::new(wire::ClaimCaseResponse { case }))
    }

    async fn hear_holder(
        &self,
        request: Request<wire::HearHolderRequest>,
    ) -> Result<Response<wire::HearHolderResponse>, Status> {
        let call = self.call("hear_holder", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let id = self.case_id(&message.name)?;
        let days = match u16::try_from(message.working_days) {
            Ok(0) => HEARING_DAYS,
            Ok(days) if days <= 60 => days,
            _ => return Err(Refusal::invalid("working_days", "between 1 and 60").into()),
        };
        let told = (message.held_against.as_str(), days);
        let done = hear_holder::hear_holder(&self.deps, &call, id, told).await;
        let case = self.shown_case(&call.scope, done).await?;
        Ok(Response::new(wire::HearHolderResponse { case }))
    }

    async fn state_view(
        &self,
        request: Request<wire::StateViewRequest>,
    ) -> Result<Response<wire::StateViewResponse>, Status> {
        let call = self.call("state_view", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let id = self.case_id(&message.name)?;
        let done = state_view::state_view(&self.deps, &call, id, &message.statement).await;
        let case = self.shown_case(&call.scope, done).await?;
        Ok(Response::new(wire::StateViewResponse { case }))
    }

    async fn propose_decision(
        &self,
        request: Request<wire::ProposeDecisionRequest>,
    ) -> Result<Response<wire::ProposeDecisionResponse>, Status> {
        let call = self.call("propose_decision", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let id = self.case_id(&message.name)?;
        let outcome = outcome(message.outcome, &message.facts)?;
        let proposal = (&outcome, message.grounds.as_str());
        let done = propose_decision::propose_decision(&self.deps, &call, id, proposal).await;
        let case = self.shown_case(&call.scope, done).await?;
        Ok(Response::new(wire::ProposeDecisionResponse { case }))
    }

    async fn decide_case(
        &self,
        request: Request<wire::DecideCaseRequest>,
    ) -> Result<Response<wire::DecideCaseResponse>, Status> {
        let call = self.call("decide_case", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let id = self.case_id(&message.name)?;
        let done = decide_case::decide_case(&self.deps, &call, id, message.agreed).await;
        let case = self.shown_case(&call.scope, done).await?;
        Ok(Response::new(wire::DecideCaseResponse { case }))
    }

    async fn get_case(
        &self,
        request: Request<wire::GetCaseRequest>,
    ) -> Result<Response<wire::GetCaseResponse>, Status> {
        let scope = Scope::of(&request)?;
        let id = self.case_id(&request.get_ref().name)?;
        let case = self.shown_case(&scope, Ok(id)).await?;
        Ok(Response::new(wire::GetCaseResponse { case }))
    }

    async fn list_cases(
        &self,
        request: Request<wire::ListCasesRequest>,
    ) -> Result<Response<wire::ListCasesResponse>, Status> {
        let scope = Scope::of(&request)?;
        let message = request.into_inner();
        let state = match wire::case::State::try_from(message.state) {
            Ok(wire::case::State::Unspecified) => None,
            Ok(wire::case::State::Open) => Some("OPEN"),
            Ok(wire::case::State::Proposed) => Some("PROPOSED"),
            Ok(wire::case::State::Decided) => Some("DECIDED"),
            Err(_) => return Err(Refusal::invalid("state", "expected a known value").into()),
        };
        let size = page::size(message.page_size, PAGE.0, PAGE.1)?;
        let after: Option<Uuid> = page::cursor(&state, &message.page_token)?;
        let found = query::case_file::list(&self.deps, &scope, state, after, size)
            .await
            .map_err(status)?;
        let last = found.last().filter(|_| found.len() == size as usize);
        let next = last.map(|last| page::token(&state, &last.file.case.id.as_uuid()));
        Ok(Response::new(wire::ListCasesResponse {
            next_page_token: next.transpose()?.unwrap_or_default(),
            cases: found.into_iter().map(|view| self.encoded_case(view)).collect(),
        }))
    }

    async fn read_complaint(
        &self,
        request: Request<wire::ReadComplaintRequest>,
    ) -> Result<Response<wire::ReadComplaintResponse>, Status> {
        let (scope, reader) = (Scope::of(&request)?, reader(&request)?);
        let id = self.case_id(&request.get_ref().name)?;
        let by = (reader.0.as_str(), reader.1);
        let found = query::case_file::complaint(&self.deps, &scope, by, id).await;
        let Sealed { text, papers } = found.map_err(status)?;
        Ok(Response::new(wire::ReadComplaintResponse {
            statement: text.statement,
            complainant: text.objector,
            contact: text.contact,
            evidence: evidence(papers),
        }))
    }

    async fn reopen_case(
        &self,
        request: Request<wire::ReopenCaseRequest>,
    ) -> Result<Response<wire::ReopenCaseResponse>, Status> {
        let call = self.call("reopen_case", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let document = reopen_case::Document {
            number: message.document_number,
            paper: paper(message.evidence)?,
        };
        let reopened = match message.subject {
            Some(Subject::Application(name)) => {
                let id = self.application("application", &name)?;
                let done = reopen_case::reopen_application(&self.deps, &call, id, &document).await;
                wire::ReopenCaseResponse {
                    application: self.shown(&call.scope, done).await?,
                    position: None,
                }
            }
            Some(Subject::Person(name)) => {
                let id = person("person", &name)?;
                let position = restore_registration::restore_registration(&self.deps, &call, id, &document)
                    .await
                    .map_err(status)?;
                wire::ReopenCaseResponse {
                    application: None,
                    position: Some(types::Position {
                        stream: self.deps.stream.clone(),
                        value: u64::try_from(position).unwrap_or_default(),
                    }),
                }
            }
            None => {
                return Err(Refusal::invalid("subject", "must be given").into());
            }
        };
        Ok(Response::new(reopened))
    }
}

impl Rpc {
    fn case_id(&self, name: &str) -> Result<CaseId, Refusal> {
        self.own_id("name", name, "cases").map(CaseId::from_uuid)
    }

    async fn shown_case(
        &self,
        scope: &Scope,
        result: Result<CaseId, Error>,
    ) -> Result<Option<wire::Case>, Status> {
        let id = result.map_err(status)?;
        let view = query::case_file::find(&self.deps, scope, id)
            .await
            .map_err(status)?;
        Ok(Some(self.encoded_case(view)))
    }

    /// A holder sees the outcome once it is decided, and no officer.
    fn encoded_case(&self, view: View) -> wire::Case {
        let case = view.file.case;
        let hearing = case.hearing.as_ref();
        let mut shown = wire::Case {
            name: self.deps.case_name(case.id),
            person: case.person.resource_name(),
            opened_at: Some(instant(case.opened_at)),
            claimed_by: case
                .claimed_by
                .filter(|_| view.officer)
                .map(OfficerId::resource_name)
                .unwrap_or_default(),
            held_against: view.hearing.held_against,
            statement: view.hearing.statement,
            hearing_until: hearing.map(|hearing| hearing.until.day.into()),
            stated_at: hearing.and_then(|hearing| hearing.stated_at).map(instant),
            ..Default::default()
        };
        let (state, proposal) = match case.state() {
            CaseState::Open => (wire::case::State::Open, None),
            CaseState::Proposed { proposal } if view.officer => (wire::case::State::Proposed, Some(proposal)),
            CaseState::Proposed { .. } => (wire::case::State::Open, None),
            CaseState::Decided {
                proposal,
                at,
                follow_up,
                ..
            } => {
                shown.decided_at = Some(instant(*at));
                shown.follow_up = follow_up
                    .map(|id| self.deps.application_name(id))
                    .unwrap_or_default();
                (wire::case::State::Decided, Some(proposal))
            }
        };
        shown.state = state.into();
        if let Some(proposal) = proposal {
            shown.grounds.clone_from(&proposal.grounds);
            shown.outcome = match proposal.outcome {
                CaseOutcome::Dismiss => wire::CaseOutcome::Dismiss,
                CaseOutcome::Correct { .. } => wire::CaseOutcome::Correct,
                CaseOutcome::Revoke => wire::CaseOutcome::Revoke,
            }
            .into();
        }
        shown
    }
}

fn outcome(outcome: i32, facts: &[i32]) -> Result<CaseOutcome, Refusal> {
    match wire::CaseOutcome::try_from(outcome) {
        Ok(wire::CaseOutcome::Dismiss) => Ok(CaseOutcome::Dismiss),
        Ok(wire::CaseOutcome::Revoke) => Ok(CaseOutcome::Revoke),
        Ok(wire::CaseOutcome::Correct) => {
            let read = |fact: &i32| {
                read_term::<types::CorrectedFact, CorrectedFact>(*fact, "facts").map_err(malformed)
            };
            let facts = facts.iter().map(read).collect::<Result<_, _>>()?;
            let nature = CorrectionNature::RegisterError;
            Ok(CaseOutcome::Correct {
                terms: CorrectionTerms { facts, nature },
            })
        }
        Ok(wire::CaseOutcome::Unspecified) | Err(_) => {
            Err(Refusal::invalid("outcome", "expected an outcome"))
        }
    }
}
