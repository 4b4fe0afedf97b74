//! Configuration of the service.

use std::num::NonZeroU32;
use std::path::PathBuf;

use service_runtime::config::{Common, Faults, Section, database, load, migration};

/// Everything that the service reads before it opens a port.
#[derive(Debug)]
pub struct Config {
    /// Sections that all services share.
    pub common: Common,
    /// `[database]`
    pub database: postgres::Settings,
    /// `[migration] role`, `password_file`: the `_owner` role of the same database. With it the service migrates when it
    /// starts; without it it only checks that somebody has.
    pub migration: Option<postgres::Settings>,
    /// `[keystore] folder`: one folder per seal (see [`crate::keystore`]).
    pub keystore: PathBuf,
    /// `[ceilings]`
    pub ceilings: Ceilings,
}

/// How many signatures a profile may take per second: far above use, far below what a thief would want.
#[derive(Debug, Clone, Copy)]
pub struct Ceilings {
    /// `original`
    pub original: NonZeroU32,
    /// `use_copy`
    pub use_copy: NonZeroU32,
}

const USUAL_CEILING: NonZeroU32 = NonZeroU32::new(5_000).expect("five thousand is not zero");

impl Config {
    /// Reads the file, reporting every fault at once.
    pub fn load(path: &std::path::Path) -> Result<Self, Faults> {
        load(path, Self::read)
    }

    /// Reads every section.
    pub fn read(root: &mut Section) -> Option<Self> {
        let common = Common::read(root);
        let database = database(root, postgres::Settings::faults);
        let owner = |role, file| Some(database.as_ref()?.with_role(role, file));
        let migration = migration(root, owner, postgres::Settings::faults);
        let keystore = root.section("keystore").folder("folder");
        let mut section = root.section("ceilings");
        let mut ceiling = |key| {
            let number: u32 = section.or(key, USUAL_CEILING.get());
            NonZeroU32::new(number).or_else(|| {
                section.fault(key, "must be more than 0");
                None
            })
        };
        let (original, use_copy) = (ceiling("original"), ceiling("use_copy"));
        Some(Self {
            common: common?,
            database: database?,
            migration,
            keystore: keystore?,
            ceilings: Ceilings {
                original: original?,
                use_copy: use_copy?,
            },
        })
    }
}
