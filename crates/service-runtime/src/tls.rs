//! Mutual TLS 1.3 with identities in URI SANs.
//!
//! Each gate (listener) accepts the certificates of exactly one authority, and from them only identities of the
//! kind that this authority may name, so that a province's authority can never mint a national service. The
//! identity is parsed once per connection. Clients verify the server's identity, not its host name. Certificates
//! are read again when their files change; open connections go on.

mod client;
mod connection;
mod identity;
mod leaf;
mod listener;
mod trust;

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};

pub use client::{Outbound, PeerChannel};
pub use connection::{Connection, TlsIo};
pub use identity::{Gate, IdentityError, Peer, PeerIdentity, Thumbprint};
pub use leaf::Leaf;
pub use listener::Listener;
pub use trust::{TlsFileError, Trust};

/// The one cryptographic provider of every process.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// Makes [`provider`] the default for libraries that build their own TLS (the database driver).
pub fn install_provider() {
    // Fails only if a default exists already, which in this program is the same provider.
    let _same = aws_lc_rs::default_provider().install_default();
}

#[cfg(test)]
mod tests;
