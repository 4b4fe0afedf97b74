//! Who takes part: the service, its peers, the certificates of its callers, and everybody's tokens.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use api::identity::v1::Employer;
use api::registration::v1::announcement_service_client::AnnouncementServiceClient;
use api::registration::v1::application_service_client::ApplicationServiceClient;
use api::registration::v1::qualification_service_client::QualificationServiceClient;
use api::registration::v1::registration_service_client::RegistrationServiceClient;
use api::registration::v1::review_service_client::ReviewServiceClient;
use api::registration::v1::succession_service_client::SuccessionServiceClient;
use api::registration::v1::termination_service_client::TerminationServiceClient;
use gm::{Algorithm, PrivateKey, Signer as _};
use jiff::Timestamp;
use jiff::civil::Date;
use personal_data::{KeyKind, OsRandom, create_key_file};
use postgres::test_support::TestDatabase;
use rand_core::UnwrapErr;
use registration::{App, Config, GlyphCoverage, MIGRATIONS};
use service_runtime::auth::{
    Allow, AuthLevel, Authenticator, Claims, Confirmation, EmployerGrant, NoKeys, Revocations, RoleGrant,
    Rule, TokenKind, TokenSigner,
};
use service_runtime::clock::{Clock as _, ClockFile, RegisterClock, SystemClock};
use service_runtime::config::{Common, Deployment, Peer, parse};
use service_runtime::pki::{Authority, Validity};
use service_runtime::server::Running;
use service_runtime::tls::{Gate, Leaf, Outbound, PeerChannel, PeerIdentity, Trust};
use service_runtime::{Lifecycle, Server};
use testkit::people::{Firm, Person};
use tonic::{Request, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

use crate::peers::{Identity, Issuance, Projects};

/// A running service and the means to call it.
pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) identity: Identity,
    pub(crate) nation: Issuance,
    pub(crate) projects: Projects,
    pub(crate) clock: RegisterClock,
    pub(crate) folder: tempfile::TempDir,
    clock_file: ClockFile,
    life: Lifecycle,
    channel: PeerChannel,
    thumbprint: service_runtime::tls::Thumbprint,
    signer: Arc<TokenSigner>,
}

/// Somebody with a token.
#[derive(Debug, Clone)]
pub(crate) struct Actor {
    account: Uuid,
    kind: TokenKind,
    person: Option<Uuid>,
    roles: Vec<RoleGrant>,
    employers: Vec<EmployerGrant>,
}

/// A person who may be registered.
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    pub(crate) actor: Actor,
    pub(crate) id: Uuid,
    pub(crate) person: Person,
}

/// A firm with its registrar.
#[derive(Debug, Clone)]
pub(crate) struct Employment {
    pub(crate) name: String,
    pub(crate) registrar: Actor,
}

/// An officer of an authority.
pub(crate) fn officer(authority: &str) -> Actor {
    let province = authority.strip_prefix("provinces/").map(str::to_owned);
    let grant = RoleGrant {
        role: "OFFICER".to_owned(),
        authority: authority.to_owned(),
        province,
    };
    Actor {
        kind: TokenKind::Officer,
        roles: vec![grant],
        ..Actor::holder(None)
    }
}

impl Actor {
    fn holder(person: Option<Uuid>) -> Self {
        Self {
            account: Uuid::new_v4(),
            kind: TokenKind::Holder,
            person,
            roles: Vec::new(),
            employers: Vec::new(),
        }
    }
}

/// A fresh request id.
pub(crate) fn id() -> String {
    Uuid::new_v4().to_string()
}

/// The stable reason of a refused call.
pub(crate) fn reason<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    let status = answer.expect_err("a refusal");
    status
        .get_details_error_info()
        .map(|info| info.reason)
        .unwrap_or_default()
}

pub(crate) fn wire(day: Date) -> api::types::v1::Date {
    day.into()
}

impl World {
    /// Starts nation and province with the register clock about four years back. Every name can be drawn: the fonts
    /// take long to unpack in a test's build.
    pub(crate) async fn start() -> Self {
        Self::start_drawing(Some(Arc::new(EveryGlyph))).await
    }

    /// As [`World::start`], under another policy, or with a platform of projects whose silence means this.
    pub(crate) async fn start_under(policy: &str, project_lock_unavailable: Option<&str>) -> Self {
        Self::start_as(Some(Arc::new(EveryGlyph)), policy, project_lock_unavailable).await
    }

    /// As [`World::start`], with the fonts that ship with the program if no others are given.
    pub(crate) async fn start_drawing(coverage: Option<Arc<dyn GlyphCoverage>>) -> Self {
        Self::start_as(coverage, "provincial-publicity", None).await
    }

    async fn start_as(
        coverage: Option<Arc<dyn GlyphCoverage>>,
        policy: &str,
        project_lock_unavailable: Option<&str>,
    ) -> Self {
        let database = postgres::test_support::database("registration", &MIGRATIONS).await;
        let folder = tempfile::tempdir().expect("a folder");
        let base = folder.path();
        let start = SystemClock::new()
            .now()
            .checked_sub(Duration::from_secs(1500 * 86_400))
            .expect("in range");
        let clock_file = ClockFile::create(&base.join("clock"), start).expect("a clock");
        let clock = RegisterClock::controlled(ClockFile::open(&base.join("clock")).expect("a clock"));
        let life = Lifecycle::new();
        let exchange_key = prepare_files(base);
        let pem = TokenSigner::generate_pem().expect("a key");
        let signer = Arc::new(TokenSigner::from_pem("k1", &pem).expect("a signer"));
        let jwks = serde_json::json!({ "keys": [signer.public_jwk()] }).to_string();
        let identity = Identity {
            jwks: jwks.into(),
            ..Identity::default()
        };
        let told = clock.clone();
        let nation = Issuance::new(exchange_key.public_key().clone(), move || told.now());
        fs::write(base.join("receipt.pub"), nation.receipt_key()).expect("written");
        let identity_at = serve_identity(base, &life, &identity).await;
        let issuance_at = serve_issuance(base, &life, &nation).await;
        let mut extra = format!("policy = {policy:?}\n");
        let projects = Projects::default();
        if let Some(unavailable) = project_lock_unavailable {
            let at = serve_projects(base, &life, &projects).await;
            let section = format!("[peers.project-lock]\naddress = {at:?}\n");
            extra = format!("{extra}project_lock_unavailable = {unavailable:?}\n{section}");
        }
        let places = (identity_at.as_str(), issuance_at.as_str(), extra.as_str());
        let running = serve(base, &life, &database, places, coverage).await;
        let portal = issue(base, "client/portal");
        let thumbprint = portal.thumbprint().expect("a certificate");
        let channel = Outbound::new(portal).channel(&Peer {
            name: "registration".to_owned(),
            address: running.address(Gate::Clients).expect("an open gate").to_string(),
            identity: PeerIdentity::province("32", "registration").expect("an identity"),
            timeout: Duration::from_secs(60),
            trust: Arc::new(
                Trust::open(Gate::Provinces, &base.join("provinces/ca.pem")).expect("an authority"),
            ),
        });
        let world = Self {
            database,
            identity,
            nation,
            projects,
            clock,
            folder,
            clock_file,
            life,
            channel,
            thumbprint,
            signer,
        };
        world.keys_known().await;
        world
    }

    /// Asks everything to finish.
    pub(crate) async fn drain(&self) -> service_runtime::lifecycle::Ending {
        self.life.drain(Duration::from_secs(10)).await
    }

    /// The service has fetched the token keys.
    async fn keys_known(&self) {
        let somebody = officer("provinces/32");
        while let Err(status) = self
            .reviews()
            .list_work(self.signed(&somebody, Default::default()))
            .await
        {
            assert_eq!(reason::<()>(Err(status)), "TOKEN_KEYS_MISSING");
            tokio::task::yield_now().await;
        }
    }

    pub(crate) fn advance(&self, days: u64) {
        self.clock_file
            .advance(Duration::from_secs(days * 86_400))
            .expect("never ahead of the present");
    }

    pub(crate) fn today(&self) -> Date {
        self.clock.today()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Somebody identity knows.
    pub(crate) fn person(&self, ordinal: u32) -> Holder {
        self.enrolled(Person::synthetic(ordinal))
    }

    pub(crate) fn enrolled(&self, person: Person) -> Holder {
        let id = Uuid::new_v4();
        let known = api::identity::v1::Person {
            name: format!("persons/{id}"),
            full_name: person.full_name.clone(),
            document_kind: api::types::v1::DocumentKind::CitizenIdentityCard.into(),
            document_number: person.document_number.clone(),
            sex: api::types::v1::Sex::Male.into(),
            birth_date: None,
        };
        self.identity
            .people
            .lock()
            .expect("no panic")
            .insert(known.name.clone(), known);
        Holder {
            actor: Actor::holder(Some(id)),
            id,
            person,
        }
    }

    /// A construction firm of a province.
    pub(crate) fn firm(&self, title: &str, province: &str, ordinal: u32) -> Employment {
        let firm = Firm::synthetic(title, province, ordinal);
        let id = Uuid::new_v4();
        let name = format!("employers/{id}");
        let known = Employer {
            name: name.clone(),
            title: firm.title,
            credit_code: firm.credit_code,
            province: firm.province,
            qualifications: vec![api::identity::v1::EmployerQualification::Construction.into()],
            ..Default::default()
        };
        self.identity
            .employers
            .lock()
            .expect("no panic")
            .insert(name.clone(), known);
        let grant = EmployerGrant {
            employer: id,
            role: "REGISTRAR".to_owned(),
        };
        Employment {
            name,
            registrar: Actor {
                employers: vec![grant],
                ..Actor::holder(None)
            },
        }
    }

    /// Identity learns a new name of a firm.
    pub(crate) fn rename(&self, firm: &Employment, title: &str) {
        let mut known = self.identity.employers.lock().expect("no panic");
        known.get_mut(&firm.name).expect("a known firm").title = title.to_owned();
    }

    /// A request in somebody's name.
    pub(crate) fn signed<T>(&self, actor: &Actor, message: T) -> Request<T> {
        let now = self.now().as_second();
        let claims = Claims {
            iss: "spiffe://jianzheng/nation/identity".to_owned(),
            aud: vec!["provinces/32".to_owned()],
            sub: actor.account.to_string(),
            iat: now,
            exp: now + 300,
            sid: actor.account,
            kind: actor.kind,
            account: Some(actor.account),
            person: actor.person,
            roles: actor.roles.clone(),
            employers: actor.employers.clone(),
            scopes: Vec::new(),
            auth_level: AuthLevel::SecondFactor,
            step_up_at: None,
            act: Some("portal".to_owned()),
            cnf: Some(Confirmation::to(self.thumbprint)),
        };
        let token = self.signer.sign(&claims).expect("signed");
        let mut request = Request::new(message);
        let value = format!("Bearer {token}").parse().expect("plain ASCII");
        request.metadata_mut().insert("authorization", value);
        request
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.life.soft().cancel();
        self.life.hard().cancel();
    }
}

macro_rules! clients {
    ($($name:ident: $client:ident;)*) => {
        impl World {$(
            pub(crate) fn $name(&self) -> $client<PeerChannel> {
                $client::new(self.channel.clone())
            }
        )*}
    };
}

clients! {
    qualifications: QualificationServiceClient;
    applications: ApplicationServiceClient;
    reviews: ReviewServiceClient;
    announcements: AnnouncementServiceClient;
    registrations: RegistrationServiceClient;
    terminations: TerminationServiceClient;
    successions: SuccessionServiceClient;
}

fn validity() -> Validity {
    Validity::starting(SystemClock::new().now(), Duration::from_secs(86_400)).expect("a validity")
}

/// Authorities, leaves and keys.
fn prepare_files(base: &Path) -> PrivateKey {
    for gate in [Gate::Services, Gate::Provinces, Gate::Clients] {
        let authority = Authority::create(gate, Deployment::Development, validity()).expect("an authority");
        authority.save(&base.join(gate.name())).expect("written");
    }
    for name in [
        "nation/identity",
        "nation/issuance",
        "nation/project-lock",
        "province/32/registration",
    ] {
        issue(base, name);
    }
    for folder in ["personal-data", "objects"] {
        fs::create_dir(base.join(folder)).expect("a folder");
    }
    for kind in [KeyKind::KeyEncryption, KeyKind::BlindIndex] {
        create_key_file(&base.join("personal-data"), kind, 1, &mut OsRandom).expect("a key");
    }
    let key = PrivateKey::generate(Algorithm::Sm2WithSm3, &mut UnwrapErr(OsRandom));
    write_private(&base.join("exchange-key.pem"), &key.to_pkcs8_pem());
    key
}

fn write_private(path: &Path, text: &str) {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    file.expect("a new file")
        .write_all(text.as_bytes())
        .expect("written");
}

fn issue(base: &Path, name: &str) -> Arc<Leaf> {
    let identity: PeerIdentity = format!("spiffe://jianzheng/{name}").parse().expect("an identity");
    let authority =
        Authority::load(identity.gate(), &base.join(identity.gate().name())).expect("an authority");
    let file = name.replace('/', "-");
    authority
        .issue(&identity, &[], validity())
        .expect("issued")
        .save(base, &file)
        .expect("saved");
    let path = |end: &str| base.join(format!("{file}{end}"));
    Arc::new(Leaf::open(&path(".pem"), &path("-key.pem")).expect("a pair"))
}

fn peer_common(base: &Path, name: &str) -> Common {
    let text = format!(
        r#"
deployment = "development"
[listen]
provinces = "127.0.0.1:0"
[tls]
certificate = "nation-{name}.pem"
key = "nation-{name}-key.pem"
services_ca = "services/ca.pem"
provinces_ca = "provinces/ca.pem"
[clock]
file = "clock"
"#
    );
    parse(&text, base, Common::read).expect("sound")
}

const PROVINCE: &[Rule] = &[Rule::ProvinceService("registration")];

fn peer_server(common: &Common, life: &Lifecycle) -> Server {
    let clock = common.clocks.register.clone();
    let authenticator = Authenticator::new(NoKeys, common.tokens.clone(), clock, Revocations::new());
    Server::new(common, life, authenticator, api::FILE_DESCRIPTOR_SET)
}

async fn serve_identity(base: &Path, life: &Lifecycle, identity: &Identity) -> String {
    use api::identity::v1::access_service_server::AccessServiceServer;
    use api::identity::v1::directory_service_server::DirectoryServiceServer;
    const ALLOW: &[Allow] = &[
        Allow::new("/jianzheng.identity.v1.DirectoryService/GetPerson", PROVINCE),
        Allow::new("/jianzheng.identity.v1.DirectoryService/FindPerson", PROVINCE),
        Allow::new("/jianzheng.identity.v1.DirectoryService/LookUpEmployer", PROVINCE),
        Allow::new("/jianzheng.identity.v1.AccessService/GrantRole", PROVINCE),
        Allow::new("/jianzheng.identity.v1.AccessService/RevokeRole", PROVINCE),
        Allow::new("/jianzheng.identity.v1.AccessService/ListGrants", PROVINCE),
        Allow::new("/jianzheng.identity.v1.AccessService/RegisterClient", PROVINCE),
        Allow::new("/jianzheng.identity.v1.AccessService/IssueClientToken", PROVINCE),
        Allow::new("/jianzheng.identity.v1.AccessService/GetKeySet", PROVINCE),
        Allow::new("/jianzheng.identity.v1.AccessService/WatchRevocations", PROVINCE),
    ];
    let running = peer_server(&peer_common(base, "identity"), life)
        .allow(ALLOW)
        .service(DirectoryServiceServer::new(identity.clone()))
        .service(AccessServiceServer::new(identity.clone()))
        .start()
        .await
        .expect("identity listens");
    running
        .address(Gate::Provinces)
        .expect("an open gate")
        .to_string()
}

async fn serve_issuance(base: &Path, life: &Lifecycle, nation: &Issuance) -> String {
    use api::exchange::v1::exchange_service_server::ExchangeServiceServer;
    use api::exchange::v1::move_service_server::MoveServiceServer;
    const ALLOW: &[Allow] = &[
        Allow::new(
            "/jianzheng.exchange.v1.ExchangeService/ClaimApplication",
            PROVINCE,
        ),
        Allow::new("/jianzheng.exchange.v1.ExchangeService/ReleaseClaim", PROVINCE),
        Allow::new(
            "/jianzheng.exchange.v1.ExchangeService/RequestClearance",
            PROVINCE,
        ),
        Allow::new("/jianzheng.exchange.v1.ExchangeService/PushChanges", PROVINCE),
        Allow::new("/jianzheng.exchange.v1.ExchangeService/PullChanges", PROVINCE),
        Allow::new("/jianzheng.exchange.v1.MoveService/ReadRegisterEntry", PROVINCE),
        Allow::new("/jianzheng.exchange.v1.MoveService/ClearSuccession", PROVINCE),
    ];
    let running = peer_server(&peer_common(base, "issuance"), life)
        .allow(ALLOW)
        .service(ExchangeServiceServer::new(nation.clone()))
        .service(MoveServiceServer::new(nation.clone()))
        .start()
        .await
        .expect("issuance listens");
    running
        .address(Gate::Provinces)
        .expect("an open gate")
        .to_string()
}

async fn serve_projects(base: &Path, life: &Lifecycle, projects: &Projects) -> String {
    use api::project::v1::project_lock_service_server::ProjectLockServiceServer;
    const ALLOW: &[Allow] = &[Allow::new(
        "/jianzheng.project.v1.ProjectLockService/CheckProjectLock",
        PROVINCE,
    )];
    let running = peer_server(&peer_common(base, "project-lock"), life)
        .allow(ALLOW)
        .service(ProjectLockServiceServer::new(projects.clone()))
        .start()
        .await
        .expect("the platform listens");
    running
        .address(Gate::Provinces)
        .expect("an open gate")
        .to_string()
}

async fn serve(
    base: &Path,
    life: &Lifecycle,
    database: &TestDatabase,
    (identity_at, issuance_at, extra): (&str, &str, &str),
    coverage: Option<Arc<dyn GlyphCoverage>>,
) -> Running {
    let settings = toml::to_string(&database.app()).expect("settings encode");
    let text = format!(
        r#"
deployment = "development"
[listen]
clients = "127.0.0.1:0"
[tls]
certificate = "province-32-registration.pem"
key = "province-32-registration-key.pem"
services_ca = "services/ca.pem"
clients_ca = "clients/ca.pem"
[clock]
file = "clock"
[tokens]
audience = "provinces/32"
[registration]
province = "32"
{extra}[personal_data]
folder = "personal-data"
[objects]
directory = "objects"
[exchange]
key = "exchange-key.pem"
receipt_key = "receipt.pub"
[peers.identity]
address = "{identity_at}"
[peers.issuance]
address = "{issuance_at}"
[database]
{settings}
"#
    );
    let config = Config::from_toml(&text, base).expect("a sound configuration");
    let app = match coverage {
        Some(coverage) => App::build_with(config, coverage).await,
        None => App::build(config).await,
    };
    app.expect("built").serve(life).await.expect("listens")
}

struct EveryGlyph;

impl GlyphCoverage for EveryGlyph {
    fn missing(&self, _: &str) -> Vec<char> {
        Vec::new()
    }
}
