//! What `issuance` and the seal officers are promised by the keeper of the seals. Real keys, real PostgreSQL, real mTLS;
//! a real token, and an e-seal platform in a process of its own.

mod admin;
mod audit;
mod module;
mod platform;
mod signing;
mod world;
