//! `registration.v1.RegistrationService`

use api::convert::instant;
use api::registration::v1 as wire;
use api::registration::v1::registration_service_server::RegistrationService;
use domain::ids::PersonId;
use service_runtime::{Scope, page};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{PAGE, Rpc, employer, encode, person, status};
use crate::query;
use crate::query::availability::Step;

#[tonic::async_trait]
impl RegistrationService for Rpc {
    async fn get_registration(
        &self,
        request: Request<wire::GetRegistrationRequest>,
    ) -> Result<Response<wire::GetRegistrationResponse>, Status> {
        let scope = Scope::of(&request)?;
        let of = PersonId::from_uuid(self.own_id("name", &request.get_ref().name, "registrations")?);
        let found = query::registration::find(&self.deps, &scope, of)
            .await
            .map_err(status)?;
        let registration = Some(encode::registration(&self.deps, found));
        Ok(Response::new(wire::GetRegistrationResponse { registration }))
    }

    async fn list_registrations(
        &self,
        request: Request<wire::ListRegistrationsRequest>,
    ) -> Result<Response<wire::ListRegistrationsResponse>, Status> {
        let scope = Scope::of(&request)?;
        let message = request.into_inner();
        let size = page::size(message.page_size, PAGE.0, PAGE.1)?;
        let after: Option<Uuid> = page::cursor(&message.employer, &message.page_token)?;
        let of = (!message.employer.is_empty())
            .then(|| employer("employer", &message.employer))
            .transpose()?;
        let found = query::registration::list(&self.deps, &scope, of, after, size)
            .await
            .map_err(status)?;
        let last = found.last().filter(|_| found.len() == size as usize);
        let next = last.map(|registered| page::token(&message.employer, &registered.person.as_uuid()));
        Ok(Response::new(wire::ListRegistrationsResponse {
            next_page_token: next.transpose()?.unwrap_or_default(),
            registrations: found
                .into_iter()
                .map(|view| encode::registration(&self.deps, view))
                .collect(),
        }))
    }

    async fn explain_availability(
        &self,
        request: Request<wire::ExplainAvailabilityRequest>,
    ) -> Result<Response<wire::ExplainAvailabilityResponse>, Status> {
        let scope = Scope::of(&request)?;
        let of = match request.get_ref().person.as_str() {
            "persons/me" | "" => PersonId::from_uuid(scope.require_person()?),
            name => person("person", name)?,
        };
        let found = query::availability::explain(&self.deps, &scope, of)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::ExplainAvailabilityResponse {
            step: step(found.step).into(),
            text: Some(encode::text(&found.step.text())),
            next: Some(encode::text(&found.step.next())),
            since: found.since.map(instant),
            due_on: found.due_on.map(Into::into),
            application: found
                .application
                .map(|id| self.deps.application_name(id))
                .unwrap_or_default(),
            licence_identifier: found.licence_identifier.unwrap_or_default(),
        }))
    }
}

fn step(step: Step) -> wire::AvailabilityStep {
    macro_rules! same_names {
        ($($name:ident)+) => { match step { $(Step::$name => wire::AvailabilityStep::$name,)+ } };
    }
    same_names!(NoQualification NotApplied Draft WaitingForEmployer RejectedByEmployer ReadyToSubmit CompletenessCheck
        CorrectionNeeded UnderReview UnderJointReview AwaitingDecision AwaitingPublicity InPublicity Objected
        AwaitingClearance AwaitingAnnouncement AnnouncedNotSent AnnouncedNotIssued Available NotAccepted Refused Withdrawn
        Ended)
}
