//! Calls to the nation's exchange (design §3).

mod checkpoint;
pub(crate) mod comparison;
pub(crate) mod event;
pub(crate) mod migration;
mod moves;
pub(crate) mod standing;

use api::convert::{Malformed, Read as _, instant, read_term};
use api::exchange::v1 as wire;
use api::exchange::v1::exchange_service_client::ExchangeServiceClient;
use api::types::v1 as types;
use domain::application::ApplicationType;
use domain::authority::Authority;
use domain::ids::{ApplicationId, ClearanceId, PersonId};
use domain::province::Province;
use domain::register::{EndCause, StatusCode};
use domain::registration_number::RegistrationNumber;
use domain::specialty::Specialty;
use domain::validity::Validity;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::outbox::{Envelope, Position};
use prost::Message as _;
use service_runtime::Refusal;
use service_runtime::tls::PeerChannel;
use tokio_stream::{Stream, StreamExt as _};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::exchange::Receipt;
use crate::store::application::Record;
use crate::store::exchange::Skipped;
use crate::terms::QualificationReference;

/// The nation's issuance service.
#[derive(Debug, Clone)]
pub(crate) struct Issuance {
    channel: PeerChannel,
    province: Province,
}

/// A picture in the clear, on its way to the nation.
pub(crate) struct Picture {
    pub(crate) media_type: String,
    pub(crate) content: Zeroizing<Vec<u8>>,
}

/// One application to be cleared.
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) record: Record,
    pub(crate) qualifications: Vec<QualificationReference>,
    pub(crate) photo: Option<Picture>,
    pub(crate) signature: Option<Picture>,
    pub(crate) decided: (Authority, Timestamp),
}

/// What the nation says about it.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) application: ApplicationId,
    /// Cleared, or the stable reason why not.
    pub(crate) outcome: Result<Cleared, String>,
}

/// A clearance.
#[derive(Debug, Clone)]
pub(crate) struct Cleared {
    pub(crate) id: Uuid,
    pub(crate) number: RegistrationNumber,
    pub(crate) announce_by: Timestamp,
}

/// What an act of the nation has made of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// 撤销 or 吊销.
    Ended(EndCause),
    /// 暂扣, until a day where it is stated.
    Suspended(Option<Date>),
    /// 暂扣发还.
    Restored,
}

/// What the nation has to tell.
#[derive(Debug, Clone)]
pub(crate) enum News {
    CertificateIssued {
        application: String,
        licence_identifier: String,
    },
    MovedAway {
        person: PersonId,
        to: String,
    },
    /// Another province has asked for a registration of this one.
    MoveBegun {
        person: PersonId,
        to: String,
    },
    MoveCancelled {
        person: PersonId,
    },
    /// The register refused a row of a succession.
    SuccessionRefused {
        row: Uuid,
        reason: String,
    },
    /// The register refused a row of a lapse, or of undoing one.
    LapseRefused {
        row: Uuid,
        reason: String,
    },
    /// The nation has revoked, stripped, suspended or restored a registration.
    NationalActTaken {
        person: PersonId,
        taken: Taken,
        at: Timestamp,
    },
    /// A day has begun that changes a registration though nobody acted.
    StatusChangedByTime {
        person: PersonId,
        status: StatusCode,
        day: Date,
    },
    /// Two ids are one human being, or are so no more.
    PersonsLinked {
        person: PersonId,
        /// Who stands for the person; none once they are split.
        survivor: Option<PersonId>,
        at: Timestamp,
    },
    /// The register refused a row of an existing register.
    MigrationRefused {
        row: Uuid,
        reason: String,
    },
    /// Two national officers left an event of ours out.
    EnvelopeSkipped(Skipped),
    /// Two national officers voided a clearance of ours.
    ClearanceVoided {
        application: ApplicationId,
        clearance: ClearanceId,
    },
    Heartbeat,
}

impl Issuance {
    pub(crate) fn new(channel: PeerChannel, province: Province) -> Self {
        Self { channel, province }
    }

    fn client(&self) -> ExchangeServiceClient<PeerChannel> {
        ExchangeServiceClient::new(self.channel.clone())
    }

    /// Claims that the person has no other open application; the inner error is the nation's reason.
    pub(crate) async fn claim(
        &self,
        application: &str,
        person: PersonId,
        kind: ApplicationType,
    ) -> Result<Result<(), String>, Error> {
        let request = wire::ClaimApplicationRequest {
            application: application.to_owned(),
            person: person.resource_name(),
            r#type: api::types::v1::ApplicationType::from(kind).into(),
        };
        let answer = self
            .client()
            .claim_application(request)
            .await
            .map_err(relay)?
            .into_inner();
        Ok(if answer.held { Ok(()) } else { Err(answer.reason) })
    }

    /// Gives a claim back.
    pub(crate) async fn release(&self, application: &str, reason: &str) -> Result<(), Error> {
        let request = wire::ReleaseClaimRequest {
            application: application.to_owned(),
            reason: reason.to_owned(),
        };
        self.client().release_claim(request).await.map_err(relay)?;
        Ok(())
    }

    /// Asks for clearance.
    pub(crate) async fn clear(&self, items: Vec<Item>) -> Result<Vec<Answer>, Error> {
        let items = items.into_iter().map(item).collect();
        let request = wire::RequestClearanceRequest { items };
        let answer = self
            .client()
            .request_clearance(request)
            .await
            .map_err(relay)?
            .into_inner();
        answer.clearances.into_iter().map(cleared).collect()
    }

    /// Sends one signed batch and returns what the nation answers until it has all of it or stops.
    pub(crate) async fn push(
        &self,
        envelopes: Vec<Envelope>,
        signature: Vec<u8>,
        key_id: &[u8],
    ) -> Result<impl Stream<Item = Result<Receipt, Error>> + use<>, Error> {
        let envelopes = envelopes
            .into_iter()
            .map(|envelope| self.envelope(envelope))
            .collect();
        let request = wire::PushChangesRequest {
            envelopes,
            head_signature: signature.into(),
            key_id: key_id.to_vec().into(),
        };
        let answer = self
            .client()
            .push_changes(tokio_stream::once(request))
            .await
            .map_err(relay)?;
        let read = |message: Result<wire::PushChangesResponse, tonic::Status>| {
            let message = message.map_err(relay)?;
            // A stop before anything was applied has no receipt, and so no time.
            let applied_at = match message.applied_at {
                None if !message.stopped_reason.is_empty() => Timestamp::UNIX_EPOCH,
                at => at
                    .read("applied_at")
                    .map_err(|_| Error::internal("issuance: a receipt has no time"))?,
            };
            Ok(Receipt {
                sequence: message.applied_through,
                hash: message.applied_hash.to_vec(),
                applied_at,
                signature: message.receipt_signature.to_vec(),
                stopped: Some(message.stopped_reason).filter(|reason| !reason.is_empty()),
            })
        };
        Ok(answer.into_inner().map(read))
    }

    /// Tells the nation where our outbox ends; returns what it has applied, and what it finds.
    pub(crate) async fn report_head(
        &self,
        head: &Position,
        held: Option<&Receipt>,
    ) -> Result<(Receipt, Option<String>), Error> {
        let request = wire::ReportHeadRequest {
            sequence: head.sequence.cast_unsigned(),
            hash: head.hash.to_vec().into(),
            receipted: held.map_or(0, |held| held.sequence),
            receipted_hash: held.map(|held| held.hash.clone()).unwrap_or_default().into(),
            receipted_at: held.map(|held| instant(held.applied_at)),
            receipt_signature: held.map(|held| held.signature.clone()).unwrap_or_default().into(),
        };
        let answer = self
            .client()
            .report_head(request)
            .await
            .map_err(relay)?
            .into_inner();
        let receipt = Receipt {
            sequence: answer.applied_through,
            hash: answer.applied_hash.to_vec(),
            applied_at: answer
                .applied_at
                .read("applied_at")
                .map_err(|_| Error::internal("issuance: a receipt has no time"))?,
            signature: answer.receipt_signature.to_vec(),
            stopped: None,
        };
        Ok((
            receipt,
            Some(answer.finding).filter(|finding| !finding.is_empty()),
        ))
    }

    /// Our own envelopes after a number, as the nation keeps them; their hashes are theirs to prove.
    pub(crate) async fn fetch_envelopes(&self, after: i64) -> Result<Vec<Envelope>, Error> {
        let request = wire::FetchEnvelopesRequest {
            after: after.cast_unsigned(),
        };
        let answer = self
            .client()
            .fetch_envelopes(request)
            .await
            .map_err(relay)?
            .into_inner();
        let malformed = || Error::internal("issuance: an envelope cannot be read");
        answer
            .envelopes
            .into_iter()
            .map(|envelope| {
                let told = wire::ProvincialEvent::decode(&*envelope.payload).map_err(|_| malformed())?;
                Ok(Envelope {
                    stream: format!("provinces/{}", self.province),
                    sequence: i64::try_from(envelope.sequence).map_err(|_| malformed())?,
                    format: i32::try_from(envelope.format).map_err(|_| malformed())?,
                    previous_hash: (*envelope.previous_hash).try_into().map_err(|_| malformed())?,
                    payload: envelope.payload.to_vec(),
                    at: told.occurred_at.read("occurred_at").map_err(|_| malformed())?,
                })
            })
            .collect()
    }

    /// The nation's feed after a number.
    pub(crate) async fn pull(
        &self,
        after: u64,
    ) -> Result<impl Stream<Item = Result<(u64, News), Error>> + use<>, Error> {
        let answer = self
            .client()
            .pull_changes(wire::PullChangesRequest { after })
            .await
            .map_err(relay)?;
        let read = |message: Result<wire::PullChangesResponse, tonic::Status>| news(message.map_err(relay)?);
        Ok(answer.into_inner().map(read))
    }

    fn envelope(&self, envelope: Envelope) -> wire::Envelope {
        let hash = envelope.hash().to_vec();
        wire::Envelope {
            format: u32::try_from(envelope.format).unwrap_or_default(),
            province: self.province.code().to_owned(),
            sequence: u64::try_from(envelope.sequence).unwrap_or_default(),
            previous_hash: envelope.previous_hash.to_vec().into(),
            payload: envelope.payload.into(),
            hash: hash.into(),
        }
    }
}

fn news(message: wire::PullChangesResponse) -> Result<(u64, News), Error> {
    use wire::pull_changes_response::Event;
    let malformed = || Error::internal("issuance: a change names no person");
    let news = match message.event {
        Some(Event::CertificateIssued(issued)) => News::CertificateIssued {
            application: issued.application,
            licence_identifier: issued.licence_identifier,
        },
        Some(Event::MovedAway(moved)) => News::MovedAway {
            person: PersonId::from_resource_name(&moved.person).map_err(|_| malformed())?,
            to: moved.to_province,
        },
        Some(Event::MoveBegun(begun)) => News::MoveBegun {
            person: PersonId::from_resource_name(&begun.person).map_err(|_| malformed())?,
            to: begun.to_province,
        },
        Some(Event::MoveCancelled(cancelled)) => News::MoveCancelled {
            person: PersonId::from_resource_name(&cancelled.person).map_err(|_| malformed())?,
        },
        Some(Event::SuccessionRefused(refused)) => News::SuccessionRefused {
            row: Uuid::try_parse(&refused.row)
                .map_err(|_| Error::internal("issuance: a refusal names no row"))?,
            reason: refused.reason,
        },
        Some(Event::LapseRefused(refused)) => News::LapseRefused {
            row: Uuid::try_parse(&refused.row)
                .map_err(|_| Error::internal("issuance: a refusal names no row"))?,
            reason: refused.reason,
        },
        Some(Event::MigrationRefused(refused)) => News::MigrationRefused {
            row: Uuid::try_parse(&refused.row)
                .map_err(|_| Error::internal("issuance: a refusal names no row"))?,
            reason: refused.reason,
        },
        Some(Event::NationalActTaken(act)) => {
            let unreadable = |_| Error::internal("issuance: an act of the nation cannot be read");
            News::NationalActTaken {
                person: PersonId::from_resource_name(&act.person).map_err(|_| malformed())?,
                taken: taken(&act).map_err(unreadable)?,
                at: act.at.read("at").map_err(unreadable)?,
            }
        }
        Some(Event::StatusChangedByTime(changed)) => {
            let unreadable = |_| Error::internal("issuance: a change by time cannot be read");
            News::StatusChangedByTime {
                person: PersonId::from_resource_name(&changed.person).map_err(|_| malformed())?,
                status: read_term::<types::StatusCode, _>(changed.status_code, "status_code")
                    .map_err(unreadable)?,
                day: changed.day.read("day").map_err(unreadable)?,
            }
        }
        Some(Event::PersonsLinked(linked)) => {
            let named = |name: &str| PersonId::from_resource_name(name).map_err(|_| malformed());
            let unreadable = |_| Error::internal("issuance: a link of persons cannot be read");
            News::PersonsLinked {
                person: named(&linked.person)?,
                survivor: (!linked.survivor.is_empty())
                    .then(|| named(&linked.survivor))
                    .transpose()?,
                at: linked.at.read("at").map_err(unreadable)?,
            }
        }
        Some(Event::EnvelopeSkipped(skipped)) => News::EnvelopeSkipped(Skipped {
            sequence: i64::try_from(skipped.sequence)
                .map_err(|_| Error::internal("issuance: a skipped event has no number"))?,
            hash: skipped.hash.to_vec(),
            reason: skipped.reason,
            repair: skipped.repair,
        }),
        Some(Event::ClearanceVoided(voided)) => {
            let unreadable = || Error::internal("issuance: a voided clearance cannot be read");
            let (_, application) =
                ApplicationId::from_name_in(&voided.application).map_err(|_| unreadable())?;
            News::ClearanceVoided {
                application,
                clearance: voided.clearance_id.parse().map_err(|_| unreadable())?,
            }
        }
        Some(Event::Heartbeat(_)) => News::Heartbeat,
        None => {
            return Err(Error::internal(
                "issuance: a change of an unknown kind; the feed waits",
            ));
        }
    };
    Ok((message.number, news))
}

fn taken(act: &wire::NationalActTaken) -> Result<Taken, Malformed> {
    let status: StatusCode = read_term::<types::StatusCode, _>(act.status_code, "status_code")?;
    Ok(match status {
        StatusCode::Suspended => Taken::Suspended(match act.until {
            None => None,
            until => Some(until.read("until")?),
        }),
        StatusCode::Valid => Taken::Restored,
        _ => Taken::Ended(read_term::<types::EndCause, _>(act.cause, "cause")?),
    })
}

fn item(item: Item) -> wire::ClearanceItem {
    let Item {
        name,
        record,
        qualifications,
        photo,
        signature,
        decided: (decided_by, decided_at),
    } = item;
    let application = &record.application;
    let qualifications = qualifications
        .into_iter()
        .map(|one| wire::QualificationReference {
            specialty: api::types::v1::Specialty::from(one.specialty).into(),
            qualification_number: one.number,
            issued_on: Some(one.issued_on.into()),
        });
    wire::ClearanceItem {
        application: name,
        person: application.person.resource_name(),
        employer: application.employer.resource_name(),
        r#type: api::types::v1::ApplicationType::from(application.kind).into(),
        specialties: validities(record.terms.as_deref().unwrap_or_default()),
        qualifications: qualifications.collect(),
        application_hash: record.hash.clone().unwrap_or_default().into(),
        proposed_registration_number: record.proposed_number.clone().unwrap_or_default(),
        photo: photo.map(picture),
        signature_image: signature.map(picture),
        decided_by: decided_by.to_string(),
        decided_at: Some(instant(decided_at)),
        cancellation: application.cancellation_terms().as_ref().map(Into::into),
        correction: application.correction_terms().map(Into::into),
    }
}

fn picture(picture: Picture) -> wire::Picture {
    wire::Picture {
        media_type: picture.media_type,
        content: picture.content.to_vec().into(),
    }
}

/// Specialties with their terms on the wire.
fn validities(terms: &[(Specialty, Validity)]) -> Vec<api::types::v1::SpecialtyValidity> {
    terms
        .iter()
        .map(|(specialty, term)| api::types::v1::SpecialtyValidity {
            specialty: api::types::v1::Specialty::from(*specialty).into(),
            valid_from: Some(term.from.into()),
            valid_to: Some(term.to.into()),
        })
        .collect()
}

fn cleared(clearance: wire::Clearance) -> Result<Answer, Error> {
    let malformed = || Error::internal("issuance: a clearance cannot be read");
    let (_, application) = ApplicationId::from_name_in(&clearance.application).map_err(|_| malformed())?;
    let outcome = if clearance.cleared {
        let id = clearance
            .clearance_id
            .rsplit('/')
            .next()
            .and_then(|id| Uuid::try_parse(id).ok());
        Ok(Cleared {
            id: id.ok_or_else(malformed)?,
            number: RegistrationNumber::parse(&clearance.registration_number).map_err(|_| malformed())?,
            announce_by: clearance
                .announce_by
                .read("announce_by")
                .map_err(|_| malformed())?,
        })
    } else {
        Err(clearance.reason)
    };
    Ok(Answer { application, outcome })
}

fn relay(status: tonic::Status) -> Error {
    Refusal::relay("issuance", status).into()
}
