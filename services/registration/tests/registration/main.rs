//! The promises of a province's registration: this service alone on a real database over mutual TLS; identity and
//! issuance are small servers of the same wire in this process.
//!
//! ```text
//! portal ──mTLS──▶ registration (32) ──mTLS──▶ identity (people, firms, token keys)
//!                        │  └──────────mTLS──▶ issuance (claims, clearances, outbox, feed)
//!                        ▼
//!                    PostgreSQL
//! ```

mod announcing;
mod auditing;
mod availability;
mod bulk_peers;
mod cancelling;
mod cases;
mod changing;
mod checks;
mod clocks;
mod completing;
mod continuing_education;
mod correcting;
mod eligibility;
mod exchange;
mod facts;
mod filing;
mod importing;
mod lapsing;
mod materials;
mod moving;
mod noticing;
mod notifying;
mod observed_log;
mod ownership;
mod partition;
mod peers;
mod privacy;
mod reconciling;
mod refusal_grounds;
mod renewing;
mod reporting;
mod reviewing;
mod roles;
mod signed_lists;
mod story;
mod succeeding;
mod terminating;
mod witnessing;
mod working;
mod world;
