//! The service among its neighbours.

use std::net::SocketAddr;

use api::issuance::v1::register_service_server::RegisterServiceServer;
use api::issuance::v1::watch_changes_response::Change;
use api::verification::v1 as wire;
use api::verification::v1::subscription_service_client::SubscriptionServiceClient;
use api::verification::v1::verification_service_client::VerificationServiceClient;
use api::verification::v1::verify_certificate_request::Subject;
use jiff::Timestamp;
use personal_data::{KeyKind, OsRandom, create_key_file};
use postgres::test_support::TestDatabase;
use service_runtime::auth::{Allow, AuthLevel, Claims, Rule, TokenKind, TokenSigner};
use service_runtime::clock::{Clock as _, ClockFile, RegisterClock};
use service_runtime::config::Common;
use service_runtime::tls::{Gate, Leaf, PeerChannel};
use service_runtime::{Lifecycle, Server};
use testkit::access::Access;
use testkit::realm::Realm;
use testkit::{double, tokens};
use tonic::{Code, Status, Streaming};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_types::StatusExt as _;
use verification::{App, Config};

use crate::doubles::{RegisterDouble, Script};
use crate::office;
use crate::story::begun;

/// The full name under which health is reported.
const SERVICE: &str = "jianzheng.verification.v1.VerificationService";
const OURS: Rule = Rule::Service("verification");
const REGISTER: &[Allow] = &[
    Allow::new("/jianzheng.issuance.v1.RegisterService/GetRegisterEntry", &[OURS]),
    Allow::new("/jianzheng.issuance.v1.RegisterService/WatchChanges", &[OURS]),
    Allow::new("/jianzheng.issuance.v1.RegisterService/ReadHistory", &[OURS]),
];
pub(crate) struct World {
    pub(crate) realm: Realm,
    pub(crate) database: TestDatabase,
    pub(crate) script: Script,
    pub(crate) clock: RegisterClock,
    pub(crate) clock_file: ClockFile,
    pub(crate) life: Lifecycle,
    neighbours: Lifecycle,
    address: SocketAddr,
    signer: TokenSigner,
    configuration: String,
}

impl World {
    /// The service, caught up with what the register has told.
    pub(crate) async fn new(told: impl IntoIterator<Item = Change>) -> Self {
        Self::with("", told).await
    }

    /// The same with more configuration.
    pub(crate) async fn with(more: &str, told: impl IntoIterator<Item = Change>) -> Self {
        let world = Self::starting(more, told, false).await;
        world.serving().await;
        world
    }

    /// The same under a bundle that says that the keys of the seals are in other hands since then.
    pub(crate) async fn compromised(since: Timestamp, told: impl IntoIterator<Item = Change>) -> Self {
        let world = Self::under(Some(since), "", told, false).await;
        world.serving().await;
        world
    }

    /// The service as it starts; a silent register lets it catch up without a heartbeat.
    pub(crate) async fn starting(more: &str, told: impl IntoIterator<Item = Change>, silent: bool) -> Self {
        Self::under(None, more, told, silent).await
    }

    async fn under(
        compromised: Option<Timestamp>,
        more: &str,
        told: impl IntoIterator<Item = Change>,
        silent: bool,
    ) -> Self {
        #[expect(clippy::disallowed_methods, reason = "TLS goes by the machine's present")]
        let realm = Realm::new(Timestamp::now());
        let folder = realm.folder().to_owned();
        let clock_file = ClockFile::create(&folder.join("clock"), begun()).expect("a clock");
        let clock = RegisterClock::controlled(ClockFile::open(&folder.join("clock")).expect("a clock"));
        std::fs::create_dir(folder.join("keys")).expect("a folder");
        create_key_file(&folder.join("keys"), KeyKind::BlindIndex, 1, &mut OsRandom).expect("a key");
        office::OFFICE.publish(&folder.join("trust"), compromised);
        let script = Script::new();
        for change in told {
            script.tell(&clock, change);
        }
        script.reach(5);
        script.silence(silent);
        let signer =
            TokenSigner::from_pem("k1", &TokenSigner::generate_pem().expect("a key")).expect("a signer");
        let neighbours = Lifecycle::new();
        let register = RegisterDouble {
            script: script.clone(),
            clock: clock.clone(),
        };
        let issuance = neighbour(&realm, "nation/issuance", &neighbours, |server| {
            server
                .allow(REGISTER)
                .service(RegisterServiceServer::new(register))
        });
        let issuance = issuance.await;
        let access = Access::new(&[signer.public_jwk().clone()]);
        let identity = neighbour(&realm, "nation/identity", &neighbours, |server| {
            server.allow(&Access::allow(&[OURS])).service(access.server())
        });
        let identity = identity.await;
        let database = postgres::test_support::database("verification", &verification::MIGRATIONS).await;
        let text = configuration(&realm, &database, issuance, identity) + more;
        std::fs::create_dir(folder.join("snapshot")).expect("a folder");
        let (life, address) = serve(&text, &folder).await;
        Self {
            realm,
            database,
            script,
            clock,
            clock_file,
            life,
            neighbours,
            address,
            signer,
            configuration: text,
        }
    }

    /// Lets the service drain.
    pub(crate) async fn stop(&self) {
        self.life.soft().cancel();
        self.life.drain(std::time::Duration::from_secs(30)).await;
    }

    /// Ends the service where it stands.
    pub(crate) fn kill(&self) {
        self.life.hard().cancel();
    }

    /// Starts the service anew, with the folder that it had, and waits until it serves.
    pub(crate) async fn start_again(&mut self) {
        (self.life, self.address) = serve(&self.configuration, self.realm.folder()).await;
        self.serving().await;
    }

    pub(crate) fn channel(&self, caller: &str) -> PeerChannel {
        self.realm.channel(caller, "nation/verification", self.address)
    }

    pub(crate) fn client(&self, caller: &str) -> VerificationServiceClient<PeerChannel> {
        VerificationServiceClient::new(self.channel(caller)).max_decoding_message_size(4 << 20)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Tells a change and waits until the service has it.
    pub(crate) async fn tell(&self, change: Change) -> u64 {
        let value = self.script.tell(&self.clock, change);
        let question = wire::VerifyCertificateRequest {
            min_position: Some(register(value)),
            ..by_number("苏1322018201999999")
        };
        self.ask(question).await.expect("it catches up");
        value
    }

    /// Asks as the portal does for the public.
    pub(crate) async fn ask(
        &self,
        question: wire::VerifyCertificateRequest,
    ) -> Result<wire::Verification, Status> {
        let answer = self.client("client/portal").verify_certificate(question).await?;
        Ok(answer
            .into_inner()
            .verification
            .expect("an answer says something"))
    }

    /// A token of the bidding platform with these scopes.
    fn token(&self, scopes: &[&str]) -> String {
        let path = |ending: &str| {
            self.realm
                .folder()
                .join(format!("client-bidding-platform{ending}"))
        };
        let leaf = Leaf::open(&path(".pem"), &path("-key.pem")).expect("just issued");
        let carrier = leaf.thumbprint().expect("it has a certificate");
        let claims = Claims {
            sub: "bidding-platform".to_owned(),
            kind: TokenKind::Client,
            account: None,
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            auth_level: AuthLevel::Single,
            act: None,
            ..tokens::claims("nation", carrier, self.now())
        };
        self.signer.sign(&claims).expect("a token")
    }

    pub(crate) fn subscriptions(&self, caller: &str) -> SubscriptionServiceClient<PeerChannel> {
        SubscriptionServiceClient::new(self.channel(caller))
    }

    /// Subscribes as a backend with a token of these scopes.
    pub(crate) async fn subscribe(
        &self,
        scopes: &[&str],
        request: wire::WatchRegistrationsRequest,
    ) -> Result<Streaming<wire::WatchRegistrationsResponse>, Status> {
        let mut client = self.subscriptions("client/bidding-platform");
        let token = self.token(scopes);
        let answer = client
            .watch_registrations(tokens::bearer(request, &token))
            .await?;
        Ok(answer.into_inner())
    }

    /// Asks as a backend with a token of these scopes.
    pub(crate) async fn ask_as_backend(
        &self,
        scopes: &[&str],
        question: wire::VerifyCertificateRequest,
    ) -> Result<wire::Verification, Status> {
        let mut client = self.client("client/bidding-platform");
        let token = self.token(scopes);
        let answer = client
            .verify_certificate(tokens::bearer(question, &token))
            .await?;
        Ok(answer
            .into_inner()
            .verification
            .expect("an answer says something"))
    }

    /// Returns once health says SERVING.
    pub(crate) async fn serving(&self) {
        double::serving(self.channel("client/portal"), SERVICE).await;
    }

    /// What health says now.
    pub(crate) async fn health(&self) -> ServingStatus {
        double::health(self.channel("client/portal"), SERVICE).await
    }

    /// Stops the register: no heartbeat, and the clock goes on so that everything told is old.
    pub(crate) fn go_stale(&self) {
        self.script.silence(true);
        self.advance(std::time::Duration::from_secs(3600));
    }

    pub(crate) fn advance(&self, by: std::time::Duration) {
        self.clock_file.advance(by).expect("still in the past");
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.life.hard().cancel();
        self.neighbours.hard().cancel();
    }
}

async fn serve(configuration: &str, folder: &std::path::Path) -> (Lifecycle, SocketAddr) {
    let config = Config::from_toml(configuration, folder).unwrap_or_else(|faults| panic!("{faults}"));
    let life = Lifecycle::new();
    let app = App::build(config).await.expect("the database is there");
    let running = app.serve(&life).await.expect("it listens");
    let address = running.address(Gate::Clients).expect("the gate is open");
    (life, address)
}

async fn neighbour(
    realm: &Realm,
    identity: &str,
    life: &Lifecycle,
    build: impl FnOnce(Server) -> Server,
) -> SocketAddr {
    let text = format!(
        "deployment = \"development\"\n[listen]\nservices = \"127.0.0.1:0\"\n{}",
        realm.tls_section(identity)
    );
    let common = service_runtime::config::parse(&text, realm.folder(), Common::read);
    let common = common.unwrap_or_else(|faults| panic!("{faults}"));
    let running = build(double::server(&common, life))
        .start()
        .await
        .expect("the double listens");
    running.address(Gate::Services).expect("the gate is open")
}

fn configuration(
    realm: &Realm,
    database: &TestDatabase,
    issuance: SocketAddr,
    identity: SocketAddr,
) -> String {
    let settings = database.app();
    format!(
        "deployment = \"development\"\n\
         [listen]\nclients = \"127.0.0.1:0\"\n\
         {}\
         [clock]\nfile = \"clock\"\n\
         [tokens]\naudience = \"nation\"\n\
         [peers.issuance]\naddress = \"{issuance}\"\n\
         [peers.identity]\naddress = \"{identity}\"\n\
         [database]\nsocket = {:?}\nport = {}\ndatabase = {:?}\nrole = {:?}\npassword_file = {:?}\n\
         [personal_data]\nfolder = \"keys\"\n\
         [trust]\nfolder = \"trust\"\n",
        realm.tls_section("nation/verification"),
        settings.socket.expect("tests use a socket"),
        settings.port,
        settings.database,
        settings.role,
        settings.password_file.expect("roles have passwords"),
    )
}

/// A question by registration number.
pub(crate) fn by_number(number: &str) -> wire::VerifyCertificateRequest {
    about(Subject::RegistrationNumber(number.to_owned()))
}

/// A question by document number.
pub(crate) fn by_document(number: &str, name: &str) -> wire::VerifyCertificateRequest {
    wire::VerifyCertificateRequest {
        full_name: name.to_owned(),
        ..about(Subject::DocumentNumber(number.to_owned()))
    }
}

pub(crate) fn about(subject: Subject) -> wire::VerifyCertificateRequest {
    wire::VerifyCertificateRequest {
        subject: Some(subject),
        ..Default::default()
    }
}

pub(crate) fn register(value: u64) -> api::types::v1::Position {
    api::types::v1::Position {
        stream: "register".to_owned(),
        value,
    }
}

/// The stable reason of a refusal.
pub(crate) fn reason(status: &Status) -> String {
    status
        .get_details_error_info()
        .map(|info| info.reason)
        .unwrap_or_default()
}

/// Asserts that a call was refused for one reason.
#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(outcome: Result<T, Status>, code: Code, expected: &str) -> Status {
    let status = outcome.expect_err("it is refused");
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (code, expected),
        "{status:?}"
    );
    status
}
