//! A province's half: applications, a chain of events, its signature.

use api::exchange::v1 as wire;
use api::exchange::v1::exchange_service_client::ExchangeServiceClient;
use api::types::v1 as types;
use api::types::v1::ApplicationType;
use gm::{Algorithm, PrivateKey};
use jiff::civil::{Date, date};
use personal_data::OsRandom;
use postgres::hash::{GENESIS, Hash};
use postgres::outbox::Envelope;
use prost::Message as _;
use rand_core::UnwrapErr;
use service_runtime::tls::PeerChannel;
use tonic::Status;
use uuid::Uuid;
use wire::provincial_event::Event;

use crate::world::{Person, World};

/// A province that has told nothing yet.
pub(crate) struct Province {
    pub(crate) code: &'static str,
    prefix: char,
    key: PrivateKey,
    sequence: i64,
    head: Hash,
    pub(crate) client: ExchangeServiceClient<PeerChannel>,
}

/// One application on its way.
#[derive(Debug, Clone)]
pub(crate) struct Application {
    pub(crate) name: String,
    pub(crate) person: String,
    pub(crate) employer: String,
    pub(crate) kind: ApplicationType,
    pub(crate) hash: [u8; 32],
    pub(crate) proposed: String,
    pub(crate) specialties: Vec<(types::Specialty, Date, Date)>,
    pub(crate) pictures: u64,
    pub(crate) cancellation: Option<types::CancellationTerms>,
    pub(crate) correction: Option<types::CorrectionTerms>,
}

impl Province {
    pub(crate) fn new(
        code: &'static str,
        prefix: char,
        client: ExchangeServiceClient<PeerChannel>,
        key: PrivateKey,
    ) -> Self {
        Self {
            code,
            prefix,
            key,
            sequence: 0,
            head: GENESIS,
            client,
        }
    }

    /// The same province, for what goes on beside its stream.
    pub(crate) fn again(&self) -> Self {
        Self::new(self.code, self.prefix, self.client.clone(), Self::key())
    }

    pub(crate) fn key() -> PrivateKey {
        PrivateKey::generate(Algorithm::Sm2WithSm3, &mut UnwrapErr(OsRandom))
    }

    /// An application with water and hydropower, decided and publicized in the province.
    pub(crate) fn application(&self, person: &Person, employer: &str, kind: ApplicationType) -> Application {
        let id = Uuid::new_v4();
        let serial = id.as_u128() % 99_999 + 1;
        Application {
            name: format!("provinces/{}/applications/{id}", self.code),
            person: person.name(),
            employer: employer.to_owned(),
            kind,
            hash: [id.as_bytes()[0]; 32],
            proposed: format!("{}1{}20182026{serial:05}", self.prefix, self.code),
            specialties: vec![(
                types::Specialty::WaterAndHydropower,
                date(2026, 5, 4),
                date(2029, 5, 3),
            )],
            pictures: person.ordinal.into(),
            cancellation: (kind == ApplicationType::Cancellation).then(whole_cancellation),
            correction: None,
        }
    }

    pub(crate) async fn claim(
        &self,
        application: &Application,
    ) -> Result<wire::ClaimApplicationResponse, Status> {
        let request = wire::ClaimApplicationRequest {
            application: application.name.clone(),
            person: application.person.clone(),
            r#type: application.kind.into(),
        };
        Ok(self.client.clone().claim_application(request).await?.into_inner())
    }

    pub(crate) async fn clear(&self, application: &Application) -> wire::Clearance {
        let answer = self
            .clear_all(vec![item(application)])
            .await
            .expect("clearance is answered");
        answer.into_iter().next().expect("one for each")
    }

    pub(crate) async fn clear_all(
        &self,
        items: Vec<wire::ClearanceItem>,
    ) -> Result<Vec<wire::Clearance>, Status> {
        let request = wire::RequestClearanceRequest { items };
        Ok(self
            .client
            .clone()
            .request_clearance(request)
            .await?
            .into_inner()
            .clearances)
    }

    /// Claimed and cleared.
    pub(crate) async fn cleared(&self, application: &Application) -> wire::Clearance {
        if application.kind != ApplicationType::Cancellation
            && application.kind != ApplicationType::Correction
        {
            assert!(self.claim(application).await.expect("the claim is answered").held);
        }
        let clearance = self.clear(application).await;
        assert!(clearance.cleared, "{}", clearance.reason);
        clearance
    }

    /// The event of an announcement, as the outbox would hold it.
    pub(crate) fn announced(
        &self,
        world: &World,
        application: &Application,
        clearance: &wire::Clearance,
    ) -> Event {
        Event::Announced(wire::AnnouncedRegistration {
            application: application.name.clone(),
            clearance_id: clearance.clearance_id.clone(),
            person: application.person.clone(),
            employer: application.employer.clone(),
            r#type: application.kind.into(),
            application_hash: application.hash.to_vec().into(),
            registration_number: clearance.registration_number.clone(),
            specialties: validities(application),
            announcement_number: "苏建注公告〔2026〕1号".to_owned(),
            announced_at: Some(api::convert::instant(world.now())),
            announced_by: format!("provinces/{}", self.code),
            decided_by: format!("provinces/{}", self.code),
            cancellation: application.cancellation.clone(),
            correction: application.correction.clone(),
        })
    }

    /// The next envelope of the chain; the chain goes on behind it.
    pub(crate) fn seal(&mut self, world: &World, event: Event) -> wire::Envelope {
        self.seal_schema(world, event, 1)
    }

    pub(crate) fn seal_schema(&mut self, world: &World, event: Event, schema_version: u32) -> wire::Envelope {
        let message = wire::ProvincialEvent {
            schema_version,
            occurred_at: Some(api::convert::instant(world.now())),
            event: Some(event),
        };
        let envelope = Envelope {
            stream: format!("provinces/{}", self.code),
            sequence: self.sequence + 1,
            format: 1,
            previous_hash: self.head,
            payload: message.encode_to_vec(),
            at: world.now(),
        };
        self.sequence += 1;
        self.head = envelope.hash();
        wire::Envelope {
            format: 1,
            province: self.code.to_owned(),
            sequence: envelope.sequence.cast_unsigned(),
            previous_hash: envelope.previous_hash.to_vec().into(),
            hash: envelope.hash().to_vec().into(),
            payload: envelope.payload.into(),
        }
    }

    /// Takes the chain back to a place, as a province does that rewrites what was not applied (or tries to).
    pub(crate) fn rewind(&mut self, sequence: i64, head: Hash) {
        (self.sequence, self.head) = (sequence, head);
    }

    pub(crate) fn place(&self) -> (i64, Hash) {
        (self.sequence, self.head)
    }

    /// A batch under the province's signature.
    pub(crate) fn batch(&self, envelopes: Vec<wire::Envelope>) -> wire::PushChangesRequest {
        testkit::batch::signed(self.code, &self.key, envelopes)
    }

    /// Pushes one signed batch; returns its receipt.
    pub(crate) async fn push(
        &self,
        envelopes: Vec<wire::Envelope>,
    ) -> Result<wire::PushChangesResponse, Status> {
        self.push_batch(self.batch(envelopes)).await
    }

    pub(crate) async fn push_batch(
        &self,
        batch: wire::PushChangesRequest,
    ) -> Result<wire::PushChangesResponse, Status> {
        let batches = futures_util::stream::iter([batch]);
        let mut receipts = self.client.clone().push_changes(batches).await?.into_inner();
        receipts
            .message()
            .await?
            .ok_or_else(|| Status::unknown("no receipt"))
    }

    /// From claim to receipt.
    pub(crate) async fn announce(
        &mut self,
        world: &World,
        application: &Application,
    ) -> wire::PushChangesResponse {
        let clearance = self.cleared(application).await;
        let event = self.announced(world, application, &clearance);
        let envelope = self.seal(world, event);
        let receipt = self.push(vec![envelope]).await.expect("a receipt");
        assert_eq!(receipt.stopped_reason, "");
        receipt
    }
}

/// The person's own, of the whole registration.
pub(crate) fn whole_cancellation() -> types::CancellationTerms {
    types::CancellationTerms {
        initiator: types::CancellationInitiator::Holder.into(),
        ground: types::CancellationGround::OwnWish.into(),
        whole: true,
        specialties: Vec::new(),
    }
}

/// What the nation is asked about an application.
pub(crate) fn item(application: &Application) -> wire::ClearanceItem {
    item_with(application, &pictures(application.pictures))
}

/// Photo and signature image of a seed.
pub(crate) fn pictures(seed: u64) -> [wire::Picture; 2] {
    let picture = |media_type: &str, content: Vec<u8>| wire::Picture {
        media_type: media_type.to_owned(),
        content: content.into(),
    };
    [
        picture("image/jpeg", testkit::picture::photo_jpeg(seed)),
        picture("image/png", testkit::picture::signature_png(seed)),
    ]
}

/// As [`item`], with pictures made before: drawing them takes most of the time of a test with many people.
pub(crate) fn item_with(
    application: &Application,
    [photo, signature]: &[wire::Picture; 2],
) -> wire::ClearanceItem {
    let qualification = |(specialty, _, _): &(types::Specialty, Date, Date)| wire::QualificationReference {
        specialty: (*specialty).into(),
        qualification_number: "20180503230320201800000001".to_owned(),
        issued_on: Some(date(2018, 5, 3).into()),
    };
    wire::ClearanceItem {
        application: application.name.clone(),
        person: application.person.clone(),
        employer: application.employer.clone(),
        r#type: application.kind.into(),
        specialties: validities(application),
        qualifications: application.specialties.iter().map(qualification).collect(),
        application_hash: application.hash.to_vec().into(),
        proposed_registration_number: application.proposed.clone(),
        photo: Some(photo.clone()),
        signature_image: Some(signature.clone()),
        decided_by: application
            .name
            .split("/applications")
            .next()
            .unwrap_or_default()
            .to_owned(),
        decided_at: Some(Default::default()),
        cancellation: application.cancellation.clone(),
        correction: application.correction.clone(),
    }
}

fn validities(application: &Application) -> Vec<types::SpecialtyValidity> {
    let validity = |(specialty, from, to): &(types::Specialty, Date, Date)| types::SpecialtyValidity {
        specialty: (*specialty).into(),
        valid_from: Some((*from).into()),
        valid_to: Some((*to).into()),
    };
    application.specialties.iter().map(validity).collect()
}
