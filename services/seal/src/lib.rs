//! The only holder of document keys.
//!
//! It signs typed requests of `issuance` and nothing else: never a bare digest for an unnamed purpose, never a TBS made
//! by somebody else. For an OFD it builds `TBS_Sign` (GB/T 38540) itself, for a PDF the CMS signed attributes, both
//! with its own clock. Every act is journalled before a key is touched, at most one signature is ever given out for an
//! (intent, kind), and the journal has neither UPDATE nor DELETE. It interprets no document and calls nobody, except one
//! configured external e-seal platform. Officers make and manage the seals, two of them where it matters.
//!
//! Specimen rule: a key whose certificates carry the SPECIMEN policy signs only what is marked as a specimen, and a key
//! without it only what is not.

mod app;
mod backend;
pub mod ceremony;
mod command;
mod config;
mod drafting;
mod error;
mod job;
pub mod keystore;
mod logged;
mod making;
mod management;
mod query;
mod rpc;
mod store;

pub use app::{App, BuildError, allow_list};
pub use backend::BackendError;
pub use config::{BackendSettings, Ceilings, Config, Maker, Profiles};
pub use error::REASONS;

/// The service's own migrations.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();
