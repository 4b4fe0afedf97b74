//! Keys, database and services of one test, and whoever lives in it.

use std::cell::Cell;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use api::exchange::v1::exchange_service_client::ExchangeServiceClient;
use api::identity::v1 as identity;
use api::issuance::v1 as wire;
use api::issuance::v1::register_service_client::RegisterServiceClient;
use api::types::v1 as types;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey,
};
use certificate_face::specimen;
use document_verification::trust::{
    BundleDraft, IssuingAuthority, SignerRule, SigningKey, TrustBundle, file,
};
use domain::credit_code::CreditCode;
use domain::licence_identifier::LicenceIdentifier;
use issuance::{App, Config};
use jiff::{SignedDuration, Timestamp};
use personal_data::{KeyKind, OsRandom, create_key_file};
use postgres::test_support::TestDatabase;
use rand_core::UnwrapErr;
use service_runtime::Lifecycle;
use service_runtime::auth::{Claims, TokenKind, TokenSigner};
use service_runtime::clock::{Clock as _, ClockFile, RegisterClock};
use service_runtime::config::Common;
use service_runtime::tls::{Gate, Leaf, PeerChannel};
use testkit::realm::Realm;
use testkit::{double, people, tokens};
use uuid::Uuid;

use crate::identity::Directory;
use crate::province::Province;

/// The morning of the story: 4 May 2026, ten o'clock in China.
const MORNING: Timestamp = Timestamp::constant(1_777_860_000, 0);
const LONGEST: Duration = Duration::from_secs(60);

pub(crate) struct World {
    pub(crate) realm: Realm,
    pub(crate) database: TestDatabase,
    clock: RegisterClock,
    directory: Directory,
    identity: SocketAddr,
    identity_life: Lifecycle,
    signer: TokenSigner,
    receipts: Vec<u8>,
    /// The public key of the log's checkpoints.
    pub(crate) checkpoints: Vec<u8>,
    /// The public key of the status lists.
    pub(crate) statuses: Vec<u8>,
    life: Lifecycle,
    pub(crate) provinces: SocketAddr,
    pub(crate) services: SocketAddr,
    clients: SocketAddr,
    /// Nobody is there, unless a test starts the keeper of the seals.
    pub(crate) seal: SocketAddr,
    ordinal: Cell<u32>,
}

/// Somebody with a real-name account.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: Uuid,
    pub(crate) ordinal: u32,
    pub(crate) full_name: String,
    pub(crate) document_number: String,
}

impl Person {
    pub(crate) fn name(&self) -> String {
        format!("persons/{}", self.id)
    }
}

impl World {
    pub(crate) async fn new() -> (Self, Province, Province) {
        #[expect(
            clippy::disallowed_methods,
            reason = "certificates of connections go by the machine's present"
        )]
        let realm = Realm::new(Timestamp::now());
        let folder = realm.folder().to_owned();
        ClockFile::create(&folder.join("clock"), MORNING).expect("the folder is writable");
        let clock = RegisterClock::controlled(ClockFile::open(&folder.join("clock")).expect("just made"));
        for kind in [KeyKind::KeyEncryption, KeyKind::BlindIndex] {
            create_key_file(&make(&folder, "personal"), kind, 1, &mut UnwrapErr(OsRandom))
                .expect("a key is made");
        }
        make(&folder, "objects");
        trust_bundle(&folder);
        let receipts = ed25519_key(&folder, "receipt.der");
        let checkpoints = ed25519_key(&folder, "checkpoint.der");
        let statuses = p256_key(&folder, "status.der");
        let keys = [("32", '苏'), ("31", '沪')].map(|(code, prefix)| {
            let key = Province::key();
            let public = gm::Signer::public_key(&key).to_spki();
            std::fs::write(folder.join(format!("exchange-{code}.der")), public).expect("written");
            let witness = witness_of(code).verifier().to_string();
            std::fs::write(folder.join(format!("witness-{code}.vkey")), witness).expect("written");
            (code, prefix, key)
        });
        let pem = TokenSigner::generate_pem().expect("a key");
        let signer = TokenSigner::from_pem("k1", &pem).expect("a signer");
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut world = Self {
            database: postgres::test_support::database("issuance", &issuance::MIGRATIONS).await,
            realm,
            clock,
            directory: Directory::default(),
            identity: nowhere,
            identity_life: Lifecycle::new(),
            signer,
            receipts,
            checkpoints,
            statuses,
            life: Lifecycle::new(),
            provinces: nowhere,
            services: nowhere,
            clients: nowhere,
            seal: SocketAddr::from(([127, 0, 0, 1], 9)),
            ordinal: Cell::new(0),
        };
        world.start_identity().await;
        world.restart().await;
        let [jiangsu, shanghai] = keys.map(|(code, prefix, key)| {
            let client = world.exchange(&format!("province/{code}/registration"));
            Province::new(code, prefix, client, key)
        });
        (world, jiangsu, shanghai)
    }

    async fn start_identity(&mut self) {
        let text = format!(
            "deployment = \"development\"\n[listen]\nservices = \"127.0.0.1:0\"\n{}[clock]\nfile = \"clock\"\n",
            self.realm.tls_section("nation/identity")
        );
        let common = service_runtime::config::parse(&text, self.realm.folder(), Common::read)
            .expect("a configuration");
        let running = self
            .directory
            .serve(&common, &self.identity_life, self.signer.public_jwk().clone())
            .await;
        self.identity = running.address(Gate::Services).expect("the gate is open");
    }

    /// Identity goes away.
    pub(crate) async fn stop_identity(&self) {
        self.identity_life.drain(Duration::from_secs(5)).await;
    }

    /// Starts issuance (again), where provinces know it; what it knows is in its database and object store only.
    pub(crate) async fn restart(&mut self) {
        self.life.drain(Duration::from_secs(5)).await;
        self.life = Lifecycle::new();
        let app = App::build(self.config(self.provinces.port()))
            .await
            .expect("everything is there");
        let running = app.serve(&self.life).await.expect("it listens");
        let address = |gate| running.address(gate).expect("the gate is open");
        (self.provinces, self.services, self.clients) = (
            address(Gate::Provinces),
            address(Gate::Services),
            address(Gate::Clients),
        );
    }

    /// Issuance stops.
    pub(crate) async fn stop(&self) {
        self.life.drain(Duration::from_secs(5)).await;
    }

    /// Issuance as it is configured, not serving.
    pub(crate) async fn app(&self) -> App {
        App::build(self.config(0)).await.expect("everything is there")
    }

    /// A second process of the service on the same database; returns where its services' gate is.
    pub(crate) async fn second_process(&self, life: &Lifecycle) -> SocketAddr {
        let app = App::build(self.config(0)).await.expect("everything is there");
        let running = app.serve(life).await.expect("it listens");
        running.address(Gate::Services).expect("the gate is open")
    }

    fn config(&self, port: u16) -> Config {
        let settings = self.database.app();
        let text = format!(
            "deployment = \"development\"\n[listen]\nservices = \"127.0.0.1:0\"\nprovinces = \"{}:{port}\"\n\
             clients = \"127.0.0.1:0\"\n{}[clock]\nfile = \"clock\"\n\
             [database]\nsocket = {:?}\nport = {}\ndatabase = {:?}\nrole = {:?}\npassword_file = {:?}\n\
             [tokens]\naudience = \"nation\"\n[peers.identity]\naddress = \"{}\"\n[peers.seal]\naddress = \"{}\"\n\
             [personal_data]\nfolder = \"personal\"\n[objects]\ndirectory = \"objects\"\n\
             [exchange]\nreceipt_key = \"receipt.der\"\n\
             [log]\norigin = \"log.example/jianzheng\"\ncheckpoint_key = \"checkpoint.der\"\n\
             [status_list]\nkey = \"status.der\"\n\
             [provinces.32]\nexchange_key = \"exchange-32.der\"\nwitness_key = \"witness-32.vkey\"\n\
             [provinces.32.ceilings]\nclearance_released_per_hour = 2\n[provinces.31]\nexchange_key = \"exchange-31.der\"\n\
             witness_key = \"witness-31.vkey\"\n\
             [issuing]\npublic_url = \"https://verify.example.cn\"\nseal = \"seals/specimen\"\ntrust = \"trust\"\n",
            own_host(),
            self.realm.tls_section("nation/issuance"),
            settings.socket.expect("tests use a socket"),
            settings.port,
            settings.database,
            settings.role,
            settings.password_file.expect("roles have passwords"),
            self.identity,
            self.seal,
        );
        Config::from_toml(&text, self.realm.folder()).unwrap_or_else(|faults| panic!("{faults}"))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The register's time goes on.
    pub(crate) fn advance(&self, by: Duration) {
        let file = ClockFile::open(&self.realm.folder().join("clock")).expect("made at the start");
        file.advance(by).expect("a story moves forward");
    }

    /// Issuance stops, and nothing of what it holds has ever had a place in a status list.
    pub(crate) async fn forget_statuses(&mut self) {
        self.life.drain(Duration::from_secs(5)).await;
        let mut owner = self.database.owner_connection().await;
        for table in ["status_index", "status_list", "status_shard"] {
            let delete = format!("DELETE FROM issuing.{table}");
            let deleted = sqlx::query(sqlx::AssertSqlSafe(delete)).execute(&mut owner).await;
            deleted.expect("the owner may");
        }
    }

    pub(crate) fn exchange(&self, caller: &str) -> ExchangeServiceClient<PeerChannel> {
        ExchangeServiceClient::new(self.realm.channel(caller, "nation/issuance", self.provinces))
    }

    /// Somebody new whom identity knows.
    pub(crate) fn person(&self) -> Person {
        let ordinal = self.ordinal.get() + 1;
        self.ordinal.set(ordinal);
        let synthetic = people::Person::synthetic(ordinal);
        let person = Person {
            id: Uuid::new_v4(),
            ordinal,
            full_name: synthetic.full_name,
            document_number: synthetic.document_number,
        };
        let digits = |range: std::ops::Range<usize>| person.document_number[range].parse().expect("digits");
        let sex = if digits(16..17) % 2 == 1 {
            types::Sex::Male
        } else {
            types::Sex::Female
        };
        self.directory.add_person(identity::Person {
            name: person.name(),
            full_name: person.full_name.clone(),
            document_kind: types::DocumentKind::CitizenIdentityCard.into(),
            document_number: person.document_number.clone(),
            sex: sex.into(),
            birth_date: Some(types::Date {
                year: digits(6..10),
                month: digits(10..12),
                day: digits(12..14),
            }),
        });
        person
    }

    /// Who stands for whom, as identity was told.
    pub(crate) fn links(&self) -> Vec<(String, String)> {
        self.directory.links()
    }

    /// Identity holds another name of somebody from now on.
    pub(crate) fn rename(&self, person: &Person, full_name: &str) {
        self.directory.rename(&person.name(), full_name);
    }

    /// An employer of a province that identity knows; returns its name.
    pub(crate) fn employer(&self, province: &str) -> String {
        let ordinal = self.ordinal.get() + 1;
        self.ordinal.set(ordinal);
        let firm = people::Firm::synthetic("样本建设集团有限公司", province, ordinal);
        let name = format!("employers/{}", Uuid::new_v4());
        self.directory.add_employer(identity::Employer {
            name: name.clone(),
            title: format!("{}{ordinal}", firm.title),
            credit_code: firm.credit_code,
            province: firm.province,
            ..Default::default()
        });
        name
    }

    /// Identity learns a new name of an employer.
    pub(crate) fn retitle(&self, employer: &str, title: &str) {
        self.directory.retitle(employer, title);
    }

    /// A watcher at the services' gate.
    pub(crate) fn watcher(&self, caller: &str, address: SocketAddr) -> RegisterServiceClient<PeerChannel> {
        RegisterServiceClient::new(self.realm.channel(caller, "nation/issuance", address))
    }

    /// Everything after a position up to the first heartbeat, and that heartbeat; `through` must have its number first.
    pub(crate) async fn changes(
        &self,
        after: u64,
        through: u64,
    ) -> (Vec<wire::WatchChangesResponse>, wire::WatchChangesResponse) {
        let ends = tokio::time::Instant::now() + LONGEST;
        while self.count("SELECT position FROM log.head").await < through.cast_signed() {
            assert!(tokio::time::Instant::now() < ends, "the sequencer stands still");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let client = self.watcher("nation/verification", self.services);
        let request = wire::WatchChangesRequest {
            after,
            ..Default::default()
        };
        let mut feed = client
            .clone()
            .watch_changes(request)
            .await
            .expect("it may watch")
            .into_inner();
        let mut changes = Vec::new();
        loop {
            let message = feed
                .message()
                .await
                .expect("the feed goes on")
                .expect("it has no end");
            if matches!(
                message.change,
                Some(wire::watch_changes_response::Change::Heartbeat(_))
            ) {
                return (changes, message);
            }
            changes.push(message);
        }
    }

    /// Whether the nation signed a receipt.
    pub(crate) fn holds(&self, province: &str, receipt: &api::exchange::v1::PushChangesResponse) -> bool {
        let at = receipt.applied_at.as_ref().expect("a receipt has its time");
        let micros = at.seconds * 1_000_000 + i64::from(at.nanos) / 1_000;
        let message = [
            b"jianzheng exchange receipt v1".as_slice(),
            province.as_bytes(),
            &receipt.applied_through.to_be_bytes(),
            &receipt.applied_hash,
            &micros.to_be_bytes(),
        ]
        .concat();
        UnparsedPublicKey::new(&ED25519, &self.receipts)
            .verify(&message, &receipt.receipt_signature)
            .is_ok()
    }

    /// Whether the nation's receipt key signed a statement.
    pub(crate) fn signed_receipt(&self, statement: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.receipts)
            .verify(statement, signature)
            .is_ok()
    }

    /// The portal's channel to the clients' gate.
    pub(crate) async fn portal(&self) -> PeerChannel {
        let channel = self
            .realm
            .channel("client/portal", "nation/issuance", self.clients);
        // The keys of tokens are fetched in the background.
        double::serving(channel.clone(), "jianzheng.issuance.v1.RegisterService").await;
        channel
    }

    /// An officer of a province, else of the ministry; each is somebody else.
    pub(crate) fn officer(&self, province: Option<&str>) -> Claims {
        let path = |name: &str| self.realm.folder().join(name);
        let leaf =
            Leaf::open(&path("client-portal.pem"), &path("client-portal-key.pem")).expect("just issued");
        let carrier = leaf.thumbprint().expect("a certificate");
        Claims {
            kind: TokenKind::Officer,
            roles: vec![tokens::office(province)],
            ..tokens::claims("nation", carrier, self.now())
        }
    }

    /// A request in somebody's name.
    pub(crate) fn signed<T>(&self, claims: &Claims, message: T) -> tonic::Request<T> {
        tokens::bearer(message, &self.signer.sign(claims).expect("lawful claims"))
    }

    /// The entry as an officer of an authority sees it; a province's officer names it.
    pub(crate) async fn entry(
        &self,
        province: Option<&str>,
        person: &Person,
        least: types::Position,
    ) -> Result<wire::RegisterEntry, tonic::Status> {
        let channel = self.portal().await;
        let officer = self.officer(province);
        let request = wire::GetRegisterEntryRequest {
            person: person.name(),
            min_position: Some(least),
        };
        let answer = RegisterServiceClient::new(channel)
            .get_register_entry(self.signed(&officer, request))
            .await?;
        Ok(answer.into_inner().entry.expect("with its content"))
    }

    pub(crate) async fn count(&self, statement: &str) -> i64 {
        let mut owner = self.database.owner_connection().await;
        let count = sqlx::query_scalar(sqlx::AssertSqlSafe(statement.to_owned()));
        count.fetch_one(&mut owner).await.expect("it can be counted")
    }

    /// Reasons of the refusals recorded under a verb.
    pub(crate) async fn refusals(&self, verb: &str) -> Vec<String> {
        let mut owner = self.database.owner_connection().await;
        let rows = sqlx::query_scalar(
            "SELECT reason FROM shared.audit WHERE outcome = 'refused' AND verb = $1 ORDER BY id",
        );
        rows.bind(verb.to_owned())
            .fetch_all(&mut owner)
            .await
            .expect("the audit can be read")
    }

    /// Every file of the object store.
    pub(crate) fn objects(&self) -> Vec<Vec<u8>> {
        let mut files = Vec::new();
        let mut folders = vec![self.realm.folder().join("objects")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("it can be listed") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push(std::fs::read(path).expect("it can be read"));
                }
            }
        }
        files
    }
}

/// The stable reason of a refusal.
pub(crate) fn reason(status: &tonic::Status) -> String {
    tonic_types::StatusExt::get_details_error_info(status)
        .map_or_else(|| format!("{status:?}"), |info| info.reason)
}

/// The key of a province's witness, the same in every process.
pub(crate) fn witness_of(province: &str) -> tlog::Cosigner {
    let seed = [province.as_bytes()[1]; 32];
    tlog::Cosigner::from_seed(&format!("{province}.example.cn/witness"), &seed).expect("a name")
}

/// A position of a province's outbox.
pub(crate) fn told(province: &str, sequence: u64) -> types::Position {
    types::Position {
        stream: format!("provinces/{province}"),
        value: sequence,
    }
}

fn make(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(&path).expect("the folder is writable");
    path
}

fn keep_key(folder: &Path, file: &str, pkcs8: &[u8]) {
    let path = folder.join(file);
    std::fs::write(&path, pkcs8).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("ours");
}

/// Makes the key of status lists; returns its public half.
fn p256_key(folder: &Path, file: &str) -> Vec<u8> {
    let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
    keep_key(folder, file, pkcs8.as_ref());
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref()).expect("just made");
    pair.public_key().as_ref().to_vec()
}

/// Makes a key; returns its public half.
fn ed25519_key(folder: &Path, file: &str) -> Vec<u8> {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
    keep_key(folder, file, pkcs8.as_ref());
    Ed25519KeyPair::from_pkcs8(pkcs8.as_ref())
        .expect("just made")
        .public_key()
        .as_ref()
        .to_vec()
}

/// An address of the loopback that is this process's own, so that nobody takes the port that a restart comes back to.
fn own_host() -> Ipv4Addr {
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, 64 | high, middle, low)
}

/// The roots by which sealed files are judged; nothing is sealed here, but the service wants to know them.
fn trust_bundle(folder: &Path) {
    let places = seal::ceremony::Places {
        keystore: folder.join("keystore"),
        offline: folder.join("offline"),
        trust: folder.join("trust"),
    };
    let plan = seal::ceremony::Plan {
        seal: "specimen".to_owned(),
        es_id: "JZ-SPECIMEN-0001".to_owned(),
        title: "行政许可专用章（样本）".to_owned(),
        authority: specimen::ISSUER.to_owned(),
        picture: specimen::seal_picture(),
        diameter_mm: 45,
        from: MORNING - SignedDuration::from_hours(1),
    };
    seal::ceremony::hold(&plan, &places, &mut UnwrapErr(OsRandom)).expect("the ceremony succeeds");
    let read = |name: &str| std::fs::read(places.trust.join(name)).expect("the ceremony left it");
    let (seal_root, pdf_root) = (read(file::SEAL_ROOT), read(file::PDF_ROOT));
    let draft = BundleDraft {
        issued_at: MORNING - SignedDuration::from_hours(1),
        expires_at: MORNING + SignedDuration::from_hours(24 * 365),
        authorities: vec![IssuingAuthority {
            name: specimen::ISSUER.to_owned(),
            credit_code: CreditCode::SPECIMEN_AUTHORITY.to_owned(),
            licence_types: vec![LicenceIdentifier::SPECIMEN_TYPE_CODE.to_owned()],
            signers: SignerRule {
                organisations: vec![specimen::ISSUER.to_owned()],
                ..SignerRule::default()
            },
        }],
        seal_root: &seal_root,
        pdf_root: &pdf_root,
        timestamp_anchors: None,
        revocation_lists: None,
    };
    let signed = TrustBundle::sign(&draft, &SigningKey::from_seed(&[7; 32]).expect("a seed"))
        .expect("it can be opened");
    let write = |name: &str, bytes: &[u8]| std::fs::write(places.trust.join(name), bytes).expect("written");
    write(file::STATEMENT, &signed.statement);
    write(file::SIGNATURE, signed.signature.as_bytes());
    write(file::KEY, signed.key.as_bytes());
}
