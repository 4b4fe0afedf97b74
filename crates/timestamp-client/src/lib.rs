//! Time stamps (RFC 3161) over HTTP (§3.4), with other authorities to fall back on.
//!
//! An answer is used only after [`gm::timestamp::Request::accept`] took it: status, imprint, nonce, time, signature and
//! path. An authority that is away, slow, or answers something else is passed over for the next one of the list; the
//! next question then goes to the one that answered last. Nothing is kept between questions but that.

mod address;
mod exchange;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gm::chain::Trust;
use gm::timestamp::{Imprint, Request, Token, Unusable};
use jiff::{SignedDuration, Timestamp};
use rand_core::CryptoRng;
use rustls::ClientConfig;

pub use address::{Address, InvalidAddress};

/// Authorities in the order in which they are preferred.
#[derive(Clone)]
pub struct TimeStampClient {
    addresses: Arc<[Address]>,
    tls: Option<Arc<ClientConfig>>,
    timeout: Duration,
    tolerance: SignedDuration,
    /// Index of the one that answered last.
    preferred: Arc<AtomicUsize>,
}

impl std::fmt::Debug for TimeStampClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TimeStampClient")
            .field("addresses", &self.addresses)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// No authority gave a stamp that may be used: who was asked, and what was wrong.
#[derive(Debug, thiserror::Error)]
#[error("no time stamp: {}", list(.0))]
pub struct Unavailable(pub Vec<(Address, Failure)>);

fn list(failures: &[(Address, Failure)]) -> String {
    let lines: Vec<String> = failures
        .iter()
        .map(|(address, failure)| format!("{address}: {failure}"))
        .collect();
    lines.join("; ")
}

/// Why one authority gave none.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It cannot be reached, or the connection broke.
    #[error("connection: {}", .0.kind())]
    Connection(#[from] std::io::Error),
    /// It speaks no HTTP.
    #[error("HTTP: {0}")]
    Http(#[from] hyper::Error),
    /// It answered with another status than 200.
    #[error("HTTP status {0}")]
    Status(u16),
    /// The answer is too long or broke off.
    #[error("the answer is too long or broke off")]
    Body,
    /// The address asks for TLS and no roots are configured, or cannot be asked at all.
    #[error("the address cannot be asked")]
    Address,
    /// It did not answer in time.
    #[error("no answer in time")]
    Timeout,
    /// What it answered is not used.
    #[error(transparent)]
    Unusable(#[from] Unusable),
}

/// What makes a client.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Authorities, the preferred one first.
    pub addresses: Vec<Address>,
    /// Trust for `https` addresses.
    pub tls: Option<Arc<ClientConfig>>,
    /// How long one authority may take.
    pub timeout: Duration,
    /// How far the time of a token may lie from the caller's.
    pub tolerance: SignedDuration,
}

impl TimeStampClient {
    /// With these authorities.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            addresses: settings.addresses.into(),
            tls: settings.tls,
            timeout: settings.timeout,
            tolerance: settings.tolerance,
            preferred: Arc::default(),
        }
    }

    /// Has an imprint stamped by the first authority whose answer `trust` leads to. `now` gives the caller's present; it
    /// is asked for each answer, since waiting takes time.
    ///
    /// # Errors
    /// None of them gave a stamp that may be used.
    pub async fn stamp(
        &self,
        imprint: &Imprint,
        trust: &Trust<'_>,
        now: impl Fn() -> Timestamp,
        mut rng: impl CryptoRng,
    ) -> Result<Token, Unavailable> {
        let first = self.preferred.load(Ordering::Relaxed);
        let mut failures = Vec::new();
        for step in 0..self.addresses.len() {
            let index = (first + step) % self.addresses.len();
            let Some(address) = self.addresses.get(index) else {
                continue;
            };
            let request = Request::new(imprint.clone(), &mut rng);
            match self.ask(address, &request).await {
                Ok(answer) => match request.accept(&answer, trust, now(), self.tolerance) {
                    Ok(token) => {
                        self.preferred.store(index, Ordering::Relaxed);
                        return Ok(token);
                    }
                    Err(unusable) => failures.push((address.clone(), unusable.into())),
                },
                Err(failure) => failures.push((address.clone(), failure)),
            }
            if let Some((address, failure)) = failures.last() {
                tracing::warn!(%address, %failure, "a time-stamping authority is passed over");
            }
        }
        Err(Unavailable(failures))
    }

    async fn ask(&self, address: &Address, request: &Request) -> Result<Vec<u8>, Failure> {
        let asking = exchange::ask(address, self.tls.as_ref(), request.to_der());
        tokio::time::timeout(self.timeout, asking)
            .await
            .unwrap_or(Err(Failure::Timeout))
    }
}

/// Trust in the certificate authorities of a PEM file, for `https` addresses; `None` if it holds none.
#[must_use]
pub fn tls(pem: &[u8]) -> Option<Arc<ClientConfig>> {
    use rustls_pki_types::CertificateDer;
    use rustls_pki_types::pem::PemObject as _;
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.ok()?).ok()?;
    }
    if roots.is_empty() {
        return None;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .ok()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Some(Arc::new(config))
}
