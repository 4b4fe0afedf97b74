//! Issuance as provinces see it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use api::exchange::v1::exchange_service_client::ExchangeServiceClient;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use gm::{Algorithm, PrivateKey, Signer as _};
use issuance::Step;
use jiff::Timestamp;
use personal_data::{KeyKind, OsRandom, create_key_file};
use postgres::sqlx;
use rand_core::UnwrapErr;
use service_runtime::Lifecycle;
use service_runtime::auth::TokenSigner;
use service_runtime::clock::{Clock as _, ClockFile, SystemClock};
use service_runtime::tls::{Gate, PeerChannel};
use testkit::realm::Realm;

use super::directory;
use super::province::Province;
use crate::server::{Database, Server};
use crate::verification::trust;

/// Whose provinces push: they have names in the list of provinces, and nothing else.
pub(super) const PROVINCES: [&str; 4] = ["32", "31", "33", "44"];
/// 4 May 2026, ten o'clock in China.
pub(super) const MORNING: Timestamp = Timestamp::constant(1_777_860_000, 0);
const PATIENCE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(5);

/// The service on a database of its own, and its provinces.
pub(super) struct Nation {
    realm: Realm,
    pub(super) database: Database,
    lives: [Lifecycle; 2],
    provinces: SocketAddr,
    keys: Vec<Arc<PrivateKey>>,
}

impl Nation {
    /// Starts it on a new database of a server.
    pub(super) async fn start(server: &Server, name: &str) -> Result<Self> {
        let realm = Realm::new(SystemClock::new().now());
        let folder = realm.folder().to_owned();
        ClockFile::create(&folder.join("clock"), MORNING)?;
        trust::publish(&folder.join("trust"), MORNING)?;
        let keys = keep_keys(&folder)?;
        let signer = TokenSigner::from_pem("k1", &TokenSigner::generate_pem()?)?;
        let lives = [Lifecycle::new(), Lifecycle::new()];
        let identity = directory::serve(&realm, &lives[0], signer.public_jwk()).await?;
        let database = server.database(name, &issuance::MIGRATIONS).await?;
        let enrolled =
            PROVINCES.map(|code| format!("[provinces.{code}]\nexchange_key = \"exchange-{code}.der\"\n"));
        let text = format!(
            "deployment = \"development\"\n[listen]\nprovinces = \"127.0.0.1:0\"\n{}[clock]\nfile = \"clock\"\n{}\
             [tokens]\naudience = \"nation\"\n[peers.identity]\naddress = \"{identity}\"\n[peers.seal]\naddress = \"127.0.0.1:9\"\n\
             [personal_data]\nfolder = \"personal\"\n[objects]\ndirectory = \"objects\"\n[exchange]\nreceipt_key = \"receipt.der\"\n\
             [log]\norigin = \"log.example/bench\"\ncheckpoint_key = \"checkpoint.der\"\n[status_list]\nkey = \"status.der\"\n\
             [issuing]\npublic_url = \"https://verify.example.cn\"\nseal = \"seals/specimen\"\ntrust = \"trust\"\n{}",
            realm.tls_section("nation/issuance"),
            database.section()?,
            enrolled.concat(),
        );
        let config =
            issuance::Config::from_toml(&text, &folder).map_err(|faults| anyhow::anyhow!("{faults}"))?;
        let app = issuance::App::build(config).await?.stopping_after(Step::Prepare);
        let running = Box::pin(app.serve(&lives[1])).await?;
        let provinces = running.address(Gate::Provinces).context("the gate is open")?;
        Ok(Self {
            realm,
            database,
            lives,
            provinces,
            keys,
        })
    }

    /// A province that has told nothing yet.
    pub(super) fn province(&self, nth: usize) -> Result<Province> {
        let code = *PROVINCES.get(nth).context("a province")?;
        let key = Arc::clone(self.keys.get(nth).context("a key")?);
        Ok(Province::new(
            code,
            key,
            ExchangeServiceClient::new(self.channel(code)),
        ))
    }

    /// A province's way here.
    pub(super) fn channel(&self, code: &str) -> PeerChannel {
        let caller = format!("province/{code}/registration");
        self.realm.channel(&caller, "nation/issuance", self.provinces)
    }

    /// Waits until a statement counts nothing any more.
    pub(super) async fn until_none(&self, statement: &'static str) -> Result<()> {
        let begun = Instant::now();
        let mut owner = self.database.owner().await?;
        loop {
            let left: i64 = sqlx::query_scalar(statement).fetch_one(&mut owner).await?;
            if left == 0 {
                return Ok(());
            }
            if begun.elapsed() > PATIENCE {
                bail!("{left} are left: {statement}");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until what follows from everything applied is done: numbers, leaves, a checkpoint, the audit's chain, statuses.
    pub(super) async fn at_rest(&self) -> Result<()> {
        self.until_none(
            "SELECT (SELECT count(*) FROM log.change WHERE position IS NULL) + (SELECT count(*) FROM shared.audit_pending)
                 + (SELECT count(*) FROM exchange.register_touched)
                 + (SELECT head.position - status.position FROM log.head AS head, issuing.status_head AS status)",
        )
        .await
    }

    /// Drains everything.
    pub(super) async fn end(self) {
        for life in self.lives.iter().rev() {
            life.drain(Duration::from_secs(5)).await;
        }
    }
}

/// Keys of personal data, of whatever the nation signs, and of the provinces.
fn keep_keys(folder: &Path) -> Result<Vec<Arc<PrivateKey>>> {
    for name in ["personal", "objects"] {
        std::fs::create_dir(folder.join(name))?;
    }
    for kind in [KeyKind::KeyEncryption, KeyKind::BlindIndex] {
        create_key_file(&folder.join("personal"), kind, 1, &mut UnwrapErr(OsRandom))?;
    }
    let random = SystemRandom::new();
    for name in ["receipt.der", "checkpoint.der"] {
        keep(folder, name, Ed25519KeyPair::generate_pkcs8(&random)?.as_ref())?;
    }
    let status = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)?;
    keep(folder, "status.der", status.as_ref())?;
    PROVINCES
        .iter()
        .map(|code| {
            let key = PrivateKey::generate(Algorithm::Sm2WithSm3, &mut UnwrapErr(OsRandom));
            std::fs::write(
                folder.join(format!("exchange-{code}.der")),
                key.public_key().to_spki(),
            )?;
            Ok(Arc::new(key))
        })
        .collect()
}

fn keep(folder: &Path, name: &str, key: &[u8]) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.join(name);
    std::fs::write(&path, key)?;
    Ok(std::fs::set_permissions(
        &path,
        std::fs::Permissions::from_mode(0o600),
    )?)
}
