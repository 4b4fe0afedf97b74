//! Calls to identity for many at once: what imports need.

use api::identity::v1 as wire;
use api::identity::v1::bulk_directory_service_client::BulkDirectoryServiceClient;
use domain::credit_code::CreditCode;
use domain::document_number::{DocumentNumber, Sex};
use domain::ids::{EmployerId, PersonId};
use domain::name::PersonName;
use jiff::civil::Date;
use service_runtime::tls::PeerChannel;

use super::{Identity, read_employer, relay};
use crate::error::Error;
use crate::sealing::PersonFacts;
use crate::store::employer::Employer;

/// A thousand rows with long names.
const MESSAGE: usize = 4 << 20;

/// What a file says of one person.
pub(crate) struct PersonStated {
    pub(crate) name: PersonName,
    pub(crate) document: DocumentNumber,
    pub(crate) sex: Option<Sex>,
    pub(crate) birth_date: Option<Date>,
}

/// Who carries a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resolved {
    Known(PersonId),
    Unknown,
    NameDiffers,
}

/// What a file says of one employer.
#[derive(Debug, Clone)]
pub(crate) struct EmployerStated {
    pub(crate) title: String,
    pub(crate) credit_code: CreditCode,
    /// Codes of enterprise qualifications.
    pub(crate) classes: Vec<&'static str>,
}

/// What came of an employer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recorded {
    Now,
    Unchanged,
    Differs,
}

impl Identity {
    fn bulk(&self) -> BulkDirectoryServiceClient<PeerChannel> {
        BulkDirectoryServiceClient::new(self.channel.clone())
            .max_decoding_message_size(MESSAGE)
            .max_encoding_message_size(MESSAGE)
    }

    /// Who carries each document, in order; where asked to, somebody unknown is put on record.
    pub(crate) async fn resolve_persons(
        &self,
        stated: &[PersonStated],
        record: bool,
        purpose: &str,
    ) -> Result<Vec<Resolved>, Error> {
        if stated.is_empty() {
            return Ok(Vec::new());
        }
        let persons = stated.iter().map(|one| wire::PersonStatement {
            full_name: one.name.expose().to_owned(),
            document_kind: api::types::v1::DocumentKind::from(one.document.kind()).into(),
            document_number: one.document.expose().to_owned(),
            sex: one
                .sex
                .map(api::types::v1::Sex::from)
                .map(Into::into)
                .unwrap_or_default(),
            birth_date: one.birth_date.map(Into::into),
        });
        let request = wire::ResolvePersonsRequest {
            persons: persons.collect(),
            record,
            purpose: purpose.to_owned(),
        };
        let answer = self.bulk().resolve_persons(request).await.map_err(relay)?;
        let answers = answer.into_inner().persons;
        same_length(stated.len(), answers.len())?;
        answers.into_iter().map(|one| resolved(&one)).collect()
    }

    /// The facts of persons; somebody who is not on record is left out.
    pub(crate) async fn persons(
        &self,
        persons: &[PersonId],
        purpose: &str,
    ) -> Result<Vec<(PersonId, PersonFacts)>, Error> {
        let request = wire::GetPersonsRequest {
            names: persons.iter().map(|person| person.resource_name()).collect(),
            purpose: purpose.to_owned(),
        };
        let answer = self.bulk().get_persons(request).await.map_err(relay)?;
        let found = answer.into_inner().persons;
        found.iter().map(|known| self.read_person(known)).collect()
    }

    /// The employers that codes mean, in order.
    pub(crate) async fn employers(&self, keys: &[String]) -> Result<Vec<Option<Employer>>, Error> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let request = wire::ResolveEmployersRequest { keys: keys.to_vec() };
        let answer = self.bulk().resolve_employers(request).await.map_err(relay)?;
        let answers = answer.into_inner().employers;
        same_length(keys.len(), answers.len())?;
        let read = |one: wire::ResolvedEmployer| {
            let Some(known) = one.employer else {
                return Ok(None);
            };
            let id = EmployerId::from_resource_name(&known.name)
                .map_err(|_| Error::internal("identity: an employer has no name"))?;
            Ok(Some(read_employer(id, known)))
        };
        answers.into_iter().map(read).collect()
    }

    /// Hands employers of this province over, or asks what would come of it.
    pub(crate) async fn record_employers(
        &self,
        stated: &[EmployerStated],
        validate_only: bool,
        purpose: &str,
    ) -> Result<Vec<Recorded>, Error> {
        if stated.is_empty() {
            return Ok(Vec::new());
        }
        let class = |code: &&'static str| {
            let name = format!("EMPLOYER_QUALIFICATION_{code}");
            wire::EmployerQualification::from_str_name(&name)
                .map(Into::into)
                .unwrap_or_default()
        };
        let employers = stated.iter().map(|one| wire::EmployerStatement {
            title: one.title.clone(),
            credit_code: one.credit_code.as_str().to_owned(),
            qualifications: one.classes.iter().map(class).collect(),
        });
        let request = wire::RecordEmployersRequest {
            employers: employers.collect(),
            validate_only,
            purpose: purpose.to_owned(),
        };
        let answer = self.bulk().record_employers(request).await.map_err(relay)?;
        let answers = answer.into_inner().employers;
        same_length(stated.len(), answers.len())?;
        let read = |one: wire::RecordedEmployer| {
            use wire::recorded_employer::Outcome;
            match one.outcome() {
                Outcome::Recorded => Ok(Recorded::Now),
                Outcome::Unchanged => Ok(Recorded::Unchanged),
                Outcome::Differs => Ok(Recorded::Differs),
                Outcome::Unspecified => Err(Error::internal("identity: an employer came to nothing")),
            }
        };
        answers.into_iter().map(read).collect()
    }
}

fn same_length(asked: usize, answered: usize) -> Result<(), Error> {
    if asked == answered {
        Ok(())
    } else {
        Err(Error::internal(
            "identity: another number of answers than of questions",
        ))
    }
}

fn resolved(one: &wire::ResolvedPerson) -> Result<Resolved, Error> {
    use wire::resolved_person::Outcome;
    Ok(match one.outcome() {
        Outcome::Known | Outcome::Recorded => {
            let person = PersonId::from_resource_name(&one.person);
            Resolved::Known(person.map_err(|_| Error::internal("identity: a person has no name"))?)
        }
        Outcome::Unknown => Resolved::Unknown,
        Outcome::NameDiffers => Resolved::NameDiffers,
        Outcome::Unspecified => return Err(Error::internal("identity: a person came to nothing")),
    })
}
