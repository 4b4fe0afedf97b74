//! `registration.v1.ApplicationService`

use api::convert::{Read as _, read_term};
use api::registration::v1 as wire;
use api::registration::v1::TerminationEvidence as Evidence;
use api::registration::v1::application_service_server::ApplicationService;
use api::registration::v1::attach_material_request::Part;
use api::types;
use domain::application::{ApplicationType, MaterialKind};
use domain::calendar::day_of;
use domain::employment::Contract;
use domain::ids::ApplicationId;
use jiff::Timestamp;
use prost::Message as _;
use service_runtime::clock::Clock as _;
use service_runtime::{Caller, Refusal, Scope, page};
use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{PAGE, Rpc, details, employer, encode, malformed, specialties, status};
use crate::command::{
    attach_material, confirm_employment, confirm_termination, create_application, request_employment,
    submit_application, withdraw_application,
};
use crate::error::Error;
use crate::query;
use crate::store::application::TerminationPaper;

impl Rpc {
    /// The application as the caller sees it now.
    pub(super) async fn shown(
        &self,
        scope: &Scope,
        result: Result<ApplicationId, Error>,
    ) -> Result<Option<wire::Application>, Status> {
        let id = result.map_err(status)?;
        let view = query::application::find(&self.deps, scope, id)
            .await
            .map_err(status)?;
        Ok(Some(encode::application(&self.deps, view)))
    }
}

#[tonic::async_trait]
impl ApplicationService for Rpc {
    async fn check_eligibility(
        &self,
        request: Request<wire::CheckEligibilityRequest>,
    ) -> Result<Response<wire::CheckEligibilityResponse>, Status> {
        let scope = Scope::of(&request)?;
        let message = request.into_inner();
        let kind = (message.r#type != 0).then(|| kind(message.r#type)).transpose()?;
        let specialties = specialties(&message.specialties)?;
        let with = employer("employer", &message.employer)?;
        let found = query::eligibility::check(&self.deps, &scope, kind, &specialties, with);
        let (together, choices) = found.await.map_err(status)?;
        let now = self.deps.clock.now();
        let eligible = together.as_ref().is_some_and(|found| found.failing.is_empty());
        let found = together.unwrap_or_default();
        Ok(Response::new(wire::CheckEligibilityResponse {
            eligible,
            from: found.from.map(Into::into),
            until: found.until.map(Into::into),
            failed_rules: found.failing.iter().map(encode::failed_rule).collect(),
            required_materials: names(found.required),
            options: choices.into_iter().map(|choice| option(choice, now)).collect(),
        }))
    }

    async fn create_application(
        &self,
        request: Request<wire::CreateApplicationRequest>,
    ) -> Result<Response<wire::CreateApplicationResponse>, Status> {
        let call = self.call("create_application", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let to = message
            .contract_to
            .map(|day| day.read("contract_to").map_err(malformed))
            .transpose()?;
        let kind = kind(message.r#type)?;
        let from = match message.contract_from {
            // They rest on the registration and on no contract.
            None if !kind.is_judged() => day_of(call.at),
            day => day.read("contract_from").map_err(malformed)?,
        };
        let contract = Contract { from, to };
        if contract.to.is_some_and(|to| to < contract.from) {
            return Err(Refusal::invalid("contract_to", "must not lie before contract_from").into());
        }
        let termination_paper = termination_paper(message.termination, "termination")?;
        let input = create_application::Input {
            kind,
            specialties: specialties(&message.specialties)?,
            employer: employer("employer", &message.employer)?,
            contract,
            termination_paper,
            particulars: details::read(message.details)?,
        };
        let created = create_application::create_application(&self.deps, &call, input).await;
        let application = self.shown(&call.scope, created).await?;
        Ok(Response::new(wire::CreateApplicationResponse { application }))
    }

    async fn attach_material(
        &self,
        request: Request<Streaming<wire::AttachMaterialRequest>>,
    ) -> Result<Response<wire::AttachMaterialResponse>, Status> {
        let caller = Caller::of(&request)?.clone();
        let mut stream = request.into_inner();
        let Some(Part::Header(header)) = stream.message().await?.and_then(|first| first.part) else {
            return Err(Refusal::invalid("header", "the first message is the header").into());
        };
        let application = self.application("header.application", &header.application)?;
        let kind =
            read_term::<wire::MaterialKind, MaterialKind>(header.kind, "header.kind").map_err(malformed)?;
        let digest = hex::decode(&header.digest)
            .ok()
            .filter(|digest| digest.len() == 32);
        let digest = digest.ok_or_else(|| Refusal::invalid("header.digest", "must be SM3 in hexadecimal"))?;
        let mut content = Zeroizing::new(Vec::new());
        while let Some(message) = stream.message().await? {
            let Some(Part::Chunk(chunk)) = message.part else {
                return Err(Refusal::invalid("chunk", "only chunks follow the header").into());
            };
            content.extend_from_slice(&chunk);
            // More than the limit is not read to its end.
            if content.len() as u64 > kind.size_limit() {
                break;
            }
        }
        let body = self.deps.sealing.body_digest(&header.encode_to_vec());
        let call = self.call_over("attach_material", &caller, &header.request_id, body)?;
        let ended_on = header
            .employment_ended_on
            .map(|day| day.read("header.employment_ended_on").map_err(malformed))
            .transpose()?;
        let input = attach_material::Input {
            application,
            kind,
            paper: termination_paper(header.termination, "header.termination")?,
            ended_on,
            media_type: header.media_type,
            digest,
            content,
        };
        let attached = attach_material::attach_material(&self.deps, &call, input)
            .await
            .map_err(status)?;
        let found = query::material::find(&self.deps, &call.scope, attached)
            .await
            .map_err(status)?;
        let material = Some(encode::material(&self.deps.application_name(application), &found));
        Ok(Response::new(wire::AttachMaterialResponse { material }))
    }

    async fn request_employment(
        &self,
        request: Request<wire::RequestEmploymentRequest>,
    ) -> Result<Response<wire::RequestEmploymentResponse>, Status> {
        let call = self.call("request_employment", &request, &request.get_ref().request_id)?;
        let id = self.application("name", &request.get_ref().name)?;
        let commitment = request.get_ref().commitment;
        let done = request_employment::request_employment(&self.deps, &call, id, commitment).await;
        let application = self.shown(&call.scope, done).await?;
        Ok(Response::new(wire::RequestEmploymentResponse { application }))
    }

    async fn confirm_employment(
        &self,
        request: Request<wire::ConfirmEmploymentRequest>,
    ) -> Result<Response<wire::ConfirmEmploymentResponse>, Status> {
        let call = self.call("confirm_employment", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let application = self.application("name", &message.name)?;
        let input = confirm_employment::Input {
            application,
            confirmed: message.confirmed,
            reason: message.reason,
        };
        let done = confirm_employment::confirm_employment(&self.deps, &call, input).await;
        let application = self.shown(&call.scope, done).await?;
        Ok(Response::new(wire::ConfirmEmploymentResponse { application }))
    }

    async fn confirm_termination(
        &self,
        request: Request<wire::ConfirmTerminationRequest>,
    ) -> Result<Response<wire::ConfirmTerminationResponse>, Status> {
        let call = self.call("confirm_termination", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let id = self.application("name", &message.name)?;
        let ended_on = message.ended_on.read("ended_on").map_err(malformed)?;
        let done = confirm_termination::confirm_termination(&self.deps, &call, id, ended_on).await;
        let application = self.shown(&call.scope, done).await?;
        Ok(Response::new(wire::ConfirmTerminationResponse { application }))
    }

    async fn submit_application(
        &self,
        request: Request<wire::SubmitApplicationRequest>,
    ) -> Result<Response<wire::SubmitApplicationResponse>, Status> {
        let call = self.call("submit_application", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let id = self.application("name", &message.name)?;
        let done = submit_application::submit_application(&self.deps, &call, id, message.commitment).await;
        let application = self.shown(&call.scope, done).await?;
        Ok(Response::new(wire::SubmitApplicationResponse { application }))
    }

    async fn withdraw_application(
        &self,
        request: Request<wire::WithdrawApplicationRequest>,
    ) -> Result<Response<wire::WithdrawApplicationResponse>, Status> {
        let call = self.call("withdraw_application", &request, &request.get_ref().request_id)?;
        let message = request.into_inner();
        let id = self.application("name", &message.name)?;
        let done = withdraw_application::withdraw_application(&self.deps, &call, id, &message.reason).await;
        let application = self.shown(&call.scope, done).await?;
        Ok(Response::new(wire::WithdrawApplicationResponse { application }))
    }

    async fn get_application(
        &self,
        request: Request<wire::GetApplicationRequest>,
    ) -> Result<Response<wire::GetApplicationResponse>, Status> {
        let scope = Scope::of(&request)?;
        let id = self.application("name", &request.get_ref().name)?;
        let application = self.shown(&scope, Ok(id)).await?;
        Ok(Response::new(wire::GetApplicationResponse { application }))
    }

    async fn list_applications(
        &self,
        request: Request<wire::ListApplicationsRequest>,
    ) -> Result<Response<wire::ListApplicationsResponse>, Status> {
        let scope = Scope::of(&request)?;
        let message = request.into_inner();
        let size = page::size(message.page_size, PAGE.0, PAGE.1)?;
        let after: Option<Uuid> = page::cursor(&message.employer, &message.page_token)?;
        let found = if message.employer.is_empty() {
            query::application::of_person(&self.deps, &scope, after, size).await
        } else {
            let of = employer("employer", &message.employer)?;
            query::application::of_employer(&self.deps, &scope, of, after, size).await
        };
        let found = found.map_err(status)?;
        let last = found.last().filter(|_| found.len() == size as usize);
        let next = last.map(|view| page::token(&message.employer, &view.record.application.id.as_uuid()));
        Ok(Response::new(wire::ListApplicationsResponse {
            next_page_token: next.transpose()?.unwrap_or_default(),
            applications: found
                .into_iter()
                .map(|view| encode::application(&self.deps, view))
                .collect(),
        }))
    }
}

fn kind(number: i32) -> Result<ApplicationType, Refusal> {
    read_term::<types::v1::ApplicationType, ApplicationType>(number, "type").map_err(malformed)
}

fn names(materials: Vec<MaterialKind>) -> Vec<String> {
    materials.into_iter().map(|kind| kind.name().to_owned()).collect()
}

fn option(choice: query::eligibility::Choice, now: Timestamp) -> wire::EligibilityOption {
    let hours = choice.missing_hours.map(|hours| (hours.required, hours.elective));
    let (required, elective) = hours.unwrap_or_default();
    wire::EligibilityOption {
        r#type: types::v1::ApplicationType::from(choice.kind).into(),
        specialty: types::v1::Specialty::from(choice.specialty).into(),
        eligible: choice.is_open(now),
        from: choice.window.from.map(Into::into),
        until: choice.window.until.map(Into::into),
        without_education_until: choice.window.without_education_until.map(Into::into),
        failed_rules: choice.failing.iter().map(encode::failed_rule).collect(),
        missing_materials: names(choice.missing_materials),
        missing_facts: choice.missing_facts,
        missing_required_hours: required,
        missing_elective_hours: elective,
    }
}

/// Which paper shows the end of an employment; none where the employer's own word is to.
fn termination_paper(value: i32, field: &'static str) -> Result<Option<TerminationPaper>, Refusal> {
    match Evidence::try_from(value) {
        Ok(Evidence::Unspecified | Evidence::ConfirmedByEmployer) => Ok(None),
        Ok(Evidence::DismissalProof) => Ok(Some(TerminationPaper::Dismissal)),
        Ok(Evidence::ArbitralAward) => Ok(Some(TerminationPaper::Award)),
        Ok(Evidence::Judgment) => Ok(Some(TerminationPaper::Judgment)),
        // What an old employer's silence or an officer shows, nobody states.
        Ok(Evidence::Unopposed | Evidence::ObjectionDismissed) | Err(_) => {
            Err(Refusal::invalid(field, "expected a known value"))
        }
    }
}
