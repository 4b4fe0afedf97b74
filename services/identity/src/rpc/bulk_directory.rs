//! `identity.v1.BulkDirectoryService`

use api::convert::{Read as _, read_term};
use api::identity::v1 as wire;
use api::identity::v1::bulk_directory_service_server::BulkDirectoryService;
use api::types::v1 as types;
use domain::credit_code::CreditCode;
use domain::ids::PersonId;
use domain::province::Province;
use jiff::civil::Date;
use service_runtime::tls::PeerIdentity;
use service_runtime::{Caller, Refusal};
use tonic::{Request, Response, Status, async_trait};
use uuid::Uuid;

use super::{Rpc, name, status, terms};
use crate::command::record_employers::{self, Recorded, record_employers};
use crate::command::resolve_persons::{self, Resolved, resolve_persons};
use crate::error::violation;
use crate::purpose::Purpose;
use crate::query::{get_persons, resolve_employers};
use crate::sealing::PersonFacts;

/// Most of one call.
const MOST: usize = 1_000;

#[async_trait]
impl BulkDirectoryService for Rpc {
    async fn resolve_persons(
        &self,
        request: Request<wire::ResolvePersonsRequest>,
    ) -> Result<Response<wire::ResolvePersonsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let message = request.get_ref();
        at_most(message.persons.len(), "persons")?;
        let purpose = Purpose::parse(&message.purpose)?;
        let today = self.deps.clock.today();
        let statements = message.persons.iter().map(|one| person(one, today));
        let statements: Vec<_> = statements.collect::<Result<_, _>>()?;
        let resolved = resolve_persons(&self.deps, caller, &statements, message.record, &purpose)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::ResolvePersonsResponse {
            persons: resolved.into_iter().map(resolved_person).collect(),
        }))
    }

    async fn get_persons(
        &self,
        request: Request<wire::GetPersonsRequest>,
    ) -> Result<Response<wire::GetPersonsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let message = request.get_ref();
        at_most(message.names.len(), "names")?;
        let purpose = Purpose::parse(&message.purpose)?;
        let read = |one: &String| name(PersonId::from_resource_name(one), "names").map(PersonId::as_uuid);
        let ids: Vec<Uuid> = message.names.iter().map(read).collect::<Result<_, _>>()?;
        let found = get_persons::get_persons(&self.deps, caller, &ids, &purpose)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::GetPersonsResponse {
            persons: found.iter().map(terms::person).collect(),
        }))
    }

    async fn resolve_employers(
        &self,
        request: Request<wire::ResolveEmployersRequest>,
    ) -> Result<Response<wire::ResolveEmployersResponse>, Status> {
        let caller = Caller::of(&request)?;
        let keys = &request.get_ref().keys;
        at_most(keys.len(), "keys")?;
        let found = resolve_employers::resolve_employers(&self.deps, caller, keys)
            .await
            .map_err(status)?;
        let employers = found.into_iter().map(|one| wire::ResolvedEmployer {
            employer: one.map(terms::employer),
        });
        Ok(Response::new(wire::ResolveEmployersResponse {
            employers: employers.collect(),
        }))
    }

    async fn record_employers(
        &self,
        request: Request<wire::RecordEmployersRequest>,
    ) -> Result<Response<wire::RecordEmployersResponse>, Status> {
        let caller = Caller::of(&request)?;
        let province = match caller.peer() {
            Some(PeerIdentity::Province { code, .. }) => Province::from_code(code),
            _ => None,
        };
        let province = province.ok_or_else(|| Refusal::new(service_runtime::error::PERMISSION_DENIED))?;
        let message = request.get_ref();
        at_most(message.employers.len(), "employers")?;
        let purpose = Purpose::parse(&message.purpose)?;
        let statements: Vec<_> = message.employers.iter().map(employer).collect::<Result<_, _>>()?;
        let only = message.validate_only;
        let recorded = record_employers(&self.deps, caller, province, &statements, only, &purpose)
            .await
            .map_err(status)?;
        Ok(Response::new(wire::RecordEmployersResponse {
            employers: recorded.into_iter().map(recorded_employer).collect(),
        }))
    }
}

fn at_most(count: usize, field: &str) -> Result<(), Refusal> {
    if count > MOST {
        return Err(Refusal::invalid(field, "at most 1000"));
    }
    Ok(())
}

fn person(one: &wire::PersonStatement, today: Date) -> Result<resolve_persons::Statement, Refusal> {
    let (name, number) =
        terms::name_and_document(&one.full_name, one.document_kind, &one.document_number, today)?;
    let stated = one.birth_date.map(|day| day.read("birth_date"));
    let stated = stated
        .transpose()
        .map_err(|fault| Refusal::invalid(fault.field, fault.expected))?;
    let facts = PersonFacts {
        sex: number
            .sex()
            .or_else(|| read_term::<types::Sex, _>(one.sex, "sex").ok()),
        birth_date: number.birth_date().or(stated),
    };
    Ok(resolve_persons::Statement { number, name, facts })
}

fn resolved_person(resolved: Resolved) -> wire::ResolvedPerson {
    use wire::resolved_person::Outcome;
    let (outcome, person) = match resolved {
        Resolved::Known(person) => (Outcome::Known, Some(person)),
        Resolved::Recorded(person) => (Outcome::Recorded, Some(person)),
        Resolved::Unknown => (Outcome::Unknown, None),
        Resolved::NameDiffers => (Outcome::NameDiffers, None),
    };
    wire::ResolvedPerson {
        outcome: outcome.into(),
        person: person.map(PersonId::resource_name).unwrap_or_default(),
    }
}

fn employer(one: &wire::EmployerStatement) -> Result<record_employers::Statement, Refusal> {
    let title = one.title.trim();
    if title.is_empty() || title.chars().count() > 200 {
        return Err(Refusal::invalid("title", "1 to 200 characters"));
    }
    let credit_code = CreditCode::parse(&one.credit_code)
        .map_err(|fault| Refusal::invalid("credit_code", violation(&fault)))?;
    Ok(record_employers::Statement {
        title: title.to_owned(),
        credit_code,
        qualifications: terms::qualifications(&one.qualifications)?,
    })
}

fn recorded_employer(recorded: Recorded) -> wire::RecordedEmployer {
    use wire::recorded_employer::Outcome;
    let (outcome, employer) = match recorded {
        Recorded::Now(id) => (Outcome::Recorded, id),
        Recorded::Unchanged(id) => (Outcome::Unchanged, id),
        Recorded::Differs(id) => (Outcome::Differs, id),
    };
    wire::RecordedEmployer {
        outcome: outcome.into(),
        employer: employer.resource_name(),
    }
}
