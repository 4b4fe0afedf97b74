//! What anybody is promised who asks about a certificate. Real PostgreSQL, real mTLS, documents with real seals; the
//! register and identity are doubles that say over the wire what the test has them say.

mod access;
mod answers;
mod doubles;
mod feed;
mod files;
mod history;
mod office;
mod snapshots;
mod story;
mod subscriptions;
mod world;
