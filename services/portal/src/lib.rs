//! Pages for people at the edge: verification by registration number, by the certificate's QR code, and by the file.
//!
//! The portal has no database, no memory of who verified what, and no rights beyond public methods: it asks
//! `verification` over mTLS as `spiffe://jianzheng/client/portal` and shows the one verdict, in Chinese first.
//!
//! It speaks plain HTTP/1.1 on `[listen] public`, behind a gateway that terminates TLS (and TLCP where national ciphers
//! are required), limits per address, and adds `Strict-Transport-Security`. Pages work without JavaScript, load nothing
//! from elsewhere, and those for everybody set no cookie. Numbers and names travel in request bodies, never in addresses; the token in
//! `/q/{token}` is part of the certificate's QR code and is kept out of logs and `Referer`.
//!
//! The desk (`/my`) is for holders and registrars who sign in: use copies, consents, requests, packages. It asks `identity`
//! and `issuance` with that person's token, which stays in this process's memory; the browser keeps a random name for `/my`
//! alone (HttpOnly, SameSite=Strict), and every form carries the session's key. Without `[peers.identity]` and
//! `[peers.issuance]` there is no desk.
//!
//! An uploaded file, and a certificate or copy at the desk, are shown as pictures of their pages: drawn by `document-preview`
//! in a process with limits, part of the page, kept nowhere.
//!
//! A verdict, whatever it says, is an answer and has status 200; other statuses say that there is no answer.

mod answer;
mod app;
mod config;
mod guard;
mod listener;
mod page;
mod peer;
mod pictures;
mod route;
mod session;

pub use app::{App, Running, StartError};
pub use config::{Config, Uploads};
