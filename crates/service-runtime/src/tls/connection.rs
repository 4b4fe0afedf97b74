use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::OwnedSemaphorePermit,
};
use tokio_rustls::server::TlsStream;
use tonic::transport::server::Connected;

use super::{Gate, Peer};

/// What is known about a connection; stands in the extensions of each request that comes over it.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The gate by which it came.
    pub gate: Gate,
    /// Who is at the other end; nobody known at the public gate.
    pub peer: Option<Arc<Peer>>,
    /// From where.
    pub remote: SocketAddr,
}

/// An accepted connection after its handshake.
pub struct TlsIo {
    stream: TlsStream<TcpStream>,
    connection: Connection,
    /// Counts this connection against its gate's limit until it closes.
    _place: OwnedSemaphorePermit,
}

impl TlsIo {
    pub(super) fn new(
        stream: TlsStream<TcpStream>,
        connection: Connection,
        place: OwnedSemaphorePermit,
    ) -> Self {
        Self {
            stream,
            connection,
            _place: place,
        }
    }

    /// What is known about it.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }
}

impl Connected for TlsIo {
    type ConnectInfo = Connection;

    fn connect_info(&self) -> Connection {
        self.connection.clone()
    }
}

impl AsyncRead for TlsIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for TlsIo {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
