//! `identity`: who somebody is, which employer it is, and what verifies tokens.

use api::convert::{Read as _, read_term};
use api::identity::v1 as wire;
use api::identity::v1::access_service_client::AccessServiceClient;
use api::identity::v1::directory_service_client::DirectoryServiceClient;
use api::types::v1 as types;
use domain::credit_code::CreditCode;
use domain::document_number::DocumentNumber;
use domain::ids::{EmployerId, PersonId};
use domain::name::PersonName;
use domain::province::Province;
use domain::register::RegisteredEmployer;
use futures_util::{Stream, StreamExt as _};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use service_runtime::Refusal;
use service_runtime::auth::PublicJwk;
use service_runtime::tls::PeerChannel;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::holder::Person;

const PEER: &str = "identity";

/// The service that knows people and employers.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    directory: DirectoryServiceClient<PeerChannel>,
    access: AccessServiceClient<PeerChannel>,
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

/// A session that ended before its time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Revoked {
    pub(crate) number: u64,
    /// None when the message only says how far the feed is.
    pub(crate) session: Option<(Uuid, Timestamp)>,
}

impl Identity {
    /// Speaks over a channel.
    pub(crate) fn new(channel: PeerChannel) -> Self {
        Self {
            directory: DirectoryServiceClient::new(channel.clone()),
            access: AccessServiceClient::new(channel),
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
        let read = || {
            Some(RegisteredEmployer {
                id: EmployerId::from_resource_name(&found.name)
                    .ok()
                    .filter(|id| *id == employer)?,
                credit_code: CreditCode::parse(&found.credit_code).ok()?,
                province: Province::from_code(&found.province)?,
                name: found.title.clone(),
            })
        };
        read()
            .map(Some)
            .ok_or_else(|| Refusal::internal("identity answered with an employer that is none"))
    }

    /// The keys that verify tokens.
    pub(crate) async fn key_set(&self) -> Result<Vec<PublicJwk>, Refusal> {
        #[derive(Deserialize)]
        struct KeySet {
            keys: Vec<PublicJwk>,
        }
        let answer = self
            .access
            .clone()
            .get_key_set(wire::GetKeySetRequest {})
            .await
            .map_err(relay)?;
        let set: KeySet = serde_json::from_str(&answer.into_inner().jwks).map_err(Refusal::internal)?;
        Ok(set.keys)
    }

    /// Sessions as they are revoked, after a number.
    pub(crate) async fn revocations(
        &self,
        after: u64,
    ) -> Result<impl Stream<Item = Result<Revoked, Refusal>> + Send + Unpin + use<>, Refusal> {
        let request = wire::WatchRevocationsRequest { after };
        let answer = self
            .access
            .clone()
            .watch_revocations(request)
            .await
            .map_err(relay)?;
        Ok(answer.into_inner().map(|message| {
            let message = message.map_err(relay)?;
            let at = message.revoked_at.read("revoked_at").ok();
            let session = message
                .subject
                .strip_prefix("sessions/")
                .and_then(|id| Uuid::try_parse(id).ok());
            Ok(Revoked {
                number: message.number,
                session: session.zip(at),
            })
        }))
    }
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
