//! The service alone: a real PostgreSQL, real mutual TLS, real passwords and codes; only its callers are played.
//!
//! ```text
//!   portal, operator, real-name-authority, bidding-platform ──clients──┐
//!   issuance, verification ────────────────────────────────services──┤ identity ── PostgreSQL (a database per test)
//!   province 32: registration ─────────────────────────────provinces─┘
//! ```

mod access;
mod accounts;
mod auditing;
mod bulk_directory;
mod concurrency;
mod configuration;
mod directory;
mod employers;
mod personal_data;
mod refresh;
mod rotation;
mod sessions;
mod updates;
mod world;
