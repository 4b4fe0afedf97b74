use std::{
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use hyper_util::rt::TokioIo;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme,
    client::{
        Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_cert_signed_by_trust_anchor,
    },
    crypto::CryptoProvider,
    server::ParsedCertificate,
    version::TLS13,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use tonic::{
    body::Body,
    transport::{Channel, Endpoint, channel::ResponseFuture},
};
use tower::Service;

use super::{Leaf, PeerIdentity, Trust, provider};
use crate::{config, telemetry};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const KEEPALIVE: Duration = Duration::from_secs(20);

/// Opens channels to peers with this process's certificate.
#[derive(Debug, Clone)]
pub struct Outbound {
    leaf: Arc<Leaf>,
}

impl Outbound {
    /// Channels that present `leaf`.
    pub fn new(leaf: Arc<Leaf>) -> Self {
        Self { leaf }
    }

    /// A channel to a configured peer. It connects when first used, and again after the connection was lost; each new
    /// connection presents the certificate then in force and demands the peer's identity.
    pub fn channel(&self, peer: &config::Peer) -> PeerChannel {
        let tls = client_config(&self.leaf, &peer.trust, peer.identity.clone());
        let endpoint = Endpoint::from_shared(format!("http://{}", peer.address))
            .expect("invariant: a configured address is a valid authority")
            .origin(
                format!("https://{}", peer.identity.name())
                    .parse()
                    .expect("invariant: the name in an identity is a valid host name"),
            )
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(peer.timeout)
            .http2_keep_alive_interval(KEEPALIVE)
            .keep_alive_while_idle(true)
            .tcp_nodelay(true);
        let connector = Connector {
            tls: TlsConnector::from(Arc::new(tls)),
            address: peer.address.as_str().into(),
        };
        PeerChannel {
            channel: endpoint.connect_with_connector_lazy(connector),
        }
    }
}

/// A channel to one peer. Give it to a generated client. Trace context travels with each call.
#[derive(Debug, Clone)]
pub struct PeerChannel {
    channel: Channel,
}

impl Service<http::Request<Body>> for PeerChannel {
    type Response = http::Response<Body>;
    type Error = tonic::transport::Error;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Service::poll_ready(&mut self.channel, cx)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        telemetry::inject(request.headers_mut());
        Service::call(&mut self.channel, request)
    }
}

/// Connects by TCP and TLS to one address, whatever URI is asked for.
#[derive(Clone)]
struct Connector {
    tls: TlsConnector,
    address: Arc<str>,
}

impl Service<http::Uri> for Connector {
    type Response = TokioIo<TlsStream<TcpStream>>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _uri: http::Uri) -> Self::Future {
        let Self { tls, address } = self.clone();
        Box::pin(async move {
            let tcp = TcpStream::connect(&*address).await?;
            tcp.set_nodelay(true)?;
            // Not looked at by the verifier and, as an address, not sent either.
            let unnamed = ServerName::from(std::net::IpAddr::from([127, 0, 0, 1]));
            Ok(TokioIo::new(tls.connect(unnamed, tcp).await?))
        })
    }
}

fn client_config(leaf: &Arc<Leaf>, trust: &Trust, expected: PeerIdentity) -> ClientConfig {
    let provider = provider();
    let verifier = IdentityVerifier {
        trust: trust.clone(),
        expected,
        provider: Arc::clone(&provider),
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])
        .expect("invariant: the provider supports TLS 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_cert_resolver(Arc::clone(leaf) as Arc<_>);
    config.alpn_protocols = vec![b"h2".to_vec()];
    config.resumption = Resumption::disabled();
    config
}

/// Accepts a server certificate that the authority has signed for serving and that carries the expected identity.
/// Host names play no part.
#[derive(Debug)]
struct IdentityVerifier {
    trust: Trust,
    expected: PeerIdentity,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for IdentityVerifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let parsed = ParsedCertificate::try_from(certificate)?;
        verify_server_cert_signed_by_trust_anchor(
            &parsed,
            self.trust.roots(),
            intermediates,
            now,
            self.provider.signature_verification_algorithms.all,
        )?;
        match PeerIdentity::of_certificate(certificate) {
            Ok(identity) if identity == self.expected => Ok(ServerCertVerified::assertion()),
            _ => Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName,
            )),
        }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.2 is not spoken".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
