//! The service under test and those it calls: keys, configuration, and who may call whom.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use gm::{Algorithm, PrivateKey};
use personal_data::{KeyKind, OsRandom, create_key_file};
use postgres::test_support::TestDatabase;
use rand_core::UnwrapErr;
use registration::{App, Config, GlyphCoverage};
use service_runtime::Lifecycle;
use service_runtime::auth::{Allow, Rule};
use service_runtime::config::{Common, parse};
use service_runtime::server::Running;
use service_runtime::tls::{Gate, Leaf, PeerChannel, Thumbprint};
use testkit::access::Access;
use testkit::double;
use testkit::realm::Realm;

use super::Setting;
use crate::peers::{Identity, Issuance, Projects};

/// The portal's channel to the province, and what its tokens are bound to.
pub(super) fn portal(realm: &Realm, running: &Running) -> (PeerChannel, Thumbprint) {
    let address = running.address(Gate::Clients).expect("an open gate");
    let channel = realm.channel("client/portal", "province/32/registration", address);
    let path = |end: &str| realm.folder().join(format!("client-portal{end}"));
    let leaf = Leaf::open(&path(".pem"), &path("-key.pem")).expect("just issued");
    (channel, leaf.thumbprint().expect("a certificate"))
}

/// Keys and folders; returns the exchange key.
pub(super) fn prepare_files(base: &Path) -> PrivateKey {
    for folder in ["personal-data", "objects"] {
        fs::create_dir(base.join(folder)).expect("a folder");
    }
    for kind in [KeyKind::KeyEncryption, KeyKind::BlindIndex] {
        create_key_file(&base.join("personal-data"), kind, 1, &mut OsRandom).expect("a key");
    }
    let key = PrivateKey::generate(Algorithm::Sm2WithSm3, &mut UnwrapErr(OsRandom));
    write_private(&base.join("exchange-key.pem"), key.to_pkcs8_pem());
    let lists = PrivateKey::generate(Algorithm::Sm2WithSm3, &mut UnwrapErr(OsRandom));
    write_private(&base.join("announcement-key.pem"), lists.to_pkcs8_pem());
    let random = aws_lc_rs::rand::SystemRandom::new();
    let witness = aws_lc_rs::signature::Ed25519KeyPair::generate_pkcs8(&random).expect("a key");
    write_private(&base.join("witness-key.der"), witness.as_ref());
    key
}

fn write_private(path: &Path, text: impl AsRef<[u8]>) {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    file.expect("a new file")
        .write_all(text.as_ref())
        .expect("written");
}

fn peer_common(realm: &Realm, name: &str) -> Common {
    let text = format!(
        "deployment = \"development\"\n[listen]\nprovinces = \"127.0.0.1:0\"\n{}[clock]\nfile = \"clock\"\n",
        realm.tls_section(&format!("nation/{name}"))
    );
    parse(&text, realm.folder(), Common::read).expect("sound")
}

const PROVINCE: &[Rule] = &[Rule::ProvinceService("registration")];

pub(super) async fn serve_identity(
    realm: &Realm,
    life: &Lifecycle,
    identity: &Identity,
    access: &Access,
) -> SocketAddr {
    use api::identity::v1::bulk_directory_service_server::BulkDirectoryServiceServer;
    use api::identity::v1::directory_service_server::DirectoryServiceServer;
    const DIRECTORY: &[Allow] = &[
        Allow::new("/jianzheng.identity.v1.DirectoryService/GetPerson", PROVINCE),
        Allow::new("/jianzheng.identity.v1.DirectoryService/FindPerson", PROVINCE),
        Allow::new("/jianzheng.identity.v1.DirectoryService/LookUpEmployer", PROVINCE),
        Allow::new("/jianzheng.identity.v1.DirectoryService/LinkPersons", PROVINCE),
        Allow::new(
            "/jianzheng.identity.v1.BulkDirectoryService/ResolvePersons",
            PROVINCE,
        ),
        Allow::new("/jianzheng.identity.v1.BulkDirectoryService/GetPersons", PROVINCE),
        Allow::new(
            "/jianzheng.identity.v1.BulkDirectoryService/ResolveEmployers",
            PROVINCE,
        ),
        Allow::new(
            "/jianzheng.identity.v1.BulkDirectoryService/RecordEmployers",
            PROVINCE,
        ),
    ];
    let running = double::server(&peer_common(realm, "identity"), life)
        .allow(DIRECTORY)
        .allow(&Access::allow(PROVINCE))
        .service(DirectoryServiceServer::new(identity.clone()))
        .service(BulkDirectoryServiceServer::new(identity.clone()))
        .service(access.server())
        .start()
        .await
        .expect("identity listens");
    running.address(Gate::Provinces).expect("an open gate")
}

pub(super) async fn serve_issuance(realm: &Realm, life: &Lifecycle, nation: &Issuance) -> SocketAddr {
    use api::exchange::v1::exchange_service_server::ExchangeServiceServer;
    use api::exchange::v1::migration_service_server::MigrationServiceServer;
    use api::exchange::v1::move_service_server::MoveServiceServer;
    use api::exchange::v1::standing_service_server::StandingServiceServer;
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
        Allow::new("/jianzheng.exchange.v1.ExchangeService/CompareRegister", PROVINCE),
        Allow::new("/jianzheng.exchange.v1.ExchangeService/ReportHead", PROVINCE),
        Allow::new("/jianzheng.exchange.v1.ExchangeService/FetchEnvelopes", PROVINCE),
        Allow::new("/jianzheng.exchange.v1.ExchangeService/FetchCheckpoint", PROVINCE),
        Allow::new("/jianzheng.exchange.v1.ExchangeService/Cosign", PROVINCE),
        Allow::new("/jianzheng.exchange.v1.MoveService/ReadRegisterEntry", PROVINCE),
        Allow::new("/jianzheng.exchange.v1.MoveService/ClearSuccession", PROVINCE),
        Allow::new("/jianzheng.exchange.v1.MigrationService/ClearMigration", PROVINCE),
        Allow::new("/jianzheng.exchange.v1.StandingService/ReadStanding", PROVINCE),
    ];
    let running = double::server(&peer_common(realm, "issuance"), life)
        .allow(ALLOW)
        .service(ExchangeServiceServer::new(nation.clone()))
        .service(MoveServiceServer::new(nation.clone()))
        .service(MigrationServiceServer::new(nation.clone()))
        .service(StandingServiceServer::new(nation.clone()))
        .start()
        .await
        .expect("issuance listens");
    running.address(Gate::Provinces).expect("an open gate")
}

pub(super) async fn serve_projects(realm: &Realm, life: &Lifecycle, projects: &Projects) -> SocketAddr {
    use api::project::v1::project_lock_service_server::ProjectLockServiceServer;
    const ALLOW: &[Allow] = &[Allow::new(
        "/jianzheng.project.v1.ProjectLockService/CheckProjectLock",
        PROVINCE,
    )];
    let running = double::server(&peer_common(realm, "project-lock"), life)
        .allow(ALLOW)
        .service(ProjectLockServiceServer::new(projects.clone()))
        .start()
        .await
        .expect("the platform listens");
    running.address(Gate::Provinces).expect("an open gate")
}

pub(super) async fn serve(
    realm: &Realm,
    life: &Lifecycle,
    database: &TestDatabase,
    peers: (SocketAddr, SocketAddr),
    told: (Option<Arc<dyn GlyphCoverage>>, &Setting, &str),
) -> Running {
    let app = build(realm, database, peers, told).await;
    app.serve(life).await.expect("listens")
}

/// The service, before it listens.
pub(super) async fn build(
    realm: &Realm,
    database: &TestDatabase,
    (identity_at, issuance_at): (SocketAddr, SocketAddr),
    (coverage, setting, extra): (Option<Arc<dyn GlyphCoverage>>, &Setting, &str),
) -> App {
    let policy = setting.policy.as_ref().map_or_else(
        || {
            format!(
                "policy = \"{}\"",
                setting.profile.unwrap_or("provincial-publicity")
            )
        },
        |profile| {
            let folder = realm.folder().join("policies");
            fs::create_dir_all(&folder).expect("a folder");
            fs::write(folder.join("own.toml"), profile).expect("written");
            "policies = \"policies\"\npolicy = \"own\"".to_owned()
        },
    );
    let checks = &setting.checks;
    // Nothing is drawn where the test is about something else.
    let previews = setting.previews.as_deref().unwrap_or("worker = \"/bin/false\"");
    let reconcile_at = setting.reconcile_at.unwrap_or("never");
    let settings = toml::to_string(&database.app()).expect("settings encode");
    let tls = realm.tls_section("province/32/registration");
    let text = format!(
        r#"
deployment = "development"
[listen]
clients = "127.0.0.1:0"
{tls}
[clock]
file = "clock"
[tokens]
audience = "provinces/32"
mirror = "token-trust.json"
[registration]
province = "32"
reconcile_at = "{reconcile_at}"
{policy}
{extra}{checks}
[personal_data]
folder = "personal-data"
[objects]
directory = "objects"
[previews]
{previews}
[exchange]
key = "exchange-key.pem"
receipt_key = "receipt.pub"
[announcements]
key = "announcement-key.pem"
[peers.identity]
address = "{identity_at}"
[peers.issuance]
address = "{issuance_at}"
[database]
{settings}
"#
    );
    let config = Config::from_toml(&text, realm.folder()).expect("a sound configuration");
    let app = match coverage {
        Some(coverage) => App::build_with(config, coverage).await,
        None => App::build(config).await,
    };
    app.expect("built")
}

/// Draws every name: the fonts take long to unpack in a test's build.
pub(super) struct EveryGlyph;

impl GlyphCoverage for EveryGlyph {
    fn missing(&self, _: &str) -> Vec<char> {
        Vec::new()
    }
}
