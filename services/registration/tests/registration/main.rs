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
mod cancelling;
mod changing;
mod clocks;
mod completing;
mod correcting;
mod exchange;
mod filing;
mod materials;
mod moving;
mod notifying;
mod ownership;
mod partition;
mod peers;
mod privacy;
mod renewing;
mod reviewing;
mod story;
mod succeeding;
mod terminating;
mod world;
