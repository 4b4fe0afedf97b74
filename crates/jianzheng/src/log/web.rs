//! A log over HTTP, as monitors read it: the layout of C2SP tlog-tiles below a prefix.
//!
//! What is read proves itself by signatures, so plain HTTP is enough to audit; TLS hides which log is audited, and needs roots.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{StatusCode, Uri, header};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio_rustls::TlsConnector;

/// Longest answer: a page of checkpoints; tiles and bundles of entries are far below.
const LONGEST: usize = 8 << 20;
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection, and what drives it: it goes on while somebody waits for an answer.
struct Open {
    sender: SendRequest<Empty<Bytes>>,
    driver: Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>,
}

/// A served log. Questions go over one connection as long as it holds.
pub struct Web {
    host: String,
    port: u16,
    /// Of every path, without a slash at its end.
    prefix: String,
    /// None: plain HTTP.
    tls: Option<Arc<ClientConfig>>,
    open: Mutex<Option<Open>>,
}

impl fmt::Debug for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Web")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

impl Web {
    /// The log below an `http` or `https` address; `roots` (PEM) are trusted for TLS and for nothing else.
    ///
    /// # Errors
    /// It is no such address, or asks for TLS without roots.
    pub fn new(address: &str, roots: Option<&[u8]>) -> Result<Self> {
        let uri: Uri = address.parse().context("must be an http or https URL")?;
        let authority = uri.authority().context("must name a host")?;
        if authority.as_str().contains('@') || uri.query().is_some() {
            bail!("must be a URL without user and query");
        }
        let (tls, port) = match uri.scheme_str() {
            Some("http") => (None, 80),
            Some("https") => {
                let pem = roots.context("https 地址须用 --roots 指定信任的根证书 https needs --roots")?;
                let tls = timestamp_client::tls(pem).context("no certificates in PEM")?;
                (Some(tls), 443)
            }
            _ => bail!("must be an http or https URL"),
        };
        Ok(Self {
            host: authority.host().to_owned(),
            port: authority.port_u16().unwrap_or(port),
            prefix: uri.path().trim_end_matches('/').to_owned(),
            tls,
            open: Mutex::default(),
        })
    }

    /// What stands at a path below the prefix; none where there is nothing.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) async fn get(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let asked = tokio::time::timeout(PATIENCE, self.ask(path)).await;
        asked
            .map_err(|_| anyhow!("no answer in time"))
            .flatten()
            .with_context(|| format!("{}:{}{}/{path}", self.host, self.port, self.prefix))
    }

    async fn ask(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let mut place = self.open.lock().await;
        if let Some(open) = place.take()
            && let Ok((answer, open)) = self.exchange(open, path).await
        {
            *place = open;
            return Ok(answer);
        }
        // Whoever serves may close a connection that rests: a new one is made, once.
        let open = self.connect().await?;
        let (answer, open) = self.exchange(open, path).await?;
        *place = open;
        Ok(answer)
    }

    /// One question and its answer, and the connection if it holds.
    async fn exchange(&self, open: Open, path: &str) -> Result<(Option<Vec<u8>>, Option<Open>)> {
        let request = hyper::Request::get(format!("{}/{path}", self.prefix))
            .header(header::HOST, format!("{}:{}", self.host, self.port))
            .body(Empty::new())?;
        let Open {
            mut sender,
            mut driver,
        } = open;
        let answer = async move {
            sender.ready().await?;
            let response = sender.send_request(request).await?;
            let status = response.status();
            let body = Limited::new(response.into_body(), LONGEST).collect().await;
            let body = body.map_err(|error| anyhow!("{error}"))?.to_bytes();
            match status {
                StatusCode::OK => Ok((Some(body.to_vec()), sender)),
                StatusCode::NOT_FOUND => Ok((None, sender)),
                other => Err(anyhow!("HTTP {other}")),
            }
        };
        tokio::pin!(answer);
        tokio::select! {
            answered = &mut answer => {
                let (answer, sender) = answered?;
                Ok((answer, Some(Open { sender, driver })))
            }
            ended = &mut driver => {
                ended?;
                answer.await.map(|(answer, _)| (answer, None))
            }
        }
    }

    async fn connect(&self) -> Result<Open> {
        let tcp = TcpStream::connect((self.host.as_str(), self.port)).await?;
        let Some(tls) = &self.tls else {
            return speak(tcp).await;
        };
        let server = ServerName::try_from(self.host.clone())?;
        speak(TlsConnector::from(Arc::clone(tls)).connect(server, tcp).await?).await
    }
}

async fn speak(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Result<Open> {
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    Ok(Open {
        sender,
        driver: Box::pin(connection),
    })
}
