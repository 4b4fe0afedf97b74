//! Answers about certificates from a read model of the register.
//!
//! Every replica reads the whole register from the feed of `issuance` into memory, follows it by position, and resumes after
//! any interruption; it is never the truth. What it keeps from one start to the next is a sealed snapshot of its memory
//! ([`snapshots`]), which counts only where the register still has the same history. Health is NOT_SERVING until the first
//! heartbeat after catching up.
//!
//! * An answer states the position it rests on and until when it is fresh; past that it is refused, unless the caller
//!   takes a stale one.
//! * By number alone the public learns status, specialties, employer and family name; a full name is only compared. By
//!   document number the name is needed; a number that nobody has and a wrong name are one answer at one cost.
//! * Document numbers and full names are kept as keyed digests with keys of this service alone.
//! * Backends that are granted it subscribe to the registrations that they may see; what they resume from is kept in memory.
//! * Who asked about whom, and why, is recorded: subjects as keyed digests, in batches, never without.

mod app;
mod change;
mod config;
mod deps;
mod error;
#[cfg(any(test, feature = "measure"))]
mod fixture;
mod indices;
mod job;
mod limits;
#[cfg(feature = "measure")]
pub mod measure;
mod model;
mod peer;
mod query;
mod records;
mod rpc;
mod snapshots;
mod store;
mod trust;

pub use app::{App, BuildError, allow_list};
pub use config::{Config, Freshness};
pub use error::{DOMAIN, REASONS};
pub use limits::Rates;
pub use store::MIGRATIONS;
