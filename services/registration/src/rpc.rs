//! The wire: decode, call one command or query, encode.

mod announcement_corrections;
mod announcements;
mod applications;
mod cancellations;
mod cases;
mod clocks;
mod details;
mod encode;
mod facts;
mod imports;
mod lapse_encoding;
mod lapses;
mod notices;
mod notifications;
mod objections;
mod qualifications;
mod reconciliations;
mod registrations;
mod reviews;
mod statement;
mod successions;
mod terminations;
mod witness;
mod work;

use std::sync::Arc;

use api::convert::{Malformed, read_term};
use domain::ids::{AccountId, ApplicationId, EmployerId, MaterialId, OfficerId, PersonId};
use domain::province::Jurisdiction;
use domain::specialty::Specialty;
use domain::work::Relations;
use prost::Message;
use service_runtime::clock::Clock as _;
use service_runtime::error::NOT_FOUND;
use service_runtime::{Caller, Lifecycle, Refusal, request};
use tonic::{Request, Status};
use uuid::Uuid;

use crate::command::Call;
use crate::deps::Deps;
use crate::error::Error;

/// The services of this province.
#[derive(Clone)]
pub(crate) struct Rpc {
    pub(crate) deps: Arc<Deps>,
    pub(crate) life: Lifecycle,
}

/// Usual and greatest page.
const PAGE: (u32, u32) = (50, 200);

impl Rpc {
    /// A write as called: who, when, which request, over what.
    fn call<T: Message>(
        &self,
        verb: &'static str,
        request: &Request<T>,
        request_id: &str,
    ) -> Result<Call, Refusal> {
        let body = self.deps.sealing.body_digest(&request.get_ref().encode_to_vec());
        self.call_over(verb, Caller::of(request)?, request_id, body)
    }

    /// As [`Rpc::call`], with a digest of what a stream brought.
    fn call_over(
        &self,
        verb: &'static str,
        caller: &Caller,
        request_id: &str,
        body: [u8; 32],
    ) -> Result<Call, Refusal> {
        Ok(Call {
            caller: caller.name(),
            verb,
            request: request::request_id(request_id)?,
            body,
            at: self.deps.clock.now(),
            scope: caller.scope().clone(),
            account: caller.account().map(AccountId::from_uuid),
            relations: relations(caller),
        })
    }

    /// Reads `provinces/{this}/applications/{id}`; another province's does not exist here.
    fn application(&self, field: &str, name: &str) -> Result<ApplicationId, Refusal> {
        let parsed = ApplicationId::from_name_in(name);
        let (jurisdiction, id) =
            parsed.map_err(|_| Refusal::invalid(field, "must be provinces/{province}/applications/{id}"))?;
        if jurisdiction == Jurisdiction::Province(self.deps.province) {
            Ok(id)
        } else {
            NOT_FOUND.refuse()
        }
    }

    /// Several of them.
    fn applications(&self, names: &[String]) -> Result<Vec<Uuid>, Refusal> {
        let read = |(index, name): (usize, &String)| {
            self.application(&format!("applications[{index}]"), name)
                .map(ApplicationId::as_uuid)
        };
        names.iter().enumerate().map(read).collect()
    }

    /// Reads `provinces/{this}/{collection}/{id}`.
    fn own<'a>(&self, field: &str, name: &'a str, collection: &str) -> Result<&'a str, Refusal> {
        let rest = name
            .strip_prefix("provinces/")
            .and_then(|rest| rest.split_once('/'));
        let found = rest.and_then(|(province, rest)| {
            let id = rest.strip_prefix(collection)?.strip_prefix('/')?;
            Some((province, id))
        });
        match found {
            Some((province, id)) if province == self.deps.province.code() => Ok(id),
            Some(_) => NOT_FOUND.refuse(),
            None => Err(Refusal::invalid(
                field,
                format!("must be provinces/{{province}}/{collection}/{{id}}"),
            )),
        }
    }

    /// As [`Rpc::own`], with a UUID at the end.
    fn own_id(&self, field: &str, name: &str, collection: &str) -> Result<Uuid, Refusal> {
        Uuid::try_parse(self.own(field, name, collection)?).map_err(|_| Refusal::new(NOT_FOUND))
    }

    /// Reads `provinces/{this}/applications/{id}/materials/{id}`.
    fn material(&self, field: &str, name: &str) -> Result<(ApplicationId, MaterialId), Refusal> {
        let malformed = || {
            Refusal::invalid(
                field,
                "must be provinces/{province}/applications/{id}/materials/{id}",
            )
        };
        let (application, material) = name.split_once("/materials/").ok_or_else(malformed)?;
        let material = Uuid::try_parse(material).map_err(|_| malformed())?;
        Ok((
            self.application(field, application)?,
            MaterialId::from_uuid(material),
        ))
    }
}

/// What the token says of an officer beside the office.
fn relations(caller: &Caller) -> Relations {
    let Some(claims) = caller.claims() else {
        return Relations::default();
    };
    Relations {
        person: claims.person.map(PersonId::from_uuid),
        employers: claims
            .employers
            .iter()
            .map(|grant| EmployerId::from_uuid(grant.employer))
            .collect(),
    }
}

fn employer(field: &str, name: &str) -> Result<EmployerId, Refusal> {
    EmployerId::from_resource_name(name).map_err(|_| Refusal::invalid(field, "must be employers/{employer}"))
}

fn officer(field: &str, name: &str) -> Result<OfficerId, Refusal> {
    OfficerId::from_resource_name(name).map_err(|_| Refusal::invalid(field, "must be officers/{officer}"))
}

fn person(field: &str, name: &str) -> Result<PersonId, Refusal> {
    PersonId::from_resource_name(name).map_err(|_| Refusal::invalid(field, "must be persons/{person}"))
}

fn specialties(numbers: &[i32]) -> Result<Vec<Specialty>, Refusal> {
    let read = |(index, number): (usize, &i32)| {
        read_term::<api::types::v1::Specialty, Specialty>(*number, &format!("specialties[{index}]"))
            .map_err(malformed)
    };
    numbers.iter().enumerate().map(read).collect()
}

fn malformed(error: Malformed) -> Refusal {
    Refusal::invalid(error.field, format!("expected {}", error.expected))
}

#[track_caller]
fn status(error: Error) -> Status {
    error.into_refusal().into_status()
}
