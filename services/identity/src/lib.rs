//! `identity`: who somebody is, and what they may do.
//!
//! **It may** open real-name accounts of people whose name and document number the real-name record confirms
//! together; sign people in by password and second factor and issue short tokens bound to a certificate; keep
//! employers, their registrars, officers' roles and the backends of others; tell `issuance` and the provinces'
//! `registration` who a person is, leaving a line in the access log each time.
//!
//! **It may not** know applications or certificates, call any other service, show a name or document number to
//! anybody but those two services, or store one unsealed.
//!
//! # Promises
//! * An absent real-name record and a mismatched one get one answer at one cost; so do an unknown account and a wrong
//!   password. What does not exist locks like what does.
//! * A person has one account; a document belongs to one person for ever.
//! * A code of the second factor is accepted once, and so is a refresh token: presenting one again ends its session.
//! * Names, numbers and second-factor secrets are sealed under the person's own data key and found by keyed indices.
//!   Digests of request bodies are keyed, too: a plain one could be searched for the password inside.
//! * Every decision and every refusal of a command is in the audit; secrets are stored as hashes only.
//!
//! # Repeating a request
//! A write repeated with its `request_id` gives the same resource again and has no second effect. What was secret in
//! the first answer (second-factor address, invitation code) is left out. `VerifySecondFactor` and `StepUp` answer
//! with nothing but secrets, so a repetition is refused with `ANSWER_NOT_REPEATED`; `RefreshSession` gives the very
//! same request another successor while none has been used.

mod access;
mod account_view;
mod app;
mod command;
mod config;
mod deps;
mod employer;
mod error;
mod job;
mod password;
mod purpose;
mod query;
mod random;
mod rpc;
mod sealing;
mod second_factor;
mod store;
mod token_keys;
mod tokens;

pub use app::{App, BuildError, allow_list};
pub use config::{Config, Rules};
pub use error::{DOMAIN, REASONS};
pub use store::MIGRATIONS;
