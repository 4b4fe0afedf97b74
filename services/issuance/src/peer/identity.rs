//! `identity`: who somebody is, and which employer it is.

use std::collections::{BTreeSet, HashMap};

use api::convert::{Read as _, read_term};
use api::identity::v1 as wire;
use api::identity::v1::bulk_directory_service_client::BulkDirectoryServiceClient;
use api::identity::v1::directory_service_client::DirectoryServiceClient;
use api::types::v1 as types;
use domain::credit_code::CreditCode;
use domain::document_number::DocumentNumber;
use domain::ids::{EmployerId, PersonId};
use domain::name::PersonName;
use domain::province::Province;
use domain::register::RegisteredEmployer;
use jiff::civil::Date;
use service_runtime::Refusal;
use service_runtime::tls::PeerChannel;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::error::Error;
use crate::holder::Person;

const PEER: &str = "identity";
/// A thousand persons with long names.
const BULK: usize = 4 << 20;

/// The service that knows people and employers.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    directory: DirectoryServiceClient<PeerChannel>,
    bulk: BulkDirectoryServiceClient<PeerChannel>,
}

/// What identity knows of a person.
pub(crate) enum Found {
    /// Everything that a certificate prints.
    Complete(Person),
    /// On record, but a fact is missing.
    Incomplete,
    /// Nobody.
    Unknown,
}

impl Identity {
    /// Speaks over a channel.
    pub(crate) fn new(channel: PeerChannel) -> Self {
        Self {
            directory: DirectoryServiceClient::new(channel.clone()),
            bulk: BulkDirectoryServiceClient::new(channel)
                .max_decoding_message_size(BULK)
                .max_encoding_message_size(BULK),
        }
    }

    /// A person; `purpose` goes into identity's access log.
    pub(crate) async fn person(
        &self,
        person: PersonId,
        purpose: &str,
        today: Date,
    ) -> Result<Found, Refusal> {
        let request = wire::GetPersonRequest {
            name: person.resource_name(),
            purpose: purpose.to_owned(),
        };
        let answer = match self.directory.clone().get_person(request).await {
            Ok(answer) => answer.into_inner(),
            Err(status) if status.code() == Code::NotFound => return Ok(Found::Unknown),
            Err(status) => return Err(relay(status)),
        };
        let Some(found) = answer.person.filter(|found| found.name == person.resource_name()) else {
            return Err(Refusal::internal("identity answered with another person"));
        };
        Ok(read_person(&found, today).map_or(Found::Incomplete, Found::Complete))
    }

    /// Lets identity know who stands for a person; none: nobody any more. Idempotent by nature.
    pub(crate) async fn link_persons(
        &self,
        merged: PersonId,
        surviving: Option<PersonId>,
    ) -> Result<(), Refusal> {
        let request = wire::LinkPersonsRequest {
            name: merged.resource_name(),
            survivor: surviving.map(|person| person.resource_name()).unwrap_or_default(),
        };
        self.directory
            .clone()
            .link_persons(request)
            .await
            .map_err(relay)?;
        Ok(())
    }

    /// An employer.
    pub(crate) async fn employer(&self, employer: EmployerId) -> Result<Option<RegisteredEmployer>, Refusal> {
        let request = wire::LookUpEmployerRequest {
            name: employer.resource_name(),
        };
        let answer = match self.directory.clone().look_up_employer(request).await {
            Ok(answer) => answer.into_inner(),
            Err(status) if status.code() == Code::NotFound => return Ok(None),
            Err(status) => return Err(relay(status)),
        };
        let Some(found) = answer.employer else {
            return Ok(None);
        };
        read_employer(&found)
            .filter(|read| read.id == employer)
            .map(Some)
            .ok_or_else(|| Refusal::internal("identity answered with an employer that is none"))
    }

    /// Those of the persons of whom everything is known that a certificate prints.
    pub(crate) async fn persons(
        &self,
        persons: &[PersonId],
        purpose: &str,
        today: Date,
    ) -> Result<HashMap<Uuid, Person>, Error> {
        let request = wire::GetPersonsRequest {
            names: persons.iter().map(|person| person.resource_name()).collect(),
            purpose: purpose.to_owned(),
        };
        let answer = self.bulk.clone().get_persons(request).await.map_err(relay)?;
        let read = answer.into_inner().persons.into_iter().filter_map(|found| {
            let id = PersonId::from_resource_name(&found.name).ok()?;
            Some((id.as_uuid(), read_person(&found, today)?))
        });
        Ok(read.collect())
    }

    /// Those of the employers that are on record.
    pub(crate) async fn employers(
        &self,
        employers: impl Iterator<Item = EmployerId>,
    ) -> Result<HashMap<Uuid, RegisteredEmployer>, Error> {
        let named: BTreeSet<_> = employers.collect();
        let request = wire::ResolveEmployersRequest {
            keys: named.iter().map(|employer| employer.resource_name()).collect(),
        };
        let answer = self
            .bulk
            .clone()
            .resolve_employers(request)
            .await
            .map_err(relay)?;
        let found = answer.into_inner().employers.into_iter();
        let read = found.filter_map(|one| read_employer(&one.employer?));
        Ok(read.map(|one| (one.id.as_uuid(), one)).collect())
    }
}

fn read_employer(found: &wire::Employer) -> Option<RegisteredEmployer> {
    Some(RegisteredEmployer {
        id: EmployerId::from_resource_name(&found.name).ok()?,
        credit_code: CreditCode::parse(&found.credit_code).ok()?,
        province: Province::from_code(&found.province)?,
        name: found.title.clone(),
    })
}

fn relay(status: Status) -> Refusal {
    Refusal::relay(PEER, status)
}

fn read_person(found: &wire::Person, today: Date) -> Option<Person> {
    let kind = read_term::<types::DocumentKind, _>(found.document_kind, "document_kind").ok()?;
    let document = DocumentNumber::parse(kind, &found.document_number, today).ok()?;
    Some(Person {
        name: PersonName::parse(&found.full_name).ok()?,
        document,
        sex: read_term::<types::Sex, _>(found.sex, "sex").ok()?,
        birth_date: found.birth_date.read("birth_date").ok()?,
    })
}
