//! A province's registration workflow: qualifications, applications with their materials, review, publicity,
//! announcement; and the province's half of the exchange with the nation.
//!
//! Every rule is the `domain` crate's; every decision and refusal is audited with actor, article and evidence. What is
//! announced goes into a gap-free, signed outbox in the same transaction. Personal data rest sealed under a key per
//! person; events hold person ids only. The service signs no document and reaches no other database.

mod allow;
mod app;
mod command;
mod config;
mod coverage;
mod deps;
mod error;
mod exchange;
mod importing;
mod job;
mod listing;
mod objects;
mod peer;
mod picture;
mod query;
mod recorded;
mod rpc;
mod sealing;
mod store;
mod terms;
mod witness;

pub use allow::allow_list;
pub use app::{App, BuildError};
pub use command::take_up_log::WitnessError;
pub use config::Config;
pub use coverage::GlyphCoverage;
pub use error::REASONS;

/// The service's own migrations.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();
