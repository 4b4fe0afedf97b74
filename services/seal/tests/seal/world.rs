//! The service as the tests see it: real keys, real PostgreSQL, real mTLS.

use std::net::SocketAddr;

use api::seal::v1 as wire;
use gm::Certificate;
use jiff::Timestamp;
use personal_data::OsRandom;
use postgres::test_support::TestDatabase;
use rand_core::UnwrapErr;
use seal::ceremony::{Places, Plan};
use seal::{App, BuildError, Config};
use service_runtime::Lifecycle;
use service_runtime::tls::{Gate, PeerChannel};
use testkit::realm::Realm;
use wire::seal_service_client::SealServiceClient;
use wire::signing_outcome::Outcome as Signing;

pub(crate) const PATH: &str = "/Doc_0/Signs/Sign_0/Signature.xml";

pub(crate) struct World {
    pub(crate) realm: Realm,
    pub(crate) database: TestDatabase,
    address: SocketAddr,
    pub(crate) officers: SocketAddr,
    life: Lifecycle,
}

impl World {
    pub(crate) async fn new() -> Self {
        #[expect(clippy::disallowed_methods, reason = "a test starts at the machine's present")]
        let now = Timestamp::now();
        let realm = Realm::new(now);
        let places = Places {
            keystore: realm.folder().join("keystore"),
            offline: realm.folder().join("offline"),
            trust: realm.folder().join("trust"),
        };
        let plan = Plan {
            seal: "specimen".to_owned(),
            es_id: "JZ-SPECIMEN-0001".to_owned(),
            title: "样本机关行政许可专用章".to_owned(),
            authority: "样本机关".to_owned(),
            picture: b"\x89PNG of a stamp".to_vec(),
            diameter_mm: 45,
            from: now - jiff::SignedDuration::from_hours(1),
        };
        seal::ceremony::hold(&plan, &places, &mut UnwrapErr(OsRandom)).expect("the ceremony succeeds");
        let database = postgres::test_support::database("seal", &seal::MIGRATIONS).await;
        let mut world = Self {
            realm,
            database,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            officers: SocketAddr::from(([127, 0, 0, 1], 0)),
            life: Lifecycle::new(),
        };
        world.restart("").await;
        world
    }

    /// Starts the service (again); what it knows is in keystore and database only.
    pub(crate) async fn restart(&mut self, more: &str) {
        self.try_restart("development", more).await.expect("it starts");
    }

    /// As [`World::restart`], for those that may not start.
    pub(crate) async fn try_restart(&mut self, deployment: &str, more: &str) -> Result<(), BuildError> {
        let settings = self.database.app();
        let database = format!(
            "[database]\nsocket = {:?}\nport = {}\ndatabase = {:?}\nrole = {:?}\npassword_file = {:?}\n",
            settings.socket.expect("tests use a socket"),
            settings.port,
            settings.database,
            settings.role,
            settings.password_file.expect("roles have passwords"),
        );
        let text = format!(
            "deployment = {deployment:?}\n[listen]\nservices = \"127.0.0.1:0\"\nclients = \"127.0.0.1:0\"\n\
             [keystore]\nfolder = \"keystore\"\n{database}{}{more}",
            self.realm.tls_section("nation/seal")
        );
        let config = service_runtime::config::parse(&text, self.realm.folder(), Config::read);
        let config = config.unwrap_or_else(|faults| panic!("{faults}"));
        self.life = Lifecycle::new();
        let app = App::build(config).await?;
        let running = app.serve(&self.life).await.expect("it listens");
        self.address = running.address(Gate::Services).expect("the gate is open");
        self.officers = running.address(Gate::Clients).expect("the gate is open");
        Ok(())
    }

    /// Certificates that the ceremony left for everybody.
    pub(crate) fn anchors(&self, name: &str) -> Vec<Certificate> {
        let pem = std::fs::read_to_string(self.realm.folder().join("trust").join(name)).expect("written");
        Certificate::all_from_pem(&pem).expect("certificates")
    }

    pub(crate) fn channel(&self, caller: &str) -> PeerChannel {
        self.realm.channel(caller, "nation/seal", self.address)
    }

    pub(crate) fn client(&self, caller: &str) -> SealServiceClient<PeerChannel> {
        SealServiceClient::new(self.channel(caller))
    }

    pub(crate) async fn sign(&self, requests: Vec<wire::SigningRequest>) -> Vec<Signing> {
        let answer = self
            .client("nation/issuance")
            .sign_documents(wire::SignDocumentsRequest { requests })
            .await;
        let outcomes = answer.expect("the call is answered").into_inner().outcomes;
        outcomes
            .into_iter()
            .map(|outcome| outcome.outcome.expect("every outcome says something"))
            .collect()
    }

    pub(crate) async fn seal(&self) -> wire::Seal {
        let request = wire::GetSealRequest {
            name: "seals/specimen".into(),
        };
        let answer = self.client("nation/issuance").get_seal(request).await;
        answer
            .expect("the seal is there")
            .into_inner()
            .seal
            .expect("with its content")
    }
}

pub(crate) fn intent() -> String {
    uuid::Uuid::new_v4().to_string()
}

pub(crate) fn ofd(intent: &str, hash: [u8; 32]) -> wire::SigningRequest {
    let document = wire::OfdSealing {
        data_hash: hash.to_vec().into(),
        property_info: PATH.to_owned(),
    };
    wire::SigningRequest {
        intent_id: intent.to_owned(),
        profile: wire::DocumentProfile::Original.into(),
        seal: "seals/specimen".to_owned(),
        specimen: true,
        document: Some(wire::signing_request::Document::Ofd(document)),
        inclusion_proof: Default::default(),
        seal_digest: Default::default(),
    }
}

pub(crate) fn pdf(intent: &str, hash: [u8; 32]) -> wire::SigningRequest {
    let document = wire::PdfSigning {
        byte_range_sha256: hash.to_vec().into(),
    };
    wire::SigningRequest {
        document: Some(wire::signing_request::Document::Pdf(document)),
        ..ofd(intent, hash)
    }
}

pub(crate) fn pdf_sm2(intent: &str, hash: [u8; 32]) -> wire::SigningRequest {
    let document = wire::PdfSm2Signing {
        byte_range_sm3: hash.to_vec().into(),
    };
    wire::SigningRequest {
        document: Some(wire::signing_request::Document::PdfSm2(document)),
        ..ofd(intent, hash)
    }
}

pub(crate) fn signature(outcome: &Signing) -> &wire::SignedDocument {
    match outcome {
        Signing::Signed(signed) => signed,
        Signing::Refused(refusal) => panic!("refused: {}", refusal.reason),
    }
}

pub(crate) fn reason(outcome: &Signing) -> &str {
    match outcome {
        Signing::Signed(_) => panic!("it was signed"),
        Signing::Refused(refusal) => &refusal.reason,
    }
}
