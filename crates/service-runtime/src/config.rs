//! Configuration: one TOML file, every fault reported at once, before a port is opened.
//!
//! A service declares its configuration as a struct and reads it field by field. Every reader method records its own
//! fault and goes on; a key that nobody asked for is a fault too. [`load`] returns the value only if there was no
//! fault at all. Read everything first and unwrap last:
//!
//! ```
//! use service_runtime::config::{Common, Section};
//!
//! struct Config {
//!     common: Common,
//!     /// How many applications one officer may hold.
//!     work_limit: u32,
//! }
//!
//! impl Config {
//!     fn read(root: &mut Section) -> Option<Self> {
//!         let common = Common::read(root);
//!         let mut review = root.section("review");
//!         let work_limit = review.or("work_limit", 20);
//!         Some(Self { common: common?, work_limit })
//!     }
//! }
//! ```

mod common;
mod database;
mod der;
mod fault;
mod peers;
mod personal_data;
mod section;
mod tls;
mod value;

use std::path::Path;

#[cfg(test)]
pub(crate) use common::CLOCK_SKEW;
pub use common::{Clocks, Common, Deployment, Limits, Listen, ListenAt, Mirror, Telemetry, Tokens};
pub use database::{database, migration};
pub use der::der_of;
pub use fault::{Fault, Faults};
pub use peers::{Peer, Peers};
pub use personal_data::{blind_indexer, personal_data};
pub use section::Section;
pub use tls::Tls;
pub use value::FromValue;

/// Reads the file at `path` with `read`. Paths in the file are relative to its folder.
pub fn load<C>(path: &Path, read: impl FnOnce(&mut Section) -> Option<C>) -> Result<C, Faults> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Faults::one(path.display().to_string(), format!("cannot be read: {error}")))?;
    let base = path.parent().unwrap_or_else(|| Path::new("."));
    parse(&text, base, read)
}

/// Reads configuration from `text`, as [`load`] does from a file in folder `base`.
pub fn parse<C>(text: &str, base: &Path, read: impl FnOnce(&mut Section) -> Option<C>) -> Result<C, Faults> {
    // The message of a TOML error without its excerpt: the line may hold anything.
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| {
            1 + text.as_bytes()[..span.start]
                .iter()
                .filter(|b| **b == b'\n')
                .count()
        });
        Faults::one(format!("line {line}"), error.message().to_owned())
    })?;
    let mut root = Section::root(table, base);
    let value = read(&mut root);
    let faults = root.finish();
    match value {
        _ if !faults.is_empty() => Err(Faults(faults)),
        Some(value) => Ok(value),
        None => Err(Faults::one(
            String::new(),
            "a value is missing, but its reader reported no fault".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests;
