//! Configuration of the service.

use std::path::Path;
use std::time::Duration;

use document_verification::{Policy, Verifier};
use service_runtime::config::{
    Common, Faults, Peer, Section, blind_indexer, database, load, migration, parse,
};

use crate::indices::Indices;
use crate::limits::Rates;
use crate::query::verify_document::Desk;
use crate::snapshots::Snapshots;
use crate::trust;

/// Everything that the service reads before it opens a port.
pub struct Config {
    /// Sections that all services share. `tokens.audience` is `nation`.
    pub common: Common,
    /// `[database]`: as the `_app` role.
    pub database: postgres::Settings,
    /// `[migration] role`, `password_file`: the `_owner` role of the same database. With it the service migrates when
    /// it starts; without it it only checks that somebody has.
    pub migration: Option<postgres::Settings>,
    /// `[personal_data] folder` with `index-N.key`: keys of this service alone.
    pub(crate) indices: Indices,
    /// `[freshness]`
    pub freshness: Freshness,
    /// `[rates]`
    pub rates: Rates,
    /// `[access_records] queue`: answers that may wait to be recorded.
    pub(crate) record_queue: usize,
    /// `[trust] folder`: the trust bundle. `[documents] parallel`, `largest`.
    pub(crate) desk: Desk,
    /// `[snapshot] folder`: where the model is kept from one start to the next; without it every start reads the whole register.
    /// `every`, `oldest`, `cipher`.
    pub(crate) snapshots: Option<Snapshots>,
    /// `[peers.issuance]`
    pub(crate) issuance: Peer,
    /// `[peers.identity]`
    pub(crate) identity: Peer,
}

/// The largest file that is ever read: 20 MiB.
const LARGEST_FILE: usize = 20 << 20;

/// How old an answer may be.
#[derive(Debug, Clone, Copy)]
pub struct Freshness {
    /// `bound`: how long after a heartbeat of the register an answer counts as fresh.
    pub bound: Duration,
    /// `patience`: how long a question waits for the next heartbeat before it is refused as stale.
    pub patience: Duration,
}

impl Config {
    /// Reads the file, reporting every fault at once.
    ///
    /// # Errors
    /// Every fault.
    pub fn load(path: &Path) -> Result<Self, Faults> {
        load(path, Self::read)
    }

    /// Reads configuration from `text` as from a file in `base`.
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
        let indices = blind_indexer(root).map(|indexer| Indices::new(&indexer));
        let freshness = Freshness::read(root);
        let rates = Rates::read(root);
        let mut records = root.section("access_records");
        let record_queue = records.or("queue", 65_536_usize);
        if !(1..=10_000_000).contains(&record_queue) {
            records.fault("queue", "must be between 1 and 10000000");
        }
        let desk = read_desk(root);
        let snapshots = root.optional_section("snapshot");
        let snapshots = snapshots.map(|mut section| Snapshots::read_section(&mut section));
        let peers = common.as_ref().map(|common| &common.peers);
        let issuance = peers.and_then(|peers| peers.required(root, "issuance"));
        let identity = peers.and_then(|peers| peers.required(root, "identity"));
        Some(Self {
            database: database?,
            migration,
            indices: indices?,
            freshness,
            rates: rates?,
            record_queue,
            desk: desk?,
            snapshots: match snapshots {
                Some(snapshots) => Some(snapshots?),
                None => None,
            },
            issuance: issuance?,
            identity: identity?,
            common: common?,
        })
    }
}

impl Freshness {
    fn read(root: &mut Section) -> Self {
        let mut section = root.section("freshness");
        let freshness = Self {
            bound: section.or("bound", Duration::from_secs(1)),
            patience: section.or("patience", Duration::from_millis(600)),
        };
        if freshness.bound.is_zero() || freshness.bound > Duration::from_secs(60) {
            section.fault("bound", "must be between 1ms and 60s");
        }
        freshness
    }
}

fn read_desk(root: &mut Section) -> Option<Desk> {
    let mut section = root.section("trust");
    let bundle = section.folder("folder").and_then(|folder| {
        trust::open(&folder)
            .map_err(|fault| section.fault("folder", fault))
            .ok()
    });
    let mut section = root.section("documents");
    let (parallel, largest) = (
        section.or("parallel", 4_usize),
        section.or("largest", LARGEST_FILE),
    );
    if !(1..=64).contains(&parallel) {
        section.fault("parallel", "must be between 1 and 64");
    }
    if largest == 0 || largest > LARGEST_FILE {
        section.fault("largest", "must be between 1 and 20971520");
    }
    Some(Desk::new(
        Verifier::new(bundle?, Policy::default()),
        parallel,
        largest,
    ))
}
