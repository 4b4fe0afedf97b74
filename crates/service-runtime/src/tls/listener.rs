use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use rustls::{
    ServerConfig,
    server::{NoServerSessionStorage, WebPkiClientVerifier},
    version::TLS13,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
};
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;

use super::{Connection, Gate, IdentityError, Leaf, Peer, TlsIo, Trust, provider};
use crate::lifecycle::Lifecycle;

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A bound gate, not yet accepting.
pub struct Listener {
    gate: Gate,
    tcp: TcpListener,
    tls: TlsAcceptor,
    places: Arc<Semaphore>,
}

/// Why a handshake came to nothing.
#[derive(Debug, thiserror::Error)]
enum HandshakeError {
    #[error("handshake failed: {0}")]
    Tls(#[from] io::Error),
    #[error("no handshake within {} s", HANDSHAKE_TIMEOUT.as_secs())]
    Slow,
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

impl Listener {
    /// Binds `address`. At every gate but the public one a client must present a certificate of `trust`.
    pub async fn bind(
        gate: Gate,
        address: SocketAddr,
        leaf: Arc<Leaf>,
        trust: Option<&Trust>,
        connections: usize,
    ) -> io::Result<Self> {
        let config = server_config(gate, leaf, trust).map_err(io::Error::other)?;
        Ok(Self {
            gate,
            tcp: TcpListener::bind(address).await?,
            tls: TlsAcceptor::from(Arc::new(config)),
            places: Arc::new(Semaphore::new(connections)),
        })
    }

    /// Where it is bound.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Whose certificates it accepts.
    pub fn gate(&self) -> Gate {
        self.gate
    }

    /// Accepts connections until `life` drains; the stream yields those whose handshake succeeded. A failed one costs
    /// only itself.
    pub fn accept(self, life: &Lifecycle) -> ReceiverStream<io::Result<TlsIo>> {
        let (accepted, stream) = mpsc::channel(16);
        let tasks = life.clone();
        life.spawn("listener", async move {
            loop {
                // A place first, so that a full house leaves newcomers to the kernel's queue.
                let (place, tcp, remote) = tokio::select! {
                    () = tasks.soft().cancelled() => return Ok::<_, io::Error>(()),
                    next = self.next() => match next {
                        Ok(next) => next,
                        Err(error) => {
                            tracing::warn!(%error, listener = self.gate.name(), "accept");
                            tokio::time::sleep(ACCEPT_PAUSE).await;
                            continue;
                        }
                    },
                };
                let handshake = shake_hands(self.gate, self.tls.clone(), tcp, remote, place);
                let (accepted, gate) = (accepted.clone(), self.gate);
                tasks.spawn_brief("handshake", async move {
                    match handshake.await {
                        // The receiver is gone only when the server drains.
                        Ok(io) => drop(accepted.send(Ok(io)).await),
                        Err(error) => tracing::info!(%error, listener = gate.name(), "connection refused"),
                    }
                });
            }
        });
        ReceiverStream::new(stream)
    }

    async fn next(&self) -> io::Result<(OwnedSemaphorePermit, TcpStream, SocketAddr)> {
        let place = Arc::clone(&self.places)
            .acquire_owned()
            .await
            .map_err(io::Error::other)?;
        let (tcp, remote) = self.tcp.accept().await?;
        // Fails only on a connection that is gone already, as its handshake will find.
        let _gone = tcp.set_nodelay(true);
        Ok((place, tcp, remote))
    }
}

async fn shake_hands(
    gate: Gate,
    tls: TlsAcceptor,
    tcp: TcpStream,
    remote: SocketAddr,
    place: OwnedSemaphorePermit,
) -> Result<TlsIo, HandshakeError> {
    let stream = tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(tcp))
        .await
        .map_err(|_| HandshakeError::Slow)??;
    let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    let peer = match (gate, certificate) {
        (Gate::Public, _) => None,
        (_, Some(certificate)) => Some(Peer::of_certificate(gate, certificate)?),
        (_, None) => return Err(IdentityError::Certificate.into()),
    };
    Ok(TlsIo::new(stream, Connection { gate, peer, remote }, place))
}

fn server_config(gate: Gate, leaf: Arc<Leaf>, trust: Option<&Trust>) -> Result<ServerConfig, String> {
    let builder = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(|error| error.to_string())?;
    let builder = match (gate, trust) {
        (Gate::Public, None) => builder.with_no_client_auth(),
        (_, Some(trust)) if trust.gate() == gate => {
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::clone(trust.roots()), provider())
                .build()
                .map_err(|error| error.to_string())?;
            builder.with_client_cert_verifier(verifier)
        }
        _ => return Err(format!("gate {} goes by another authority", gate.name())),
    };
    let mut config = builder.with_cert_resolver(leaf);
    config.alpn_protocols = vec![b"h2".to_vec()];
    // Connections live long; without resumption each new one is judged by its certificate afresh.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}
