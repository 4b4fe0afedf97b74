//! One question and one answer over HTTP (RFC 3161 §3.4).

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::header;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::{Address, Failure};

/// No token with its certificates comes near this size.
const LONGEST: usize = 256 << 10;

pub(crate) async fn ask(
    address: &Address,
    tls: Option<&Arc<ClientConfig>>,
    request: Vec<u8>,
) -> Result<Vec<u8>, Failure> {
    let tcp = TcpStream::connect((address.host.as_str(), address.port)).await?;
    if !address.is_secure() {
        return post(address, tcp, request).await;
    }
    let tls = tls.ok_or(Failure::Address)?;
    let server = ServerName::try_from(address.host.clone()).map_err(|_| Failure::Address)?;
    let stream = TlsConnector::from(Arc::clone(tls)).connect(server, tcp).await?;
    post(address, stream, request).await
}

async fn post(
    address: &Address,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Vec<u8>,
) -> Result<Vec<u8>, Failure> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let request = hyper::Request::post(&address.path)
        .header(header::HOST, address.authority())
        .header(header::CONTENT_TYPE, "application/timestamp-query")
        .header(header::ACCEPT, "application/timestamp-reply")
        .body(Full::new(Bytes::from(request)))
        .map_err(|_| Failure::Address)?;
    // Both in this task: the connection ends with the answer, or with the caller's patience.
    let answer = async {
        let response = sender.send_request(request).await?;
        if response.status() != hyper::StatusCode::OK {
            return Err(Failure::Status(response.status().as_u16()));
        }
        let body = Limited::new(response.into_body(), LONGEST).collect().await;
        Ok(body.map_err(|_| Failure::Body)?.to_bytes().to_vec())
    };
    tokio::pin!(answer, connection);
    tokio::select! {
        answer = &mut answer => answer,
        ended = &mut connection => {
            ended?;
            answer.await
        }
    }
}
