//! Configuration of the service. A complete file; every path is relative to its folder, and what is commented out has
//! the value shown unless given:
//!
//! ```toml
//! deployment = "development"              # or "production"
//!
//! [listen]
//! clients = "127.0.0.1:7232"
//!
//! [tls]                                   # spiffe://jianzheng/province/32/registration
//! certificate = "registration.pem"
//! key = "registration-key.pem"
//! services_ca = "services/ca.pem"
//! clients_ca = "clients/ca.pem"
//!
//! [database]                              # postgres::Settings
//! socket = "/run/postgresql"
//! database = "registration_32"
//! role = "registration_app"
//! password_file = "registration_app.password"
//!
//! [migration]                             # optional: migrate when starting
//! role = "registration_owner"
//! password_file = "registration_owner.password"
//!
//! [tokens]
//! audience = "provinces/32"
//! # mirror = "token-trust.json"           # keys and revocations of identity, for a start while it is away
//! # mirror_lasts = "24h"
//! # clock_skew = "5m"                     # how far identity's clock may be ahead
//!
//! [registration]
//! province = "32"
//! # policy = "provincial-publicity"       # or "ministry-direct", or one of the folder
//! # policies = "policies"                 # more profiles, one .toml each; none unless given
//! # clock_skew = "5m"
//! # reconcile_at = "03:00"                # when the mirror is compared with the nation's register every day, or "never"
//! # project_lock_unavailable = "refuse"   # or "allow": what the silence of [peers.project-lock] means for a change
//!
//! [personal_data]                         # kek-1.key and index-1.key
//! folder = "personal-data"
//! # cipher = "aes-256-gcm"                # or "sm4-gcm"
//!
//! [objects]                               # sealed materials
//! directory = "objects"
//!
//! # [previews]                             # pages of materials that are documents, drawn in a process of their own
//! # worker = "/proc/self/exe"             # started as `<worker> render-worker`; the running executable
//! # at_once = 2
//! # wait = "2s"                           # for a worker while all are at work
//! # timeout = "10s"                       # of one page
//! # largest = 33554432                    # bytes of a document
//! # pages = 50                            # drawn of one document
//!
//! [exchange]
//! key = "exchange-key.pem"                # this province's SM2 key, PKCS #8 PEM, 0600
//! receipt_key = "receipt.pub.pem"         # the nation's Ed25519 public key, SPKI PEM
//!
//! [announcements]
//! key = "announcement-key.pem"            # this province's SM2 key for lists of announcements, PKCS #8 PEM, 0600
//!
//! # [witness]                             # of the nation's transparency log; without it the province is none
//! # name = "32.example.cn/witness"        # of its key, for ever
//! # key = "witness-key.der"               # Ed25519, PKCS #8, 0600
//! # log = "log.vkey"                      # the log's keys, `name+id+key`, one a line
//! # enrolment = "witness-enrolment"       # a file that is there once, to take up the log
//!
//! [peers.identity]
//! address = "127.0.0.1:7101"              # its gate for provinces
//! [peers.issuance]
//! address = "127.0.0.1:7111"              # its gate for provinces
//! # [peers.project-lock]                  # the platform of projects; without it nobody is asked
//! # address = "127.0.0.1:7301"
//! # identity = "spiffe://jianzheng/nation/project-lock"
//!
//! # [checks.social_insurance]             # not asked unless given; [checks.education] likewise
//! # address = "share.example.cn:8443"     # HTTPS with a client certificate, JSON (peer/check.rs)
//! # path = "/"
//! # server_name = "share.example.cn"      # the host of the address
//! # ca = "checks/ca.pem"
//! # certificate = "checks/client.pem"
//! # key = "checks/client-key.pem"
//! # timeout = "3s"
//!
//! # [clock]
//! # file = "clock"                        # development only
//! ```

use std::path::{Path, PathBuf};
use std::time::Duration;

use document_preview::{Limits, Previewer};
use domain::policy::PolicyBook;
use domain::province::Province;
use gm::{Algorithm, PrivateKey, Signer as _};
use jiff::civil::Time;
use service_runtime::config::{
    Common, Faults, Peer, Section, database, load, migration, parse, personal_data,
};

use crate::exchange::{HeadSigner, ReceiptKey};
use crate::listing::ListKey;
use crate::peer::check::Checks;
use crate::sealing::Sealing;
use crate::witness::Observer;

/// Everything that the service reads before it opens a port.
#[derive(Debug)]
pub struct Config {
    /// Sections that all services share.
    pub common: Common,
    /// `[database]`
    pub database: postgres::Settings,
    /// `[migration] role`, `password_file`: the owner of the same database. With it the service migrates when it starts.
    pub migration: Option<postgres::Settings>,
    /// `[registration] province`: two digits.
    pub province: Province,
    /// `[registration] policy`: name of the policy profile for new submissions.
    pub policy: String,
    /// The shipped profiles and those of `[registration] policies`.
    pub policies: PolicyBook,
    /// `[registration] clock_skew`: most that the nation's clock may differ; announcing ends this long before the
    /// clearance does.
    pub clock_skew: Duration,
    /// `[registration] reconcile_at`: the hour in China at which the mirror is compared with the nation's register; none for
    /// "never".
    pub reconcile_at: Option<Time>,
    /// `[objects] directory`: where sealed materials are kept.
    pub objects: PathBuf,
    /// `[peers.identity]`
    pub identity: Peer,
    /// `[peers.issuance]`
    pub issuance: Peer,
    pub(crate) previewer: Previewer,
    pub(crate) checks: Checks,
    /// `[peers.project-lock]`: says whether a running project holds a person (在建项目锁定); off without it.
    pub project_lock: Option<Peer>,
    /// `[registration] project_lock_unavailable`: whether a change waits while that platform cannot be asked.
    pub project_lock_refuses_unknown: bool,
    pub(crate) sealing: Sealing,
    pub(crate) signer: HeadSigner,
    pub(crate) receipt_key: ReceiptKey,
    pub(crate) list_key: ListKey,
    pub(crate) witness: Option<Observer>,
}

impl Config {
    /// Reads the file, reporting every fault at once.
    ///
    /// # Errors
    /// Every fault.
    pub fn load(path: &Path) -> Result<Self, Faults> {
        load(path, Self::read)
    }

    /// Reads a text whose paths are relative to `base`.
    ///
    /// # Errors
    /// Every fault.
    pub fn from_toml(text: &str, base: &Path) -> Result<Self, Faults> {
        parse(text, base, Self::read)
    }

    /// Reads every section.
    pub fn read(root: &mut Section) -> Option<Self> {
        let common = Common::read(root);
        let database = database(root, postgres::Settings::faults);
        let owner = |role, file| Some(database.as_ref()?.with_role(role, file));
        let migration = migration(root, owner, postgres::Settings::faults);
        let mut own = root.section("registration");
        let province = own.parsed("province", |code| {
            Province::from_code(code).ok_or("is no province's code")
        });
        let policy = own.or("policy", PolicyBook::PROVINCIAL_PUBLICITY.to_owned());
        let policies = read_policies(&mut own);
        let unknown = |book: &PolicyBook| book.in_force(&policy, jiff::civil::Date::MAX).is_none();
        if policies.as_ref().is_some_and(unknown) {
            own.fault("policy", "names no policy profile");
        }
        let clock_skew = own.or("clock_skew", Duration::from_secs(300));
        let reconcile_at = read_hour(&mut own);
        let unavailable = own.or("project_lock_unavailable", "refuse".to_owned());
        if !["refuse", "allow"].contains(&unavailable.as_str()) {
            own.fault("project_lock_unavailable", "must be refuse or allow");
        }
        let objects = root.section("objects").folder("directory");
        let sealing = personal_data(root).map(|(vault, indexer)| Sealing::new(vault, indexer));
        let (signer, receipt_key) = read_exchange(root);
        let list_key = sm2_key(&mut root.section("announcements")).map(ListKey::new);
        let checks = Checks::read(root);
        let witness = Observer::read(root);
        let previewer = Previewer::read(root, Limits::default());
        let peers = common.as_ref().map(|common| &common.peers);
        let identity = peers.and_then(|peers| peers.required(root, "identity"));
        let issuance = peers.and_then(|peers| peers.required(root, "issuance"));
        let project_lock = peers.and_then(|peers| peers.find("project-lock").cloned());
        Some(Self {
            database: database?,
            migration,
            province: province?,
            policy,
            policies: policies?,
            clock_skew,
            reconcile_at,
            objects: objects?,
            identity: identity?,
            issuance: issuance?,
            checks,
            previewer,
            project_lock,
            project_lock_refuses_unknown: unavailable == "refuse",
            sealing: sealing?,
            signer: signer?,
            receipt_key: receipt_key?,
            list_key: list_key?,
            witness,
            common: common?,
        })
    }
}

/// `[registration] reconcile_at`: an hour of the day, or "never".
fn read_hour(section: &mut Section) -> Option<Time> {
    let text = section.or("reconcile_at", "03:00".to_owned());
    if text == "never" {
        return None;
    }
    Time::strptime("%H:%M", &text)
        .map_err(|_| section.fault("reconcile_at", "must be an hour such as 03:00, or never"))
        .ok()
}

/// `[registration] policies`: a folder of profiles beside the shipped ones, in the order of their file names.
fn read_policies(section: &mut Section) -> Option<PolicyBook> {
    let Some(folder) = section.optional_location("policies") else {
        return Some(PolicyBook::builtin().clone());
    };
    let read = || -> std::io::Result<Vec<String>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                files.push(path);
            }
        }
        files.sort();
        files.iter().map(std::fs::read_to_string).collect()
    };
    let texts = read()
        .map_err(|error| section.fault("policies", format!("cannot be read: {}", error.kind())))
        .ok()?;
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    let book = PolicyBook::builtin().with(&texts);
    book.map_err(|error| section.fault("policies", error.faults.join("; ")))
        .ok()
}

/// `[exchange] key`: this province's SM2 exchange key; `receipt_key`: the nation's Ed25519 public key.
fn read_exchange(root: &mut Section) -> (Option<HeadSigner>, Option<ReceiptKey>) {
    let mut section = root.section("exchange");
    let signer = sm2_key(&mut section).map(HeadSigner::new);
    let receipt_key = section.file("receipt_key").and_then(|path| {
        let key = std::fs::read_to_string(path)
            .ok()
            .and_then(|text| ReceiptKey::parse(&text));
        if key.is_none() {
            section.fault("receipt_key", "is no Ed25519 public key (SPKI PEM)");
        }
        key
    });
    (signer, receipt_key)
}

/// `key` of a section: an SM2 private key, for one purpose.
fn sm2_key(section: &mut Section) -> Option<PrivateKey> {
    let path = section.key_file("key")?;
    let pem = std::fs::read_to_string(path).map(zeroize::Zeroizing::new).ok();
    let key = pem.and_then(|pem| PrivateKey::from_pkcs8_pem(&pem).ok());
    let key = key.filter(|key| key.algorithm() == Algorithm::Sm2WithSm3);
    if key.is_none() {
        section.fault("key", "is no SM2 private key in PKCS #8");
    }
    key
}
