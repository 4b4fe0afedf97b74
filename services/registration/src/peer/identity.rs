//! Calls to `identity`: people, employers.

pub(crate) mod bulk;

use api::convert::{Read as _, read_term};
use api::identity::v1 as wire;
use api::identity::v1::directory_service_client::DirectoryServiceClient;
use domain::document_number::{DocumentKind, DocumentNumber, Sex};
use domain::ids::{EmployerId, PersonId};
use domain::name::PersonName;
use service_runtime::Refusal;
use service_runtime::clock::{Clock as _, RegisterClock};
use service_runtime::tls::PeerChannel;
use tonic::Code;

use crate::error::{Error, PERSON_INCOMPLETE};
use crate::sealing::PersonFacts;
use crate::store::employer::Employer;

/// The nation's identity service.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    channel: PeerChannel,
    clock: RegisterClock,
}

impl Identity {
    pub(crate) fn new(channel: PeerChannel, clock: RegisterClock) -> Self {
        Self { channel, clock }
    }

    /// Where it is called.
    pub(crate) fn channel(&self) -> PeerChannel {
        self.channel.clone()
    }

    /// The facts of a person, for the application `purpose`.
    pub(crate) async fn person(&self, person: PersonId, purpose: &str) -> Result<PersonFacts, Error> {
        let request = wire::GetPersonRequest {
            name: person.resource_name(),
            purpose: purpose.to_owned(),
        };
        let answer = DirectoryServiceClient::new(self.channel.clone())
            .get_person(request)
            .await
            .map_err(relay)?;
        let known = answer
            .into_inner()
            .person
            .ok_or_else(|| Error::internal("identity: no person in the answer"))?;
        Ok(self.read_person(&known)?.1)
    }

    /// Who carries a document, if any account does; for `purpose`.
    pub(crate) async fn find_person(
        &self,
        kind: DocumentKind,
        document: &DocumentNumber,
        purpose: &str,
    ) -> Result<Option<(PersonId, PersonFacts)>, Error> {
        let request = wire::FindPersonRequest {
            document_kind: api::types::v1::DocumentKind::from(kind).into(),
            document_number: document.expose().to_owned(),
            purpose: purpose.to_owned(),
        };
        let answer = DirectoryServiceClient::new(self.channel.clone())
            .find_person(request)
            .await
            .map_err(relay)?;
        let found = answer.into_inner().person;
        found.map(|known| self.read_person(&known)).transpose()
    }

    fn read_person(&self, known: &wire::Person) -> Result<(PersonId, PersonFacts), Error> {
        let malformed = |_| Error::internal("identity: a person cannot be read");
        let id = PersonId::from_resource_name(&known.name)
            .map_err(|_| Error::internal("identity: a person has no name"))?;
        let kind =
            read_term::<api::types::v1::DocumentKind, DocumentKind>(known.document_kind, "document_kind");
        let kind = kind.map_err(malformed)?;
        let today = domain::calendar::day_of(self.clock.now());
        let document = DocumentNumber::parse(kind, &known.document_number, today)
            .map_err(|_| Error::internal("identity: a document number is none"))?;
        let name =
            PersonName::parse(&known.full_name).map_err(|_| Error::internal("identity: a name is none"))?;
        let told = known
            .birth_date
            .map(|day| day.read("birth_date").map_err(malformed))
            .transpose()?;
        let birth_date = told.or_else(|| document.birth_date()).ok_or(PERSON_INCOMPLETE)?;
        let sex = read_term::<api::types::v1::Sex, Sex>(known.sex, "sex")
            .ok()
            .or_else(|| document.sex());
        let facts = PersonFacts {
            name,
            document,
            sex,
            birth_date,
        };
        Ok((id, facts))
    }

    /// An employer, if it is registered.
    pub(crate) async fn employer(&self, employer: EmployerId) -> Result<Option<Employer>, Error> {
        let request = wire::LookUpEmployerRequest {
            name: employer.resource_name(),
        };
        let answer = DirectoryServiceClient::new(self.channel.clone())
            .look_up_employer(request)
            .await;
        let answer = match answer {
            Ok(answer) => answer.into_inner(),
            Err(status) if status.code() == Code::NotFound => return Ok(None),
            Err(status) => return Err(relay(status)),
        };
        Ok(answer.employer.map(|known| read_employer(employer, known)))
    }
}

fn read_employer(id: EmployerId, known: wire::Employer) -> Employer {
    let stands = matches!(
        known.standing(),
        wire::EmployerStanding::Qualified | wire::EmployerStanding::Unspecified
    );
    Employer {
        id,
        qualified: stands && !known.qualifications.is_empty(),
        title: known.title,
        credit_code: known.credit_code,
        province: known.province,
    }
}

fn relay(status: tonic::Status) -> Error {
    Refusal::relay("identity", status).into()
}
