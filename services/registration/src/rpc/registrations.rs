//! `registration.v1.RegistrationService`

use api::convert::{instant, read_term};
use api::registration::v1 as wire;
use api::registration::v1::registration_service_server::RegistrationService;
use api::types::v1 as types;
use domain::availability::{AvailabilityStep as Step, NextActor};
use domain::calendar::day_of;
use domain::document_number::{DocumentKind, DocumentNumber};
use domain::ids::PersonId;
use domain::name::PersonName;
use domain::registration_number::RegistrationNumber;
use service_runtime::clock::Clock as _;
use service_runtime::{Caller, Refusal, Scope, page};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{PAGE, Rpc, employer, encode, malformed, person, status};
use crate::error::violation;
use crate::query;
use crate::query::availability::{About, Asking, Explanation, TypedDocument};
use crate::store::registration_number::HeldNumber;

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
        let numbers = query::registration::numbers(&self.deps, of)
            .await
            .map_err(status)?;
        let registration = Some(wire::Registration {
            numbers: numbers.into_iter().map(held).collect(),
            ..encode::registration(&self.deps, found)
        });
        Ok(Response::new(wire::GetRegistrationResponse { registration }))
    }

    async fn list_registrations(
        &self,
        request: Request<wire::ListRegistrationsRequest>,
    ) -> Result<Response<wire::ListRegistrationsResponse>, Status> {
        let scope = Scope::of(&request)?;
        let message = request.into_inner();
        let size = page::size(message.page_size, PAGE.0, PAGE.1)?;
        if !message.registration_number.is_empty() {
            return self.by_number(&scope, &message).await;
        }
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
        let caller = Caller::of(&request)?;
        let (scope, name) = (caller.scope().clone(), caller.name());
        let message = request.into_inner();
        let about = match (message.person.as_str(), message.typed) {
            ("", Some(typed)) => About::Typed(self.typed(&typed)?),
            (_, Some(_)) => return Err(Refusal::invalid("typed", "not beside `person`").into()),
            ("persons/me" | "", None) => About::Person(PersonId::from_uuid(scope.require_person()?)),
            (name, None) => About::Person(person("person", name)?),
        };
        let asking = Asking {
            scope: &scope,
            name: &name,
        };
        let found = query::availability::explain(&self.deps, asking, about)
            .await
            .map_err(status)?;
        Ok(Response::new(self.explanation(found)))
    }
}

impl Rpc {
    fn typed(&self, typed: &wire::TypedDocument) -> Result<TypedDocument, Refusal> {
        let kind = read_term::<types::DocumentKind, DocumentKind>(typed.document_kind, "typed.document_kind");
        let today = day_of(self.deps.clock.now());
        let violation = |field: &str, text: String| Refusal::invalid(field, text);
        let document = DocumentNumber::parse(kind.map_err(malformed)?, &typed.document_number, today);
        Ok(TypedDocument {
            document: document
                .map_err(|fault| violation("typed.document_number", crate::error::violation(&fault)))?,
            name: PersonName::parse(&typed.full_name)
                .map_err(|fault| violation("typed.full_name", crate::error::violation(&fault)))?,
        })
    }

    fn explanation(&self, found: Explanation) -> wire::ExplainAvailabilityResponse {
        let actor = found.step.actor();
        wire::ExplainAvailabilityResponse {
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
            actor: next_actor(actor).into(),
            actor_text: Some(encode::text(&actor.text())),
            actor_names: found.actors,
            registration_step: found.registration.map(|of| step(of).into()).unwrap_or_default(),
            registration_text: found.registration.map(|of| encode::text(&of.text())),
            missing_materials: found
                .missing
                .into_iter()
                .map(|kind| wire::MaterialKind::from(kind).into())
                .collect(),
            corrections: found.corrections,
            paused_since: found.paused.as_ref().map(|(since, _)| (*since).into()),
            paused_for: found.paused.map(|(_, reason)| reason).unwrap_or_default(),
            overdue: found.overdue,
            until: found.until.map(Into::into),
            ground: found.ground,
            province: found.province.unwrap_or_default(),
            ahead: found.ahead,
            nation_unreachable: found.nation_unreachable,
        }
    }
}

impl Rpc {
    /// The registration that a number leads to, present or former, in either form; none where nobody has had it here.
    async fn by_number(
        &self,
        scope: &Scope,
        message: &wire::ListRegistrationsRequest,
    ) -> Result<Response<wire::ListRegistrationsResponse>, Status> {
        let number = RegistrationNumber::parse(&message.registration_number)
            .map_err(|fault| Refusal::invalid("registration_number", violation(&fault)))?;
        let found = query::registration::by_number(&self.deps, scope, number)
            .await
            .map_err(status)?;
        let mut registrations = Vec::new();
        if let Some((registered, numbers)) = found {
            registrations.push(wire::Registration {
                numbers: numbers.into_iter().map(held).collect(),
                ..encode::registration(&self.deps, registered)
            });
        }
        Ok(Response::new(wire::ListRegistrationsResponse {
            registrations,
            next_page_token: String::new(),
        }))
    }
}

fn held(held: HeldNumber) -> wire::HeldNumber {
    wire::HeldNumber {
        registration_number: held.number,
        from: held.from.map(instant),
        to: held.to.map(instant),
    }
}

fn step(step: Step) -> wire::AvailabilityStep {
    macro_rules! same_names {
        ($($name:ident)+) => { match step { $(Step::$name => wire::AvailabilityStep::$name,)+ } };
    }
    same_names!(NoQualification NameDiffers NotApplied Draft PhotoMissing SignatureImageMissing WaitingForEmployer
        RejectedByEmployer ReadyToSubmit CompletenessCheck CorrectionNeeded UnderReview UnderJointReview AwaitingDecision
        AwaitingPublicity InPublicity Objected AwaitingClearance AwaitingAnnouncement AnnouncedNotSent ExchangeStopped
        AnnouncedNotIssued IssuanceBacklog SealUnavailable IssuanceStopped PicturesMissing Available RenewalPending
        Suspended Expired Lapsed Cancelled Revoked Stripped Ended Moved RegisteredElsewhere SupersededByChange
        NotAccepted Refused Withdrawn)
}

fn next_actor(actor: NextActor) -> wire::AvailabilityActor {
    macro_rules! same_names {
        ($($name:ident)+) => { match actor { $(NextActor::$name => wire::AvailabilityActor::$name,)+ } };
    }
    same_names!(Nobody Person Employer AcceptingAuthority ReviewingAuthority JointReviewer DecidingAuthority
        AnnouncingAuthority Nation OtherProvince)
}
