//! Who takes part: the service, the certificates of its callers, and people with authenticators.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use api::audit::v1::audit_service_client::AuditServiceClient;
use api::identity::v1 as wire;
use api::identity::v1::access_service_client::AccessServiceClient;
use api::identity::v1::account_service_client::AccountServiceClient;
use api::identity::v1::bulk_directory_service_client::BulkDirectoryServiceClient;
use api::identity::v1::directory_service_client::DirectoryServiceClient;
use api::identity::v1::employer_service_client::EmployerServiceClient;
use api::identity::v1::session_service_client::SessionServiceClient;
use api::types::v1::DocumentKind;
use identity::{App, Config, MIGRATIONS};
use jiff::{Timestamp, ToSpan as _};
use personal_data::{KeyKind, OsRandom, create_key_file};
use postgres::test_support::TestDatabase;
use service_runtime::Lifecycle;
use service_runtime::auth::TokenSigner;
use service_runtime::clock::{Clock as _, ClockFile, RegisterClock, SystemClock, start_of};
use service_runtime::config::{Deployment, Peer};
use service_runtime::lifecycle::Ending;
use service_runtime::pki::{Authority, Validity};
use service_runtime::server::Running;
use service_runtime::tls::{Gate, Leaf, Outbound, PeerChannel, PeerIdentity, Trust};
use testkit::people::Person;
use tonic::{Request, Status};
use tonic_types::StatusExt as _;
use totp_rs::Totp;
use uuid::Uuid;

pub(crate) const PORTAL: &str = "spiffe://jianzheng/client/portal";
pub(crate) const OPERATOR: &str = "spiffe://jianzheng/client/operator";
pub(crate) const REAL_NAMES: &str = "spiffe://jianzheng/client/real-name-authority";
pub(crate) const PLATFORM: &str = "spiffe://jianzheng/client/bidding-platform";
pub(crate) const ISSUANCE: &str = "spiffe://jianzheng/nation/issuance";
pub(crate) const VERIFICATION: &str = "spiffe://jianzheng/nation/verification";
pub(crate) const JIANGSU: &str = "spiffe://jianzheng/province/32/registration";

/// A running service and the means to call it.
pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) clock: RegisterClock,
    pub(crate) running: Running,
    life: Lifecycle,
    clock_file: ClockFile,
}

/// A caller by certificate; `token` goes along if there is one.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) channel: PeerChannel,
}

/// Somebody with an account and an authenticator.
#[derive(Clone)]
pub(crate) struct Citizen {
    pub(crate) person: Person,
    pub(crate) account: wire::Account,
    pub(crate) authenticator: Totp,
    pub(crate) token: String,
    pub(crate) refresh_token: String,
    pub(crate) session: String,
    last_step: u64,
}

impl World {
    pub(crate) async fn start() -> Self {
        let database = postgres::test_support::database("identity", &MIGRATIONS).await;
        let folder = tempfile::tempdir().expect("a folder");
        let clock_file = prepare_files(folder.path());
        let (life, running, clock) = serve(&database, folder.path()).await;
        Self {
            database,
            folder,
            clock,
            running,
            life,
            clock_file,
        }
    }

    /// Drains and starts again on the same database and files; doors opened before are closed.
    pub(crate) async fn restart(&mut self) {
        let ending = self.life.drain(Duration::from_secs(10)).await;
        assert_eq!(ending, Ending::Drained);
        (self.life, self.running, self.clock) = serve(&self.database, self.folder.path()).await;
    }

    /// Starts, names `people` in the real-name record, and enrols and signs them in.
    pub(crate) async fn with<const N: usize>(ordinals: [u32; N]) -> (Self, [Citizen; N]) {
        let world = Self::start().await;
        let mut citizens = Vec::new();
        for ordinal in ordinals {
            let person = Person::synthetic(ordinal);
            world.record(&person).await;
            citizens.push(Citizen::enrolled(&world, person).await);
        }
        let citizens = citizens.try_into().ok().expect("as many as asked for");
        (world, citizens)
    }

    pub(crate) fn door(&self, identity: &str) -> Door {
        let identity: PeerIdentity = identity.parse().expect("an identity");
        Door {
            channel: self.channel(&identity, &identity.to_string().replace(['/', ':'], "_")),
        }
    }

    /// A second certificate of the same identity, as after its renewal.
    pub(crate) fn renewed_door(&self, identity: &str) -> Door {
        let identity: PeerIdentity = identity.parse().expect("an identity");
        Door {
            channel: self.channel(&identity, &Uuid::new_v4().to_string()),
        }
    }

    fn channel(&self, identity: &PeerIdentity, file: &str) -> PeerChannel {
        let gate = identity.gate();
        let (leaves, authority) = (
            self.folder.path().join("leaves"),
            self.folder.path().join(gate.name()),
        );
        let chain = leaves.join(format!("{file}.pem"));
        if !chain.exists() {
            let leaf =
                Authority::load(gate, &authority)
                    .expect("an authority")
                    .issue(identity, &[], validity());
            leaf.expect("a certificate").save(&leaves, file).expect("written");
        }
        let leaf = Leaf::open(&chain, &leaves.join(format!("{file}-key.pem"))).expect("a certificate");
        let services = self.folder.path().join("services/ca.pem");
        let address = self.running.address(gate).expect("an open gate");
        Outbound::new(Arc::new(leaf)).channel(&Peer {
            name: "identity".to_owned(),
            address: address.to_string(),
            identity: PeerIdentity::nation("identity").expect("an identity"),
            timeout: Duration::from_secs(30),
            trust: Arc::new(Trust::open(Gate::Services, &services).expect("an authority")),
        })
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.clock_file.advance(by).expect("never ahead of the present");
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Tells the service that somebody carries their document.
    pub(crate) async fn record(&self, person: &Person) {
        let line = wire::RealName {
            full_name: person.full_name.clone(),
            document_kind: DocumentKind::CitizenIdentityCard.into(),
            document_number: person.document_number.clone(),
            ..Default::default()
        };
        let request = wire::ImportRealNamesRequest {
            request_id: id(),
            real_names: vec![line],
        };
        let answer = self
            .door(REAL_NAMES)
            .accounts()
            .import_real_names(request)
            .await
            .expect("recorded");
        assert_eq!(answer.into_inner().imported, 1);
    }

    /// Makes somebody a national administrator and signs them in again, stepped up.
    pub(crate) async fn appoint(&self, citizen: &mut Citizen) {
        let request = grant_request(&citizen.account.name, wire::Role::NationalAdministrator, "");
        self.door(OPERATOR)
            .access()
            .grant_role(request)
            .await
            .expect("appointed");
        citizen.sign_in(self, &["nation"]).await;
        citizen.step_up(self).await;
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
        impl Door {$(
            pub(crate) fn $name(&self) -> $client<PeerChannel> {
                $client::new(self.channel.clone())
            }
        )*}
    };
}

clients! {
    accounts: AccountServiceClient;
    sessions: SessionServiceClient;
    employers: EmployerServiceClient;
    access: AccessServiceClient;
    directory: DirectoryServiceClient;
    bulk: BulkDirectoryServiceClient;
    audits: AuditServiceClient;
}

impl Citizen {
    /// Enrols, confirms and signs in through the portal.
    pub(crate) async fn enrolled(world: &World, person: Person) -> Self {
        let mut citizen = Self::unconfirmed(world, person).await;
        citizen.confirm(world).await.expect("confirmed");
        citizen.sign_in(world, &["nation"]).await;
        citizen
    }

    /// Enrols and goes away.
    pub(crate) async fn unconfirmed(world: &World, person: Person) -> Self {
        let answer = world
            .door(PORTAL)
            .accounts()
            .enroll_account(enrolment(&person))
            .await
            .expect("enrolled");
        let answer = answer.into_inner();
        Self {
            person,
            account: answer.account.expect("an account"),
            authenticator: Totp::from_url(&answer.second_factor_uri).expect("an address"),
            token: String::new(),
            refresh_token: String::new(),
            session: String::new(),
            last_step: 0,
        }
    }

    pub(crate) async fn confirm(&mut self, world: &World) -> Result<wire::Account, Status> {
        let request = wire::ConfirmSecondFactorRequest {
            request_id: id(),
            name: self.account.name.clone(),
            password: self.person.password.clone(),
            code: self.code(world),
        };
        let answer = world
            .door(PORTAL)
            .accounts()
            .confirm_second_factor(request)
            .await?;
        Ok(answer.into_inner().account.expect("an account"))
    }

    /// A code not used yet; time goes on when the authenticator has none.
    pub(crate) fn code(&mut self, world: &World) -> String {
        loop {
            let step = u64::try_from(world.now().as_second()).expect("after 1970") / 30;
            if step > self.last_step {
                self.last_step = step;
                return self.authenticator.generate(step * 30).to_string();
            }
            world.advance(Duration::from_secs(30));
        }
    }

    pub(crate) async fn password(&self, world: &World, password: &str) -> Result<wire::Session, Status> {
        let request = sign_in_request(&self.person.document_number, password);
        let answer = world.door(PORTAL).sessions().create_session(request).await?;
        Ok(answer.into_inner().session.expect("a session"))
    }

    pub(crate) async fn sign_in(&mut self, world: &World, audiences: &[&str]) {
        let session = self
            .password(world, &self.person.password.clone())
            .await
            .expect("the password is right");
        let request = wire::VerifySecondFactorRequest {
            request_id: id(),
            name: session.name.clone(),
            code: self.code(world),
            audiences: audiences.iter().map(|audience| (*audience).to_owned()).collect(),
        };
        let answer = world
            .door(PORTAL)
            .sessions()
            .verify_second_factor(request)
            .await
            .expect("signed in");
        self.session = session.name;
        self.keep(answer.into_inner().tokens);
    }

    pub(crate) async fn step_up(&mut self, world: &World) {
        let request = wire::StepUpRequest {
            request_id: id(),
            code: self.code(world),
        };
        let answer = world
            .door(PORTAL)
            .sessions()
            .step_up(self.says(request))
            .await
            .expect("stepped up");
        self.keep(answer.into_inner().tokens);
    }

    pub(crate) fn keep(&mut self, tokens: Option<wire::Tokens>) {
        let tokens = tokens.expect("tokens");
        self.token = tokens.access_token;
        self.refresh_token = tokens.refresh_token;
    }

    /// A request in this person's name.
    pub(crate) fn says<T>(&self, message: T) -> Request<T> {
        with_token(message, &self.token)
    }

    /// What the access token says.
    pub(crate) fn claims(&self) -> serde_json::Value {
        claims(&self.token)
    }
}

pub(crate) fn claims(token: &str) -> serde_json::Value {
    use base64::Engine as _;
    let payload = token.split('.').nth(1).expect("a JWT");
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(payload)
        .expect("base64url");
    serde_json::from_slice(&json).expect("JSON")
}

pub(crate) fn with_token<T>(message: T, token: &str) -> Request<T> {
    let mut request = Request::new(message);
    request
        .metadata_mut()
        .insert("authorization", format!("Bearer {token}").parse().expect("ASCII"));
    request
}

pub(crate) fn id() -> String {
    Uuid::new_v4().to_string()
}

pub(crate) fn enrolment(person: &Person) -> wire::EnrollAccountRequest {
    wire::EnrollAccountRequest {
        request_id: id(),
        full_name: person.full_name.clone(),
        document_kind: DocumentKind::CitizenIdentityCard.into(),
        document_number: person.document_number.clone(),
        password: person.password.clone(),
    }
}

pub(crate) fn sign_in_request(number: &str, password: &str) -> wire::CreateSessionRequest {
    wire::CreateSessionRequest {
        request_id: id(),
        document_kind: DocumentKind::CitizenIdentityCard.into(),
        document_number: number.to_owned(),
        password: password.to_owned(),
    }
}

pub(crate) fn grant_request(account: &str, role: wire::Role, authority: &str) -> wire::GrantRoleRequest {
    wire::GrantRoleRequest {
        request_id: id(),
        account: account.to_owned(),
        role: role.into(),
        authority: authority.to_owned(),
    }
}

/// The stable reason of a refusal.
pub(crate) fn reason<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    let status = answer.expect_err("a refusal");
    status
        .get_details_error_info()
        .map_or_else(|| format!("{status:?}"), |info| info.reason)
}

/// `field: description` of every violation.
pub(crate) fn violations(status: &Status) -> Vec<String> {
    let details = status
        .get_details_bad_request()
        .map(|details| details.field_violations)
        .unwrap_or_default();
    details
        .into_iter()
        .map(|violation| format!("{}: {}", violation.field, violation.description))
        .collect()
}

fn validity() -> Validity {
    Validity::starting(SystemClock::new().now(), Duration::from_secs(86_400)).expect("a validity")
}

async fn serve(database: &TestDatabase, folder: &Path) -> (Lifecycle, Running, RegisterClock) {
    let config = Config::from_toml(&configuration(database), folder).expect("a sound configuration");
    let clock = config.common.clocks.register.clone();
    let life = Lifecycle::new();
    let app = App::build(config).await.expect("the service is built");
    let running = app.serve(&life).await.expect("the service listens");
    (life, running, clock)
}

/// What `jianzheng admin bootstrap` makes: authorities, the service's certificate, token and personal-data keys.
fn prepare_files(folder: &Path) -> ClockFile {
    for gate in [Gate::Services, Gate::Provinces, Gate::Clients] {
        let authority = Authority::create(gate, Deployment::Development, validity()).expect("an authority");
        authority.save(&folder.join(gate.name())).expect("written");
        if gate == Gate::Services {
            let own = PeerIdentity::nation("identity").expect("an identity");
            authority
                .issue(&own, &[], validity())
                .expect("issued")
                .save(folder, "identity")
                .expect("written");
        }
    }
    let private = |name: &str| {
        let path: PathBuf = folder.join(name);
        fs::create_dir(&path).expect("a folder");
        path
    };
    let token_keys = private("token-keys");
    write_token_key(&token_keys, "2026-01");
    let personal = private("personal-data");
    for kind in [KeyKind::KeyEncryption, KeyKind::BlindIndex] {
        create_key_file(&personal, kind, 1, &mut OsRandom).expect("a key");
    }
    // At nine in the morning: no story of some seconds crosses midnight and counts its days from two of them.
    let past = RegisterClock::system().today().saturating_sub(401.days());
    let start = start_of(past).saturating_add(9.hours()).expect("hours are exact");
    ClockFile::create(&folder.join("clock"), start).expect("a clock")
}

/// Adds a key and makes it the signing one.
pub(crate) fn write_token_key(folder: &Path, kid: &str) {
    write_private(
        &folder.join(format!("{kid}.pem")),
        &TokenSigner::generate_pem().expect("a key"),
    );
    fs::write(folder.join("current"), format!("{kid}\n")).expect("written");
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

fn configuration(database: &TestDatabase) -> String {
    let settings = toml::to_string(&database.app()).expect("settings encode");
    format!(
        r#"
deployment = "development"
[listen]
services = "127.0.0.1:0"
provinces = "127.0.0.1:0"
clients = "127.0.0.1:0"
[tls]
certificate = "identity.pem"
key = "identity-key.pem"
services_ca = "services/ca.pem"
provinces_ca = "provinces/ca.pem"
clients_ca = "clients/ca.pem"
[clock]
file = "clock"
[tokens]
audience = "nation"
[token_keys]
folder = "token-keys"
[personal_data]
folder = "personal-data"
[database]
{settings}
"#
    )
}
