//! The portal: its connections, and the tokens of those for whom it calls.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use service_runtime::auth::{Claims, TokenKind, TokenSigner};
use service_runtime::tls::{Leaf, PeerChannel, Thumbprint};
use testkit::realm::Realm;
use testkit::tokens;
use tonic::Request;

/// One connection of the portal. Its tokens are bound to the certificate that it was made with.
#[derive(Clone)]
pub(crate) struct Portal {
    channel: PeerChannel,
    thumbprint: Thumbprint,
    audience: &'static str,
}

impl Portal {
    /// A connection to a service (`nation/issuance`) that takes tokens for an audience.
    pub(crate) fn to(
        realm: &Realm,
        (service, audience): (&str, &'static str),
        address: SocketAddr,
    ) -> Result<Self> {
        let channel = realm.channel("client/portal", service, address);
        let path = |end: &str| realm.folder().join(format!("client-portal{end}"));
        let leaf =
            Leaf::open(&path(".pem"), &path("-key.pem")).map_err(|fault| anyhow::anyhow!("{fault}"))?;
        Ok(Self {
            channel,
            thumbprint: leaf.thumbprint().context("a certificate")?,
            audience,
        })
    }

    pub(crate) fn channel(&self) -> PeerChannel {
        self.channel.clone()
    }

    /// A stranger, of whom the caller makes somebody.
    pub(crate) fn claims(&self, now: Timestamp) -> Claims {
        tokens::claims(self.audience, self.thumbprint, now)
    }

    /// A request in somebody's name.
    pub(crate) fn request<T>(&self, signer: &TokenSigner, claims: &Claims, message: T) -> Result<Request<T>> {
        Ok(tokens::bearer(message, &signer.sign(claims)?))
    }
}

/// An officer of a province, or of the ministry.
pub(crate) fn officer(claims: Claims, province: Option<&str>) -> Claims {
    Claims {
        kind: TokenKind::Officer,
        roles: vec![tokens::office(province)],
        ..claims
    }
}
