//! A province that announces first registrations.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use api::exchange::v1 as wire;
use api::exchange::v1::exchange_service_client::ExchangeServiceClient;
use api::types::v1 as types;
use bytes::Bytes;
use domain::registration_number::{RegistrationDigits, RegistrationNumber};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use gm::{PrivateKey, Signer as _};
use jiff::civil::date;
use personal_data::OsRandom;
use postgres::hash::{GENESIS, Hash};
use postgres::outbox::Envelope;
use prost::Message as _;
use rand_core::UnwrapErr;
use service_runtime::tls::PeerChannel;
use uuid::Uuid;
use wire::provincial_event::Event;

use crate::nation::directory::{employer_of, id, person_of};
use crate::nation::{MORNING, Nation, PROVINCES};

/// Envelopes under one signature.
const BATCH: usize = 500;
/// Applications that are cleared by one call, and calls at once.
const CLEARED: usize = 25;
const AT_ONCE: usize = 8;

/// One province and the end of its chain.
pub(super) struct Province {
    code: &'static str,
    key: Arc<PrivateKey>,
    sequence: i64,
    head: Hash,
    /// How many people were announced or are about to be.
    people: u32,
    /// Photo and signature of everybody.
    pictures: [Bytes; 2],
    client: ExchangeServiceClient<PeerChannel>,
}

/// One application for a first registration.
struct Application {
    name: String,
    person: String,
    employer: String,
    hash: [u8; 32],
    proposed: String,
}

impl Province {
    /// One that has told nothing yet. Pictures are small: they are stored before an announcement, and named by it.
    pub(super) fn of(nation: &Nation, nth: usize) -> Result<Self> {
        let code = *PROVINCES.get(nth).context("a province")?;
        Ok(Self {
            code,
            key: nation.exchange_key(nth)?,
            sequence: 0,
            head: GENESIS,
            people: 0,
            pictures: [
                Bytes::from_static(b"\xff\xd8\xff a photo of the bench"),
                Bytes::from_static(b"\x89PNG\r\n\x1a\n a signature of the bench"),
            ],
            client: nation.exchange(code)?,
        })
    }

    /// With pictures that can be drawn, so that documents can be made.
    pub(super) fn picturing(self, photo: Vec<u8>, signature: Vec<u8>) -> Self {
        Self {
            pictures: [photo.into(), signature.into()],
            ..self
        }
    }

    /// So many applications of people who were never registered, claimed and cleared, as signed batches of announcements that
    /// wait to be pushed.
    pub(super) async fn announcements(&mut self, count: u32) -> Result<Vec<wire::PushChangesRequest>> {
        let from = self.people;
        self.people += count;
        let applications = (from..self.people)
            .map(|nth| self.application(nth))
            .collect::<Result<Vec<_>>>()?;
        stream::iter(&applications)
            .map(|application| self.claim(application))
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await?;
        let cleared: Vec<Vec<wire::Clearance>> = stream::iter(applications.chunks(CLEARED))
            .map(|some| self.clear(some))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let mut envelopes = Vec::new();
        for (application, clearance) in applications.iter().zip(cleared.iter().flatten()) {
            ensure!(clearance.cleared, "{}", clearance.reason);
            let event = self.announced(application, clearance);
            envelopes.push(self.seal(event));
        }
        envelopes.chunks(BATCH).map(|some| self.batch(some)).collect()
    }

    /// Pushes batches, each after the receipt of the one before, as a province's job does.
    pub(super) async fn push(&self, batches: Vec<wire::PushChangesRequest>) -> Result<()> {
        let last = self.sequence.cast_unsigned();
        let mut receipts = self
            .client
            .clone()
            .push_changes(stream::iter(batches))
            .await?
            .into_inner();
        let mut through = 0;
        while let Some(receipt) = receipts.message().await? {
            ensure!(receipt.stopped_reason.is_empty(), "{}", receipt.stopped_reason);
            through = receipt.applied_through;
        }
        ensure!(through == last, "{through} of {last} envelopes are applied");
        Ok(())
    }

    fn application(&self, nth: u32) -> Result<Application> {
        let code: u8 = self.code.parse()?;
        let province = domain::province::Province::from_code(self.code).context("a province")?;
        let digits = RegistrationDigits::allocate(province, 2018, 2026, nth + 1)?;
        let id = Uuid::new_v4();
        Ok(Application {
            name: format!("provinces/{}/applications/{id}", self.code),
            person: format!("persons/{}", self::id(person_of(code, nth))),
            employer: employer_of(code, nth),
            hash: [id.as_bytes()[0]; 32],
            proposed: RegistrationNumber::new(province, digits).to_string(),
        })
    }

    async fn claim(&self, application: &Application) -> Result<()> {
        let request = wire::ClaimApplicationRequest {
            application: application.name.clone(),
            person: application.person.clone(),
            r#type: types::ApplicationType::Initial.into(),
        };
        let answer = self.client.clone().claim_application(request).await?;
        ensure!(answer.into_inner().held, "the claim is held");
        Ok(())
    }

    async fn clear(&self, applications: &[Application]) -> Result<Vec<wire::Clearance>> {
        let items = applications.iter().map(|one| self.item(one)).collect();
        let request = wire::RequestClearanceRequest { items };
        let answer = self.client.clone().request_clearance(request).await?;
        Ok(answer.into_inner().clearances)
    }

    fn item(&self, application: &Application) -> wire::ClearanceItem {
        let picture = |media_type: &str, content: &Bytes| wire::Picture {
            media_type: media_type.to_owned(),
            content: content.clone(),
        };
        let [photo, signature] = &self.pictures;
        wire::ClearanceItem {
            application: application.name.clone(),
            person: application.person.clone(),
            employer: application.employer.clone(),
            r#type: types::ApplicationType::Initial.into(),
            specialties: vec![term()],
            qualifications: vec![wire::QualificationReference {
                specialty: types::Specialty::WaterAndHydropower.into(),
                qualification_number: "20180503230320201800000001".to_owned(),
                issued_on: Some(date(2018, 5, 3).into()),
            }],
            application_hash: application.hash.to_vec().into(),
            proposed_registration_number: application.proposed.clone(),
            photo: Some(picture("image/jpeg", photo)),
            signature_image: Some(picture("image/png", signature)),
            decided_by: format!("provinces/{}", self.code),
            decided_at: Some(api::convert::instant(MORNING)),
            cancellation: None,
            correction: None,
        }
    }

    fn announced(&self, application: &Application, clearance: &wire::Clearance) -> Event {
        Event::Announced(wire::AnnouncedRegistration {
            application: application.name.clone(),
            clearance_id: clearance.clearance_id.clone(),
            person: application.person.clone(),
            employer: application.employer.clone(),
            r#type: types::ApplicationType::Initial.into(),
            application_hash: application.hash.to_vec().into(),
            registration_number: clearance.registration_number.clone(),
            specialties: vec![term()],
            announcement_number: "苏建注公告〔2026〕1号".to_owned(),
            announced_at: Some(api::convert::instant(MORNING)),
            announced_by: format!("provinces/{}", self.code),
            decided_by: format!("provinces/{}", self.code),
            cancellation: None,
            correction: None,
        })
    }

    /// The next envelope of the chain.
    fn seal(&mut self, event: Event) -> wire::Envelope {
        let message = wire::ProvincialEvent {
            schema_version: 1,
            occurred_at: Some(api::convert::instant(MORNING)),
            event: Some(event),
        };
        let envelope = Envelope {
            stream: format!("provinces/{}", self.code),
            sequence: self.sequence + 1,
            format: 1,
            previous_hash: self.head,
            payload: message.encode_to_vec(),
            at: MORNING,
        };
        self.sequence += 1;
        self.head = envelope.hash();
        wire::Envelope {
            format: 1,
            province: self.code.to_owned(),
            sequence: envelope.sequence.cast_unsigned(),
            previous_hash: envelope.previous_hash.to_vec().into(),
            hash: self.head.to_vec().into(),
            payload: envelope.payload.into(),
        }
    }

    fn batch(&self, envelopes: &[wire::Envelope]) -> Result<wire::PushChangesRequest> {
        let last = envelopes.last().context("a batch holds something")?;
        let message = [
            b"jianzheng exchange head v1".as_slice(),
            self.code.as_bytes(),
            &last.sequence.to_be_bytes(),
            &last.hash,
        ]
        .concat();
        let signature = self.key.sign(&message, &mut UnwrapErr(OsRandom))?;
        Ok(wire::PushChangesRequest {
            head_signature: signature.to_der().into(),
            key_id: Default::default(),
            envelopes: envelopes.to_vec(),
        })
    }
}

fn term() -> types::SpecialtyValidity {
    types::SpecialtyValidity {
        specialty: types::Specialty::WaterAndHydropower.into(),
        valid_from: Some(date(2026, 5, 4).into()),
        valid_to: Some(date(2029, 5, 3).into()),
    }
}
