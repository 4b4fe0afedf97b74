//! Pages for people at the edge: verification by registration number, by the certificate's QR code, and by the file.
//!
//! The portal has no database, no memory of who asked what, and no rights beyond public methods: it asks
//! `verification` over mTLS as `spiffe://jianzheng/client/portal` and shows the one verdict, in Chinese first.
//!
//! It speaks plain HTTP/1.1 on `[listen] public`, behind a gateway that terminates TLS (and TLCP where national ciphers
//! are required), limits per address, and adds `Strict-Transport-Security`. Pages work without JavaScript, load nothing
//! from elsewhere and set no cookie. Numbers and names travel in request bodies, never in addresses; the token in
//! `/q/{token}` is part of the certificate's QR code and is kept out of logs and `Referer`.
//!
//! A verdict, whatever it says, is an answer and has status 200; other statuses say that there is no answer.

mod answer;
mod app;
mod config;
mod guard;
mod listener;
mod page;
mod peer;
mod route;

pub use app::{App, Running, StartError};
pub use config::{Config, Uploads};
