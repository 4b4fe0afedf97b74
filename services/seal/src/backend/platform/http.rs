//! HTTPS to one address with a client certificate. No redirect is followed, no proxy used, and an answer is bounded in
//! time and size.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::backend::Fault;

/// Where orders go.
const PATH: &str = "/v1/signatures";
/// 64 answers of about 40 KB in base64, and room.
const LONGEST_ANSWER: usize = 8 << 20;

/// `kind = "platform"`
#[derive(Debug, Clone)]
pub struct Settings {
    /// `address`: host and port.
    pub address: String,
    /// `ca`: who vouches for the platform's certificate.
    pub ca: PathBuf,
    /// `certificate`: what this service shows.
    pub certificate: PathBuf,
    /// `key`: its key.
    pub key: PathBuf,
    /// `timeout` of one request. The platform may sign after it: the same order is then asked for again.
    pub timeout: Duration,
}

/// The platform's address with everything that a connection needs.
pub(super) struct Endpoint {
    address: String,
    host: ServerName<'static>,
    tls: TlsConnector,
    timeout: Duration,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Endpoint {
    /// Reads the files.
    pub(super) fn new(settings: &Settings) -> Result<Self, String> {
        let (host, _) = settings
            .address
            .rsplit_once(':')
            .ok_or_else(|| "address: must be host:port".to_owned())?;
        let host =
            ServerName::try_from(host.to_owned()).map_err(|_| "address: must be host:port".to_owned())?;
        let certificates = |path: &PathBuf| {
            CertificateDer::pem_file_iter(path)
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(|error| format!("{}: {error}", path.display()))
        };
        let mut roots = RootCertStore::empty();
        for root in certificates(&settings.ca)? {
            roots.add(root).map_err(|error| format!("ca: {error}"))?;
        }
        let own = certificates(&settings.certificate)?;
        let key = PrivateKeyDer::from_pem_file(&settings.key).map_err(|error| format!("key: {error}"))?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])
            .and_then(|builder| {
                builder
                    .with_root_certificates(roots)
                    .with_client_auth_cert(own, key)
            })
            .map_err(|error| format!("certificate: {error}"))?;
        Ok(Self {
            address: settings.address.clone(),
            host,
            tls: TlsConnector::from(Arc::new(tls)),
            timeout: settings.timeout,
        })
    }

    /// Posts one body and returns the answer's.
    pub(super) async fn post(&self, body: Vec<u8>) -> Result<Vec<u8>, Fault> {
        let answer = tokio::time::timeout(self.timeout, self.exchange(body)).await;
        answer.map_err(|_| Fault::Unavailable("the platform did not answer in time".to_owned()))?
    }

    async fn exchange(&self, body: Vec<u8>) -> Result<Vec<u8>, Fault> {
        let away = |error: &dyn std::fmt::Display| Fault::Unavailable(format!("platform: {error}"));
        let tcp = TcpStream::connect(&self.address)
            .await
            .map_err(|error| away(&error))?;
        let stream = self
            .tls
            .connect(self.host.clone(), tcp)
            .await
            .map_err(|error| away(&error))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| away(&error))?;
        let request = http::Request::post(PATH)
            .header(http::header::HOST, &self.address)
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| away(&error))?;
        // The connection's own work ends with the answer: it is driven here, and dropped with this future.
        let answer = async {
            let answer = sender.send_request(request).await.map_err(|error| away(&error))?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), LONGEST_ANSWER).collect().await;
            let body = body.map_err(|error| away(&error))?.to_bytes().to_vec();
            match status {
                http::StatusCode::OK => Ok(body),
                status => Err(Fault::Unavailable(format!("platform: HTTP {status}"))),
            }
        };
        tokio::pin!(answer);
        tokio::pin!(connection);
        tokio::select! {
            biased;
            outcome = &mut answer => outcome,
            // Once the connection has ended, whatever it delivered is there.
            _ = &mut connection => answer.await,
        }
    }
}
