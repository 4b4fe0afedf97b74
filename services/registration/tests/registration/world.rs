//! Who takes part: the service, its peers, the certificates of its callers, and everybody's tokens.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use api::audit::v1::audit_service_client::AuditServiceClient;
use api::identity::v1::Employer;
use api::registration::v1::announcement_correction_service_client::AnnouncementCorrectionServiceClient;
use api::registration::v1::announcement_service_client::AnnouncementServiceClient;
use api::registration::v1::application_service_client::ApplicationServiceClient;
use api::registration::v1::cancellation_service_client::CancellationServiceClient;
use api::registration::v1::case_service_client::CaseServiceClient;
use api::registration::v1::clock_service_client::ClockServiceClient;
use api::registration::v1::fact_service_client::FactServiceClient;
use api::registration::v1::import_service_client::ImportServiceClient;
use api::registration::v1::lapse_service_client::LapseServiceClient;
use api::registration::v1::notice_service_client::NoticeServiceClient;
use api::registration::v1::notification_service_client::NotificationServiceClient;
use api::registration::v1::objection_service_client::ObjectionServiceClient;
use api::registration::v1::qualification_service_client::QualificationServiceClient;
use api::registration::v1::reconciliation_service_client::ReconciliationServiceClient;
use api::registration::v1::registration_service_client::RegistrationServiceClient;
use api::registration::v1::review_service_client::ReviewServiceClient;
use api::registration::v1::succession_service_client::SuccessionServiceClient;
use api::registration::v1::termination_service_client::TerminationServiceClient;
use api::registration::v1::work_service_client::WorkServiceClient;
use gm::Signer as _;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use postgres::test_support::TestDatabase;
use registration::{GlyphCoverage, MIGRATIONS};
use service_runtime::Lifecycle;
use service_runtime::auth::{AuthLevel, Claims, EmployerGrant, TokenKind, TokenSigner};
use service_runtime::clock::{Clock as _, ClockFile, RegisterClock, SystemClock, start_of};
use service_runtime::tls::{PeerChannel, Thumbprint};
use testkit::access::Access;
use testkit::people::{Firm, Person};
use testkit::realm::Realm;
use testkit::{double, tokens};
use tonic::{Request, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_types::StatusExt as _;
use uuid::Uuid;

use crate::peers::{Identity, Issuance, Projects};

mod actors;
mod serving;

pub(crate) use actors::{Actor, Employment, Holder, in_role, leader, officer};
use serving::{
    EveryGlyph, build, portal, prepare_files, serve, serve_identity, serve_issuance, serve_projects,
};

/// The full name under which health is reported.
const SERVICE: &str = "jianzheng.registration.v1.ApplicationService";
/// What a deployment chooses.
#[derive(Debug, Default)]
pub(crate) struct Setting {
    /// A profile that ships with the program, instead of the default.
    pub(crate) profile: Option<&'static str>,
    /// A profile named `own` that new applications are under.
    pub(crate) policy: Option<String>,
    /// Sections of external checks.
    pub(crate) checks: String,
    /// When the mirror is compared with the nation by itself; never if none.
    pub(crate) reconcile_at: Option<&'static str>,
    /// With a platform of projects: what its silence means.
    pub(crate) project_lock_unavailable: Option<&'static str>,
    /// The section `[previews]`; nothing is drawn unless given.
    pub(crate) previews: Option<String>,
}

/// The profile of the guide as the deployment's own, with some words replaced.
pub(crate) fn own_policy(changes: &[(&str, &str)]) -> String {
    let guide = include_str!("../../../../crates/domain/data/policies/provincial-publicity.toml");
    let named = guide.replace("name = \"provincial-publicity\"", "name = \"own\"");
    changes.iter().fold(named, |text, (old, new)| {
        assert!(text.contains(old), "{old} is in the profile");
        text.replace(old, new)
    })
}

/// A running service and the means to call it.
pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) identity: Identity,
    pub(crate) nation: Issuance,
    pub(crate) projects: Projects,
    pub(crate) access: Access,
    pub(crate) clock: RegisterClock,
    pub(crate) realm: Realm,
    clock_file: ClockFile,
    life: Lifecycle,
    peers_life: Lifecycle,
    peers: (SocketAddr, SocketAddr),
    setting: Setting,
    /// The lines of the section `[registration]` beyond the province, and sections after it.
    extra: String,
    channel: PeerChannel,
    thumbprint: Thumbprint,
    signer: Arc<TokenSigner>,
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

    /// As [`World::start`], with the fonts that ship with the program if no others are given.
    pub(crate) async fn start_drawing(coverage: Option<Arc<dyn GlyphCoverage>>) -> Self {
        Self::start_with(coverage, |_| Setting::default()).await
    }

    /// As [`World::start`], under another policy profile that ships with the program.
    pub(crate) async fn start_under(policy: &'static str) -> Self {
        let setting = Setting {
            profile: Some(policy),
            ..Setting::default()
        };
        Self::start_with(Some(Arc::new(EveryGlyph)), |_| setting).await
    }

    /// As [`World::start`], under a policy profile of the deployment's own and with other systems connected; `set` gets the
    /// authorities and the folder of the configuration.
    pub(crate) async fn start_set(set: impl FnOnce(&Realm) -> Setting) -> Self {
        Self::start_with(Some(Arc::new(EveryGlyph)), set).await
    }

    /// As [`World::start`], with a platform of projects whose silence means this (`refuse`, `allow`).
    pub(crate) async fn start_locked(unavailable: &'static str) -> Self {
        let setting = Setting {
            project_lock_unavailable: Some(unavailable),
            ..Setting::default()
        };
        Self::start_with(Some(Arc::new(EveryGlyph)), |_| setting).await
    }

    async fn start_with(
        coverage: Option<Arc<dyn GlyphCoverage>>,
        set: impl FnOnce(&Realm) -> Setting,
    ) -> Self {
        let database = postgres::test_support::database("registration", &MIGRATIONS).await;
        // At nine in the morning: no story of some seconds crosses midnight and counts its days from two of them.
        let past = RegisterClock::system().today().saturating_sub(1501.days());
        let start = start_of(past).saturating_add(9.hours()).expect("hours are exact");
        let realm = Realm::new(SystemClock::new().now());
        let base = realm.folder();
        let clock_file = ClockFile::create(&base.join("clock"), start).expect("a clock");
        let clock = RegisterClock::controlled(ClockFile::open(&base.join("clock")).expect("a clock"));
        let (life, peers_life) = (Lifecycle::new(), Lifecycle::new());
        let exchange_key = prepare_files(base);
        let setting = set(&realm);
        let pem = TokenSigner::generate_pem().expect("a key");
        let signer = Arc::new(TokenSigner::from_pem("k1", &pem).expect("a signer"));
        let access = Access::new(&[signer.public_jwk().clone()]);
        let identity = Identity::default();
        let told = clock.clone();
        let nation = Issuance::new(exchange_key.public_key().clone(), move || told.now());
        fs::write(base.join("receipt.pub"), nation.receipt_key()).expect("written");
        let identity_at = serve_identity(&realm, &peers_life, &identity, &access).await;
        let issuance_at = serve_issuance(&realm, &peers_life, &nation).await;
        let peers = (identity_at, issuance_at);
        let projects = Projects::default();
        let extra = match setting.project_lock_unavailable {
            Some(unavailable) => {
                let at = serve_projects(&realm, &peers_life, &projects).await;
                format!(
                    "project_lock_unavailable = {unavailable:?}\n[peers.project-lock]\naddress = \"{at}\"\n"
                )
            }
            None => String::new(),
        };
        let running = serve(&realm, &life, &database, peers, (coverage, &setting, &extra)).await;
        let (channel, thumbprint) = portal(&realm, &running);
        let world = Self {
            database,
            identity,
            nation,
            projects,
            access,
            clock,
            realm,
            clock_file,
            life,
            peers_life,
            setting,
            extra,
            peers,
            channel,
            thumbprint,
            signer,
        };
        world.serving().await;
        world
    }

    /// Identity and the nation go away.
    pub(crate) async fn peers_away(&self) {
        self.peers_life.drain(Duration::from_secs(5)).await;
    }

    /// The process ends and starts again; what it knows is in its database and its folder. Does not wait until it is
    /// ready.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.start_again().await;
    }

    /// The process ends.
    pub(crate) async fn stop(&self) {
        self.life.drain(Duration::from_secs(10)).await;
    }

    /// The process starts after it was stopped. Does not wait until it is ready.
    pub(crate) async fn start_again(&mut self) {
        self.life = Lifecycle::new();
        let coverage: Arc<dyn GlyphCoverage> = Arc::new(EveryGlyph);
        let running = serve(
            &self.realm,
            &self.life,
            &self.database,
            self.peers,
            (Some(coverage), &self.setting, &self.extra),
        )
        .await;
        (self.channel, self.thumbprint) = portal(&self.realm, &running);
    }

    /// The service once more, as an operator's command opens it.
    pub(crate) async fn another_app(&self) -> registration::App {
        let coverage: Arc<dyn GlyphCoverage> = Arc::new(EveryGlyph);
        let told = (Some(coverage), &self.setting, self.extra.as_str());
        build(&self.realm, &self.database, self.peers, told).await
    }

    /// What health says now.
    pub(crate) async fn health(&self) -> ServingStatus {
        double::health(self.channel.clone(), SERVICE).await
    }

    /// Returns once the process is ready.
    pub(crate) async fn serving(&self) {
        double::serving(self.channel.clone(), SERVICE).await;
    }

    /// Asks everything to finish.
    pub(crate) async fn drain(&self) -> service_runtime::lifecycle::Ending {
        self.life.drain(Duration::from_secs(10)).await
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

    /// Somebody whom an import has put on record, with an account since.
    pub(crate) fn enrolled_as(&self, name: &str, person: Person) -> Holder {
        let id = name.trim_start_matches("persons/").parse().expect("an id");
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

    /// A request in the name of a backend with scopes.
    pub(crate) fn signed_by_backend<T>(&self, scopes: &[&str], message: T) -> Request<T> {
        let claims = Claims {
            sub: "portal".to_owned(),
            kind: TokenKind::Client,
            account: None,
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            auth_level: AuthLevel::Single,
            act: None,
            ..self.claims(&Actor::holder(None))
        };
        self.bearing(&claims, message)
    }

    /// The portal's channel, for calls of methods by their path.
    pub(crate) fn channel(&self) -> PeerChannel {
        self.channel.clone()
    }

    /// A request in somebody's name.
    pub(crate) fn signed<T>(&self, actor: &Actor, message: T) -> Request<T> {
        self.bearing(&self.claims(actor), message)
    }

    fn claims(&self, actor: &Actor) -> Claims {
        Claims {
            sub: actor.account.to_string(),
            sid: actor.account,
            kind: actor.kind,
            account: Some(actor.account),
            person: actor.person,
            roles: actor.roles.clone(),
            employers: actor.employers.clone(),
            ..tokens::claims("provinces/32", self.thumbprint, self.now())
        }
    }

    fn bearing<T>(&self, claims: &Claims, message: T) -> Request<T> {
        tokens::bearer(message, &self.signer.sign(claims).expect("signed"))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for life in [&self.life, &self.peers_life] {
            life.soft().cancel();
            life.hard().cancel();
        }
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
    facts: FactServiceClient;
    imports: ImportServiceClient;
    announcements: AnnouncementServiceClient;
    announcement_corrections: AnnouncementCorrectionServiceClient;
    registrations: RegistrationServiceClient;
    terminations: TerminationServiceClient;
    successions: SuccessionServiceClient;
    reconciliations: ReconciliationServiceClient;
    cancellations: CancellationServiceClient;
    lapses: LapseServiceClient;
    notifications: NotificationServiceClient;
    clocks: ClockServiceClient;
    work: WorkServiceClient;
    cases: CaseServiceClient;
    objections: ObjectionServiceClient;
    notice_service: NoticeServiceClient;
    audits: AuditServiceClient;
}
