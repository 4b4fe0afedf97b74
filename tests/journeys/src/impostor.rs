//! Whoever got hold of a province's certificate and exchange key, and speaks to the nation as that province.

use api::exchange::v1 as wire;
use api::exchange::v1::exchange_service_client::ExchangeServiceClient;
use api::types::v1 as types;
use gm::PrivateKey;
use harness::{Role, World};
use jianzheng::clients::{self, Caller};
use postgres::hash::GENESIS;
use postgres::outbox::link_hash;
use prost::Message as _;
use service_runtime::tls::{Gate, PeerChannel};
use testkit::actors::{Answer, request_id};

/// A client with everything that makes a province.
pub struct Impostor {
    province: String,
    key: PrivateKey,
    client: ExchangeServiceClient<PeerChannel>,
}

impl Impostor {
    /// Takes certificate and key out of the province's folder.
    ///
    /// # Panics
    /// If they are not there.
    pub fn of(world: &World, province: &str) -> Self {
        let deployment = world.fleet.deployment();
        let role = Role::Registration(province.to_owned());
        let pem = std::fs::read_to_string(deployment.home(&role).join("exchange-key.pem")).expect("on file");
        let caller = Caller::Province(province);
        let channel =
            clients::channel(deployment, &caller, &Role::Issuance, Gate::Provinces).expect("a certificate");
        Self {
            province: province.to_owned(),
            key: PrivateKey::from_pkcs8_pem(&pem).expect("a key"),
            client: ExchangeServiceClient::new(channel),
        }
    }

    /// What the nation has of the province, byte for byte.
    ///
    /// # Panics
    /// If it does not say.
    pub async fn kept(&self) -> Vec<wire::Envelope> {
        let request = wire::FetchEnvelopesRequest { after: 0 };
        let answer = self.client.clone().fetch_envelopes(request).await;
        answer.expect("its own").into_inner().envelopes
    }

    /// Pushes batches on one stream, each under a good signature; returns how far the nation has applied after each, and
    /// why the stream stands if it does.
    pub async fn push(&self, batches: Vec<Vec<wire::Envelope>>) -> Answer<Vec<(u64, String)>> {
        let sign = |batch| testkit::batch::signed(&self.province, &self.key, batch);
        let signed: Vec<_> = batches.into_iter().map(sign).collect();
        let mut client = self.client.clone();
        let mut receipts = client
            .push_changes(tokio_stream::iter(signed))
            .await?
            .into_inner();
        let mut told = Vec::new();
        while let Some(receipt) = receipts.message().await? {
            told.push((receipt.applied_through, receipt.stopped_reason));
        }
        Ok(told)
    }

    /// The hash that an envelope has to declare.
    ///
    /// # Panics
    /// If it has no predecessor's.
    pub fn hash(&self, envelope: &wire::Envelope) -> [u8; 32] {
        let previous = envelope.previous_hash.as_ref().try_into().expect("32 bytes");
        let stream = format!("provinces/{}", self.province);
        let sequence = envelope.sequence.cast_signed();
        link_hash(&stream, sequence, 1, previous, &envelope.payload)
    }

    /// An announcement that nobody cleared, as the first envelope of the province: well formed, well signed.
    pub fn forged(&self, person: &str, employer: &str, at: jiff::Timestamp) -> wire::Envelope {
        let today = service_runtime::clock::day_of(at);
        let forged = wire::AnnouncedRegistration {
            application: format!("provinces/{}/applications/{}", self.province, request_id()),
            clearance_id: request_id(),
            person: person.to_owned(),
            employer: employer.to_owned(),
            r#type: types::ApplicationType::Initial.into(),
            application_hash: vec![7; 32].into(),
            registration_number: "浙1332022202399999".to_owned(),
            specialties: vec![types::SpecialtyValidity {
                specialty: types::Specialty::Building.into(),
                valid_from: Some(today.into()),
                valid_to: Some(today.saturating_add(jiff::Span::new().years(3)).into()),
            }],
            announcement_number: "浙建注公告〔2023〕1号".to_owned(),
            announced_at: Some(api::convert::instant(at)),
            announced_by: format!("provinces/{}", self.province),
            decided_by: "ministry".to_owned(),
            cancellation: None,
            correction: None,
        };
        let event = wire::ProvincialEvent {
            schema_version: 1,
            occurred_at: Some(api::convert::instant(at)),
            event: Some(wire::provincial_event::Event::Announced(forged)),
        };
        let mut envelope = wire::Envelope {
            format: 1,
            province: self.province.clone(),
            sequence: 1,
            previous_hash: GENESIS.to_vec().into(),
            payload: event.encode_to_vec().into(),
            ..Default::default()
        };
        envelope.hash = self.hash(&envelope).to_vec().into();
        envelope
    }
}
