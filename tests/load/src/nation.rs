//! The nation in this process: issuance's whole service on a PostgreSQL that waits for the disk, identity's double and, where
//! documents are made, the real keeper of the seals; all over mutual TLS.

mod bulks;
pub(crate) mod directory;
mod files;
mod keeper;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use api::exchange::v1::exchange_service_client::ExchangeServiceClient;
use gm::PrivateKey;
use issuance::Step;
use jiff::Timestamp;
use service_runtime::Lifecycle;
use service_runtime::auth::TokenSigner;
use service_runtime::clock::{Clock as _, ClockFile, RegisterClock, SystemClock};
use service_runtime::server::Running;
use service_runtime::tls::{Gate, PeerChannel};
use testkit::realm::Realm;

use crate::portal::Portal;
use crate::server::{Database, Server};

/// Whose provinces push: they have names in the list of provinces, and nothing else.
pub(crate) const PROVINCES: [&str; 4] = ["32", "31", "33", "44"];
/// 4 May 2026, ten o'clock in China.
pub(crate) const MORNING: Timestamp = Timestamp::constant(1_777_860_000, 0);
const SEAL: &str = "specimen";
const ORIGIN: &str = "log.example/bench";

/// What a part of the bench needs of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wants {
    /// The issuing job goes on, with the keeper of the seals; otherwise it ends after its first turn, as a test ends it.
    pub(crate) documents: bool,
    /// Statuses are derived and lists signed.
    pub(crate) lists: bool,
}

/// The services, and what it takes to call them.
pub(crate) struct Nation {
    pub(crate) realm: Realm,
    pub(crate) database: Database,
    pub(crate) clock: RegisterClock,
    pub(crate) signer: Arc<TokenSigner>,
    lives: [Lifecycle; 3],
    identity: Running,
    issuance: Running,
    keys: Vec<Arc<PrivateKey>>,
    portal: Portal,
}

impl Nation {
    /// Starts it on new databases of a server.
    pub(crate) async fn start(server: &Server, name: &str, wants: Wants) -> Result<Self> {
        let realm = Realm::new(SystemClock::new().now());
        let folder = realm.folder().to_owned();
        ClockFile::create(&folder.join("clock"), MORNING)?;
        let clock = RegisterClock::controlled(ClockFile::open(&folder.join("clock"))?);
        let keys = files::keep(&folder)?;
        let signer = TokenSigner::from_pem("k1", &TokenSigner::generate_pem()?)?;
        let lives = [Lifecycle::new(), Lifecycle::new(), Lifecycle::new()];
        let [of_identity, of_keeper, of_issuance] = &lives;
        let identity = directory::serve(&realm, of_identity, signer.public_jwk()).await?;
        let seal = if wants.documents {
            Box::pin(keeper::serve(server, &format!("{name}_seal"), &realm, of_keeper)).await?
        } else {
            SocketAddr::from(([127, 0, 0, 1], 9))
        };
        let database = server.database(name, &issuance::MIGRATIONS).await?;
        let peers = format!(
            "[peers.identity]\naddress = \"{}\"\n[peers.seal]\naddress = \"{seal}\"\n",
            address(&identity, Gate::Services)?
        );
        let text = configuration(&realm, &database, &peers, wants)?;
        let config =
            issuance::Config::from_toml(&text, &folder).map_err(|faults| anyhow::anyhow!("{faults}"))?;
        let mut app = issuance::App::build(config).await?;
        if !wants.documents {
            app = app.stopping_after(Step::Prepare);
        }
        let issuance = Box::pin(app.serve(of_issuance)).await?;
        let portal = Portal::to(
            &realm,
            ("nation/issuance", "nation"),
            address(&issuance, Gate::Clients)?,
        )?;
        testkit::double::serving(portal.channel(), "jianzheng.issuance.v1.CertificateService").await;
        Ok(Self {
            realm,
            database,
            clock,
            signer: Arc::new(signer),
            lives,
            identity,
            issuance,
            keys,
            portal,
        })
    }

    /// Where identity is reached.
    pub(crate) fn identity(&self, gate: Gate) -> Result<SocketAddr> {
        address(&self.identity, gate)
    }

    /// Where issuance is reached.
    pub(crate) fn issuance(&self, gate: Gate) -> Result<SocketAddr> {
        address(&self.issuance, gate)
    }

    /// The exchange key of a province.
    pub(crate) fn exchange_key(&self, nth: usize) -> Result<Arc<PrivateKey>> {
        Ok(Arc::clone(self.keys.get(nth).context("a key")?))
    }

    /// A province's way to the exchange.
    pub(crate) fn exchange(&self, code: &str) -> Result<ExchangeServiceClient<PeerChannel>> {
        let caller = format!("province/{code}/registration");
        let provinces = self.issuance(Gate::Provinces)?;
        Ok(ExchangeServiceClient::new(self.realm.channel(
            &caller,
            "nation/issuance",
            provinces,
        )))
    }

    /// The portal's way to issuance.
    pub(crate) fn portal(&self) -> &Portal {
        &self.portal
    }

    /// Waits until what follows from everything applied is done: numbers, leaves, a checkpoint, the audit's chain, statuses.
    pub(crate) async fn at_rest(&self) -> Result<()> {
        self.database
            .until_none(
                "SELECT (SELECT count(*) FROM log.change WHERE position IS NULL) + (SELECT count(*) FROM shared.audit_pending)
                     + (SELECT count(*) FROM exchange.register_touched)
                     + (SELECT head.position - status.position FROM log.head AS head, issuing.status_head AS status)",
            )
            .await
    }

    /// Drains everything.
    pub(crate) async fn end(self) {
        for life in self.lives.iter().rev() {
            life.drain(Duration::from_secs(5)).await;
        }
    }
}

fn address(running: &Running, gate: Gate) -> Result<SocketAddr> {
    running.address(gate).context("the gate is open")
}

fn configuration(realm: &Realm, database: &Database, peers: &str, wants: Wants) -> Result<String> {
    let enrolled =
        PROVINCES.map(|code| format!("[provinces.{code}]\nexchange_key = \"exchange-{code}.der\"\n"));
    let lists = if wants.lists {
        "[status_list]\nkey = \"status.der\"\n"
    } else {
        ""
    };
    Ok(format!(
        "deployment = \"development\"\n[listen]\nservices = \"127.0.0.1:0\"\nclients = \"127.0.0.1:0\"\nprovinces = \"127.0.0.1:0\"\n\
         {}[clock]\nfile = \"clock\"\n{}[tokens]\naudience = \"nation\"\n{peers}\
         [personal_data]\nfolder = \"personal\"\n[objects]\ndirectory = \"objects\"\n[exchange]\nreceipt_key = \"receipt.der\"\n\
         [log]\norigin = \"{ORIGIN}\"\ncheckpoint_key = \"checkpoint.der\"\n{lists}\
         [issuing]\npublic_url = \"https://verify.example.cn\"\nseal = \"seals/{SEAL}\"\ntrust = \"trust\"\n\
         qr_key = \"qr.der\"\ncopies_per_day = 1000\n{}",
        realm.tls_section("nation/issuance"),
        database.section()?,
        enrolled.concat(),
    ))
}
