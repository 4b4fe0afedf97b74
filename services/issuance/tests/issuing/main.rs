//! What holders are promised by the issuing room: real seal service, real PostgreSQL, real mTLS. Step 1 (apply) is
//! arranged as rows, because it belongs to the exchange; everything after it runs as in production.
//!
//! ```text
//! holder ── portal certificate, token ──▶ issuance ── mTLS ──▶ seal
//!                                            └── keys of tokens ── access service of identity (in process)
//! ```

mod access;
mod archive;
mod bulks;
mod consents;
mod copies;
mod door;
mod effort;
mod fsck;
mod keys;
mod matrix;
mod officers;
mod originals;
mod packages;
mod remade;
mod resumption;
mod sm2_pdf;
mod stamping;
mod suspension;
mod world;
