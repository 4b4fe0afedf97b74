//! Issuance and the keeper of the seals in this process, on databases of their own, with a register that is arranged as rows.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use api::issuance::v1 as wire;
use api::issuance::v1::bulk::{Purpose, State};
use api::issuance::v1::certificate_service_client::CertificateServiceClient;
use api::issuance::v1::issuance_service_client::IssuanceServiceClient;
use api::issuance::v1::start_bulk_request::Selection;
use certificate_face::specimen;
use document_verification::trust::{
    BundleDraft, IssuingAuthority, SignerRule, SigningKey, TrustBundle, file,
};
use domain::credit_code::CreditCode;
use domain::licence_identifier::LicenceIdentifier;
use domain::registration_number::RegistrationNumber;
use jiff::{SignedDuration, Timestamp};
use personal_data::{Cipher, KeyKind, Keyring, OsRandom, Vault, create_key_file};
use postgres::sqlx::{self, Connection as _};
use rand_core::{Rng as _, UnwrapErr};
use service_runtime::Lifecycle;
use service_runtime::auth::{AuthLevel, Claims, Rule, TokenKind, TokenSigner};
use service_runtime::clock::{Clock as _, ClockFile, RegisterClock};
use service_runtime::config::Common;
use service_runtime::tls::{Gate, Leaf, PeerChannel, Thumbprint};
use sha2::{Digest as _, Sha256};
use testkit::access::Access;
use testkit::realm::Realm;
use testkit::tokens;
use tlog::{LogSigner, commit_facts};
use uuid::Uuid;

use super::PATIENCE;
use crate::server::{Database, Server};

/// 4 May 2026, ten o'clock in China.
const MORNING: Timestamp = Timestamp::constant(1_777_860_000, 0);
const SEAL: &str = "specimen";
const ORIGIN: &str = "log.example/bench";
/// Photos, signatures and names repeat after so many people; every person has a key of their own.
const PICTURES: u64 = 16;

/// Somebody with a certificate version.
struct Holder {
    person: Uuid,
    identifier: String,
}

/// Everything that runs.
pub(super) struct World {
    realm: Realm,
    database: Database,
    clock: RegisterClock,
    signer: TokenSigner,
    vault: Vault,
    lives: Vec<Lifecycle>,
    channel: PeerChannel,
    thumbprint: Thumbprint,
    holders: std::sync::OnceLock<Vec<Holder>>,
}

impl World {
    pub(super) async fn new(server: &Server) -> Result<Self> {
        #[expect(
            clippy::disallowed_methods,
            reason = "certificates of connections go by the machine's present"
        )]
        let realm = Realm::new(Timestamp::now());
        let folder = realm.folder().to_owned();
        ClockFile::create(&folder.join("clock"), MORNING)?;
        let clock = RegisterClock::controlled(ClockFile::open(&folder.join("clock"))?);
        ceremony(&folder)?;
        keys(&folder)?;
        let keyring = Keyring::load(&folder.join("personal"), KeyKind::KeyEncryption)?;
        let signer = TokenSigner::from_pem("k1", &TokenSigner::generate_pem()?)?;
        let lives = vec![Lifecycle::new(), Lifecycle::new(), Lifecycle::new()];
        let [identity_life, seal_life, life] = lives.as_slice() else {
            bail!("three lives")
        };
        let database = server.database("issuance", &issuance::MIGRATIONS).await?;
        let seal_database = server.database("seal", &seal::MIGRATIONS).await?;

        let text = format!("{LISTEN}{}", rest(&realm, "nation/identity"));
        let common = parsed(service_runtime::config::parse(&text, &folder, Common::read))?;
        let access = Access::new(std::slice::from_ref(signer.public_jwk()));
        let identity = testkit::double::server(&common, identity_life)
            .allow(&Access::allow(&[Rule::Service("issuance")]))
            .service(access.server())
            .start()
            .await?;
        let identity = identity.address(Gate::Services).context("the gate is open")?;

        let text = format!(
            "{LISTEN}clients = \"127.0.0.1:0\"\n[keystore]\nfolder = \"keystore\"\n\
             [ceilings]\noriginal = 1000000\nuse_copy = 1000000\n[log]\nkeys = \"log.vkey\"\n{}{}",
            seal_database.section()?,
            rest(&realm, "nation/seal"),
        );
        let config = parsed(service_runtime::config::parse(&text, &folder, seal::Config::read))?;
        let keeper = seal::App::build(config).await?.serve(seal_life).await?;
        let keeper = keeper.address(Gate::Services).context("the gate is open")?;

        let text = format!(
            "{LISTEN}clients = \"127.0.0.1:0\"\nprovinces = \"127.0.0.1:0\"\n{}{}\
             [peers.identity]\naddress = \"{identity}\"\n[peers.seal]\naddress = \"{keeper}\"\n\
             [personal_data]\nfolder = \"personal\"\n[objects]\ndirectory = \"objects\"\n\
             [exchange]\nreceipt_key = \"receipt.der\"\n[provinces.32]\nexchange_key = \"exchange-32.der\"\n\
             [issuing]\npublic_url = \"https://verify.example.cn\"\nseal = \"seals/{SEAL}\"\ntrust = \"trust\"\n\
             qr_key = \"qr.der\"\ncopies_per_day = 1000\n[log]\norigin = \"{ORIGIN}\"\ncheckpoint_key = \"checkpoint.der\"\n\
             [tokens]\naudience = \"nation\"\n",
            database.section()?,
            rest(&realm, "nation/issuance"),
        );
        let config = parsed(issuance::Config::from_toml(&text, &folder))?;
        let running = Box::pin(issuance::App::build(config).await?.serve(life)).await?;
        let address = running.address(Gate::Clients).context("the gate is open")?;
        let channel = realm.channel("client/portal", "nation/issuance", address);
        testkit::double::serving(channel.clone(), "jianzheng.issuance.v1.CertificateService").await;
        let path = |end: &str| folder.join(format!("client-portal{end}"));
        let leaf =
            Leaf::open(&path(".pem"), &path("-key.pem")).map_err(|fault| anyhow::anyhow!("{fault}"))?;
        Ok(Self {
            thumbprint: leaf.thumbprint().context("a certificate")?,
            realm,
            database,
            clock,
            signer,
            vault: Vault::new(keyring, Cipher::Aes256Gcm),
            lives,
            channel,
            holders: std::sync::OnceLock::new(),
        })
    }

    /// Drains everything.
    pub(super) async fn end(self) {
        for life in self.lives.iter().rev() {
            life.drain(Duration::from_secs(5)).await;
        }
    }

    /// Versions with their waiting jobs as rows of a paused bulk; its name.
    pub(super) async fn registered_in_bulk(&self, count: usize) -> Result<String> {
        let bulk = Uuid::now_v7();
        let mut owner = self.database.owner().await?;
        let mut tx = owner.begin().await?;
        sqlx::query(
            "INSERT INTO issuing.bulk (id, purpose, selection, target, ground, state, rows, started_by, started_at)
             VALUES ($1, 'issue', 'province', '32', 'bench', 'paused', $2, 'bench', now())",
        )
        .bind(bulk)
        .bind(i64::try_from(count)?)
        .execute(&mut *tx)
        .await?;
        let pictures = Pictures::new();
        let mut holders = Vec::with_capacity(count);
        for ordinal in 0..count {
            holders.push(self.register(&mut tx, ordinal, &pictures, Some(bulk)).await?);
        }
        tx.commit().await?;
        if self.holders.set(holders).is_err() {
            bail!("one register a world");
        }
        Ok(format!("bulks/{bulk}"))
    }

    /// A certificate of its own, so that templates, connections and seals are known.
    pub(super) async fn warm_up(&self) -> Result<()> {
        let mut owner = self.database.owner().await?;
        let mut tx = owner.begin().await?;
        let holder = self.register(&mut tx, 90_000, &Pictures::new(), None).await?;
        tx.commit().await?;
        let request = || wire::GetCertificateRequest {
            name: format!("certificates/{}", holder.identifier),
            ..Default::default()
        };
        let started = Instant::now();
        loop {
            let answer = CertificateServiceClient::new(self.channel.clone())
                .get_certificate(tokens::bearer(request(), &self.token(Some(holder.person))?))
                .await?;
            let certificate = answer.into_inner().certificate.context("it is answered")?;
            if certificate.state() == wire::certificate::State::Issued {
                return Ok(());
            }
            if started.elapsed() > PATIENCE {
                bail!("the first certificate is not issued");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn register(
        &self,
        tx: &mut sqlx::PgConnection,
        ordinal: usize,
        pictures: &Pictures,
        bulk: Option<Uuid>,
    ) -> Result<Holder> {
        let issuer = CreditCode::parse(CreditCode::SPECIMEN_AUTHORITY)?;
        // No serial of a registration is 0.
        let (serial, digits) = (
            format!("BENCH{ordinal:015}"),
            format!("13220182019{:05}", ordinal + 1),
        );
        let mut facts = specimen::record("张伟民", 2);
        facts.licence_identifier =
            LicenceIdentifier::new(LicenceIdentifier::SPECIMEN_TYPE_CODE, &issuer, &serial, 1)?;
        facts.number = RegistrationNumber::parse(&format!("苏{digits}"))?;
        let mut salt = [0; 32];
        UnwrapErr(OsRandom).fill_bytes(&mut salt);
        facts.salt = Some(hex::encode(salt));
        facts.check()?;
        let (photo, signature) = pictures.of(ordinal, &mut facts);
        let (person, version, act) = (Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4());
        let random = &mut UnwrapErr(OsRandom);
        let (key, wrapped) = self.vault.create(person, random);
        let mut places = Vec::new();
        for (name, column, bytes) in [
            ("photo", "register.photo", photo),
            ("signature", "register.signature_image", signature),
        ] {
            let place = format!("pictures/{version}-{name}");
            let sealed = key.seal(column, bytes, random).into_bytes();
            std::fs::write(self.realm.folder().join("objects").join(&place), sealed)?;
            places.push(place);
        }
        let [photo, signature] = places.as_slice() else {
            bail!("two pictures")
        };
        let record = facts.canonical_bytes();
        let leaf = tlog::Leaf::Facts(commit_facts(&salt, &record)).encode();
        let column = format!("issuing.certificate_version.facts:{version}");
        let sealed = key.seal(&column, &record, random).into_bytes();
        let identifier = facts.licence_identifier.to_string();
        let now = self.clock.now().to_string();
        sqlx::query(
            "WITH person AS (
                 INSERT INTO register.person (person, wrapped_key, created_at) VALUES ($1, $2, $3::text::timestamptz)),
             number AS (
                 INSERT INTO register.registration_number (number, person, reserved_at)
                 VALUES ($4, $1, $3::text::timestamptz)),
             act AS (
                 INSERT INTO register.act (id, person, at, kind, province, decided_by, announced_by, record, recorded_at)
                 VALUES ($5, $1, $3::text::timestamptz, 'REGISTER', '32', 'ministry', 'provinces/32', '',
                     $3::text::timestamptz)),
             version AS (
                 INSERT INTO issuing.certificate_version (id, person, act, licence_identifier, serial, version,
                     registration_digits, facts, facts_hash, photo, signature_image, operation, province, application,
                     announced_at, state, current, made_at)
                 VALUES ($6, $1, $5, $7, $8, 1, $4, $9, $10, $11, $12, '01', '32', $13, $3::text::timestamptz, 'issuing',
                     true, $3::text::timestamptz)),
             change AS (
                 INSERT INTO log.change (kind, person, version, sealed, recorded_at, leaf)
                 VALUES ('version', $1, $6, '', $3::text::timestamptz, $16))
             INSERT INTO issuing.job (id, version, state, due_at, created_at, updated_at, bulk)
             VALUES ($14, $6, 'waiting', '2020-01-01', $3::text::timestamptz, $3::text::timestamptz, $15)",
        )
        .bind(person)
        .bind(wrapped.as_bytes().to_vec())
        .bind(now)
        .bind(digits)
        .bind(act)
        .bind(version)
        .bind(&identifier)
        .bind(serial)
        .bind(sealed)
        .bind(Sha256::digest(&record).to_vec())
        .bind(photo)
        .bind(signature)
        .bind(Uuid::new_v4())
        .bind(Uuid::new_v4())
        .bind(bulk)
        .bind(leaf)
        .execute(tx)
        .await?;
        Ok(Holder { person, identifier })
    }

    fn token(&self, holder: Option<Uuid>) -> Result<String> {
        let mut claims: Claims = tokens::claims("nation", self.thumbprint, self.clock.now());
        if holder.is_some() {
            claims.person = holder;
            claims.auth_level = AuthLevel::StepUp;
            claims.step_up_at = Some(claims.iat);
        } else {
            claims.kind = TokenKind::Officer;
            claims.roles = vec![tokens::office(None)];
        }
        Ok(self.signer.sign(&claims)?)
    }

    fn issuances(&self) -> IssuanceServiceClient<PeerChannel> {
        IssuanceServiceClient::new(self.channel.clone()).max_encoding_message_size(16 << 20)
    }

    pub(super) async fn start(&self, purpose: Purpose, selection: Selection) -> Result<String> {
        let request = wire::StartBulkRequest {
            request_id: Uuid::new_v4().to_string(),
            purpose: purpose.into(),
            selection: Some(selection),
            ground: "bench".to_owned(),
        };
        let started = self
            .issuances()
            .start_bulk(tokens::bearer(request, &self.token(None)?))
            .await?;
        Ok(started.into_inner().bulk.context("it is shown")?.name)
    }

    pub(super) async fn resume(&self, name: &str) -> Result<()> {
        let request = wire::ResumeBulkRequest {
            request_id: Uuid::new_v4().to_string(),
            name: name.to_owned(),
        };
        self.issuances()
            .resume_bulk(tokens::bearer(request, &self.token(None)?))
            .await?;
        Ok(())
    }

    async fn shown(&self, name: &str) -> Result<wire::Bulk> {
        let request = wire::GetBulkRequest {
            name: name.to_owned(),
        };
        let shown = self
            .issuances()
            .get_bulk(tokens::bearer(request, &self.token(None)?))
            .await?;
        shown.into_inner().bulk.context("it is shown")
    }

    /// Waits for the end of a bulk; how many rows were issued.
    pub(super) async fn done(&self, name: &str) -> Result<usize> {
        let started = Instant::now();
        loop {
            let bulk = self.shown(name).await?;
            if bulk.state() == State::Done {
                return Ok(usize::try_from(bulk.issued)?);
            }
            if started.elapsed() > PATIENCE {
                bail!("{} rows wait: {:?}", bulk.waiting, bulk.first_stopped);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(super) async fn waiting(&self, name: &str) -> Result<i64> {
        Ok(self.shown(name).await?.waiting)
    }

    /// The first certificates, as a list.
    pub(super) fn first(&self, count: usize) -> Selection {
        let known = self.holders.get().map_or(&[][..], Vec::as_slice);
        Selection::List(wire::BulkList {
            licence_identifiers: known
                .iter()
                .take(count)
                .map(|holder| holder.identifier.clone())
                .collect(),
        })
    }

    /// A use copy of somebody's certificate, from the call until it can be downloaded.
    pub(super) async fn copy(&self, ordinal: usize) -> Result<()> {
        let known = self.holders.get().context("a register")?;
        let holder = known.get(ordinal).context("a holder")?;
        let token = self.token(Some(holder.person))?;
        let request = wire::CreateUseCopyRequest {
            request_id: Uuid::new_v4().to_string(),
            certificate: format!("certificates/{}", holder.identifier),
            purpose: wire::Purpose::Tender.into(),
            purpose_reference: Uuid::new_v4().to_string(),
            recipient: "无锡市公共资源交易中心".to_owned(),
        };
        let mut client = CertificateServiceClient::new(self.channel.clone());
        let made = client.create_use_copy(tokens::bearer(request, &token)).await?;
        let copy = made.into_inner().copy.context("it is answered")?;
        let request = wire::DownloadDocumentRequest {
            name: copy.name,
            format: wire::DocumentFormat::Ofd.into(),
        };
        let mut parts = client
            .download_document(tokens::bearer(request, &token))
            .await?
            .into_inner();
        parts.message().await?.context("a file")?;
        Ok(())
    }
}

/// Pictures of a few people.
struct Pictures(Vec<(Vec<u8>, Vec<u8>)>);

impl Pictures {
    fn new() -> Self {
        let one = |seed| {
            (
                testkit::picture::photo_jpeg(seed),
                testkit::picture::signature_png(seed),
            )
        };
        Self((0..PICTURES).map(|seed| one(specimen::SEED + seed)).collect())
    }

    /// The pictures of a person; the facts name them.
    fn of(&self, ordinal: usize, facts: &mut domain::certificate::FactsRecord) -> (&[u8], &[u8]) {
        let (photo, signature) = &self.0[ordinal % self.0.len()];
        facts.photo_sm3 = hex::encode(gm::sm3::digest(photo));
        facts.signature_image_sm3 = hex::encode(gm::sm3::digest(signature));
        (photo, signature)
    }
}

const LISTEN: &str = "deployment = \"development\"\n[listen]\nservices = \"127.0.0.1:0\"\n";

fn rest(realm: &Realm, name: &str) -> String {
    format!("{}[clock]\nfile = \"clock\"\n", realm.tls_section(name))
}

fn parsed<T>(read: Result<T, service_runtime::config::Faults>) -> Result<T> {
    read.map_err(|faults| anyhow::anyhow!("{faults}"))
}

fn made(folder: &Path, name: &str) -> Result<PathBuf> {
    let path = folder.join(name);
    std::fs::create_dir_all(&path)?;
    Ok(path)
}

fn ceremony(folder: &Path) -> Result<()> {
    let places = seal::ceremony::Places {
        keystore: folder.join("keystore"),
        offline: folder.join("offline"),
        trust: folder.join("trust"),
    };
    let plan = seal::ceremony::Plan {
        seal: SEAL.to_owned(),
        es_id: "JZ-SPECIMEN-0001".to_owned(),
        title: "行政许可专用章（样本）".to_owned(),
        authority: specimen::ISSUER.to_owned(),
        picture: specimen::seal_picture(),
        diameter_mm: 45,
        from: MORNING - SignedDuration::from_hours(1),
    };
    seal::ceremony::hold(&plan, &places, &mut UnwrapErr(OsRandom))?;
    let read = |name: &str| std::fs::read(places.trust.join(name));
    let (seal_root, pdf_root) = (read(file::SEAL_ROOT)?, read(file::PDF_ROOT)?);
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
    let key = SigningKey::from_seed(&[7; 32])?;
    let signed = TrustBundle::sign(&draft, &key)?;
    std::fs::write(places.trust.join(file::STATEMENT), &signed.statement)?;
    std::fs::write(places.trust.join(file::SIGNATURE), signed.signature.as_bytes())?;
    std::fs::write(places.trust.join(file::KEY), signed.key.as_bytes())?;
    Ok(())
}

/// Keys of personal data, and those that the rooms ask for where nothing is exchanged.
fn keys(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    for kind in [KeyKind::KeyEncryption, KeyKind::BlindIndex] {
        create_key_file(&made(folder, "personal")?, kind, 1, &mut UnwrapErr(OsRandom))?;
    }
    made(folder, "objects/pictures")?;
    for name in ["receipt.der", "qr.der", "checkpoint.der"] {
        let random = aws_lc_rs::rand::SystemRandom::new();
        let key = aws_lc_rs::signature::Ed25519KeyPair::generate_pkcs8(&random)?;
        let path = folder.join(name);
        std::fs::write(&path, key.as_ref())?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    }
    let log = LogSigner::from_pkcs8(ORIGIN, &std::fs::read(folder.join("checkpoint.der"))?)?;
    std::fs::write(folder.join("log.vkey"), format!("{}\n", log.verifier()))?;
    let province = gm::PrivateKey::generate(gm::Algorithm::Sm2WithSm3, &mut UnwrapErr(OsRandom));
    std::fs::write(
        folder.join("exchange-32.der"),
        gm::Signer::public_key(&province).to_spki(),
    )?;
    Ok(())
}
