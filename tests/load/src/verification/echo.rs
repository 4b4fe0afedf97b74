//! The reference: a bare tonic unary method over the services' own mutual TLS, whose answers are as large as those of
//! `VerifyCertificate`, with nothing around it and nothing behind it.

use std::convert::Infallible;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use anyhow::{Context as _, Result};
use bytes::{Buf as _, BufMut as _, Bytes};
use service_runtime::Lifecycle;
use service_runtime::config::Common;
use service_runtime::tls::{Gate, Listener};
use tonic::Status;
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::server::{Grpc, NamedService, UnaryService};
use tower::Service;

pub(super) const ECHO: &str = "/jianzheng.load.v1.EchoService/Echo";

/// Messages that are left as they are.
#[derive(Clone, Copy, Default)]
pub(super) struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}

/// Answers so many bytes to whatever is asked.
#[derive(Clone)]
struct Echo(Bytes);

impl NamedService for Echo {
    const NAME: &'static str = "jianzheng.load.v1.EchoService";
}

impl UnaryService<Bytes> for Echo {
    type Response = Bytes;
    type Future = std::future::Ready<Result<tonic::Response<Bytes>, Status>>;

    fn call(&mut self, _: tonic::Request<Bytes>) -> Self::Future {
        std::future::ready(Ok(tonic::Response::new(self.0.clone())))
    }
}

impl Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let method = self.clone();
        Box::pin(async move { Ok(Grpc::new(Raw).unary(method, request).await) })
    }
}

/// Listens at the clients' gate of a configuration and answers `size` bytes, until the life drains.
pub(super) async fn serve(config: &Path, size: usize, life: &Lifecycle) -> Result<()> {
    let common = service_runtime::config::load(config, Common::read)
        .map_err(|faults| anyhow::anyhow!("{}: {faults}", config.display()))?;
    let at = common
        .listen
        .at
        .iter()
        .find(|at| at.gate == Gate::Clients)
        .context("the clients' gate")?;
    let trust = common.tls.trust(at.gate).map(AsRef::as_ref);
    let leaf = Arc::clone(common.tls.leaf_at(at.gate));
    let listener = Listener::bind(at.gate, at.address, leaf, trust, common.limits.connections).await?;
    let address = listener.address()?;
    // The connection is set up as that of every service.
    let router = tonic::transport::Server::builder()
        .http2_keepalive_interval(Some(Duration::from_secs(30)))
        .max_concurrent_streams(512)
        .add_service(Echo(Bytes::from(vec![b'e'; size])));
    let drained = life.soft().clone().cancelled_owned();
    life.spawn(
        "echo",
        router.serve_with_incoming_shutdown(listener.accept(life), drained),
    );
    let file = common.listen.address_file.context("an address file")?;
    let fresh = file.with_extension("tmp");
    std::fs::write(&fresh, format!("clients {address}\n"))?;
    Ok(std::fs::rename(fresh, file)?)
}
