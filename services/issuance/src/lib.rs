//! The national register, the exchange with provinces, the issuing of certificates and their positions.
//!
//! **It may** say who is registered where, hold provinces to their chains and clearances, make certificate versions and
//! their documents, and tell `verification` every change by position. **It may not** hold a document or seal key, decide
//! an application, or keep personal data in the clear.
//!
//! Four rooms with their own tables meet in named transactions only: `register` (acts, entries), `exchange` (claims,
//! clearances, envelopes, what provinces are told), `issuing` (versions, documents, copies), `log` (positions). Steps
//! carry the numbers of docs/issuance-cycle.md.
//!
//! # Promises
//! * An envelope of a province is applied exactly once, in order, and only against an unused clearance with the same
//!   application hash. What cannot be applied stops that province's stream with a reason and loses nothing.
//! * Register act, entry, certificate version, supersession, changes and issuing job are one transaction.
//! * Positions are dense, given to committed changes only, and a province's watermark never runs ahead of its changes.
//! * A province speaks for itself alone: every name in a call is compared with the certificate it came over.

mod app;
mod change;
mod command;
mod config;
mod counterfoil;
mod deps;
mod error;
mod event;
mod exchange;
mod holder;
mod issuing;
mod job;
mod objects;
mod peer;
mod positions;
mod qr;
mod query;
mod restoration;
mod rpc;
mod sealing;
mod status;
mod store;
mod witnesses;

pub use app::{App, BuildError, CheckError, allow_list};
pub use command::check_stores::StoresChecked;
pub use command::renew_archive::{RenewError, Renewed};
pub use config::Config;
pub use error::REASONS;
pub use issuing::Rules;
pub use job::issue::{Step, TrustError};

/// The service's own migrations.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();
