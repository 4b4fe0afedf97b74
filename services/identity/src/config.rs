//! Configuration of the service. A complete file; every path is relative to its folder, and what is commented out
//! has the value shown unless given:
//!
//! ```toml
//! deployment = "development"             # or "production"
//!
//! [listen]
//! services = "127.0.0.1:7100"
//! provinces = "127.0.0.1:7101"
//! clients = "127.0.0.1:7102"
//! # address_file = "…"                   # where the bound addresses are written
//!
//! [tls]                                  # spiffe://jianzheng/nation/identity
//! certificate = "identity.pem"
//! key = "identity-key.pem"
//! services_ca = "services/ca.pem"
//! provinces_ca = "provinces/ca.pem"
//! clients_ca = "clients/ca.pem"
//!
//! [database]                             # postgres::Settings
//! socket = "/run/postgresql"
//! database = "identity"
//! role = "identity_app"
//! password_file = "identity_app.password"
//!
//! [migration]                            # optional: migrate when starting
//! role = "identity_owner"
//! password_file = "identity_owner.password"
//!
//! [tokens]
//! audience = "nation"
//! # issuer = "spiffe://jianzheng/nation/identity"
//!
//! [token_keys]                           # <kid>.pem (P-256, PKCS #8) and `current`, which holds a kid
//! folder = "token-keys"
//!
//! [personal_data]                        # kek-1.key and index-1.key
//! folder = "personal-data"
//! # cipher = "aes-256-gcm"               # or "sm4-gcm"
//!
//! # [clock]
//! # file = "clock"                       # development only
//! # [sessions]
//! # carriers = ["portal"]                # clients that may sign people in
//! # lifetime = "12h"
//! # idle = "30m"
//! # pending = "10m"
//! # [invitations]
//! # validity = "7d"
//! # [passwords]
//! # parallel = 2
//! ```

use std::path::Path;
use std::time::Duration;

use service_runtime::config::{Common, Faults, Section, database, load, migration, parse, personal_data};

use crate::sealing::Sealing;
use crate::token_keys::TokenKeys;

/// Everything that the service reads before it opens a port.
pub struct Config {
    /// Sections that all services share. `tokens.audience` is `nation`.
    pub common: Common,
    /// `[database]`: as the `_app` role.
    pub database: postgres::Settings,
    /// `[migration] role`, `password_file`: the `_owner` role of the same database. With it the service migrates when
    /// it starts; without it it only checks that somebody has.
    pub migration: Option<postgres::Settings>,
    /// `[token_keys] folder`
    pub(crate) token_keys: TokenKeys,
    /// `[personal_data] folder` with `kek-N.key` and `index-N.key`; `cipher`: `aes-256-gcm` or `sm4-gcm`.
    pub(crate) sealing: Sealing,
    /// `[sessions]` and `[invitations]`
    pub rules: Rules,
    /// `[passwords] parallel`: hashes at a time, each 19 MiB and a core for some milliseconds.
    pub(crate) parallel_hashes: usize,
}

/// What an operator may set about sessions.
#[derive(Debug, Clone)]
pub struct Rules {
    /// `carriers`: the clients that may sign people in (NAME of their certificate).
    pub carriers: Vec<String>,
    /// `lifetime`: the longest session, whatever is refreshed.
    pub lifetime: Duration,
    /// `idle`: how long a refresh token waits to be used.
    pub idle: Duration,
    /// `pending`: how long a session waits for its second factor.
    pub pending: Duration,
    /// `[invitations] validity`
    pub invitation: Duration,
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
        if common
            .as_ref()
            .is_some_and(|common| common.tokens.audience != "nation")
        {
            root.fault("tokens.audience", "must be \"nation\"");
        }
        let database = database(root, postgres::Settings::faults);
        let owner = |role, file| Some(database.as_ref()?.with_role(role, file));
        let migration = migration(root, owner, postgres::Settings::faults);
        let token_keys = read_token_keys(root);
        let sealing = personal_data(root).map(|(vault, indexer)| Sealing::new(vault, indexer));
        let rules = Rules::read(root);
        let parallel_hashes = root.section("passwords").or("parallel", 2_usize);
        if !(1..=64).contains(&parallel_hashes) {
            root.fault("passwords.parallel", "must be between 1 and 64");
        }
        Some(Self {
            common: common?,
            database: database?,
            migration,
            token_keys: token_keys?,
            sealing: sealing?,
            rules,
            parallel_hashes,
        })
    }
}

impl Rules {
    fn read(root: &mut Section) -> Self {
        let mut section = root.section("sessions");
        let rules = Self {
            carriers: section.or("carriers", vec!["portal".to_owned()]),
            lifetime: section.or("lifetime", Duration::from_secs(12 * 3600)),
            idle: section.or("idle", Duration::from_secs(30 * 60)),
            pending: section.or("pending", Duration::from_secs(10 * 60)),
            invitation: root
                .section("invitations")
                .or("validity", Duration::from_secs(7 * 86_400)),
        };
        for (key, duration) in [
            ("lifetime", rules.lifetime),
            ("idle", rules.idle),
            ("pending", rules.pending),
        ] {
            if duration.is_zero() || duration > Duration::from_secs(7 * 86_400) {
                section.fault(key, "must be between 1s and 7d");
            }
        }
        rules
    }
}

fn read_token_keys(root: &mut Section) -> Option<TokenKeys> {
    let mut section = root.section("token_keys");
    let folder = section.folder("folder")?;
    TokenKeys::open(&folder)
        .map_err(|error| section.fault("folder", error.to_string()))
        .ok()
}
