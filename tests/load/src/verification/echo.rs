//! The references: a tonic unary method over the services' own mutual TLS, whose answers are as large as those of
//! `VerifyCertificate` and which has nothing behind it. Once with nothing around it either, and once with what is around
//! every method of a service: span, count, limits, deadline, authentication, allow list.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use anyhow::{Context as _, Result};
use bytes::{Buf as _, BufMut as _, Bytes};
use prost::Message as _;
use prost_types::{FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto, ServiceDescriptorProto};
use service_runtime::auth::{Allow, Authenticator, PublicJwk, Revocations, Rule, SharedKeySet};
use service_runtime::config::Common;
use service_runtime::tls::{Gate, Listener};
use service_runtime::{Lifecycle, Server};
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

/// Answers `size` bytes as every service would, at the gates of a configuration, to backends whose tokens `key` verifies.
pub(super) async fn serve_layered(
    common: &Common,
    size: usize,
    key: &PublicJwk,
    life: &Lifecycle,
) -> Result<()> {
    let keys = SharedKeySet::new();
    keys.replace([key]);
    let authenticator = Authenticator::new(
        keys,
        common.tokens.clone(),
        common.clocks.register.clone(),
        Revocations::new(),
    );
    Server::new(common, life, authenticator, Vec::leak(descriptors()))
        .allow(&[Allow::new(ECHO, &[Rule::Client("verify")])])
        .service(Echo(Bytes::from(vec![b'e'; size])))
        .start()
        .await?;
    Ok(())
}

/// What the allow list is checked against.
fn descriptors() -> Vec<u8> {
    let method = MethodDescriptorProto {
        name: Some("Echo".to_owned()),
        input_type: Some(".google.protobuf.BytesValue".to_owned()),
        output_type: Some(".google.protobuf.BytesValue".to_owned()),
        ..Default::default()
    };
    let service = ServiceDescriptorProto {
        name: Some("EchoService".to_owned()),
        method: vec![method],
        ..Default::default()
    };
    let file = FileDescriptorProto {
        name: Some("echo.proto".to_owned()),
        package: Some("jianzheng.load.v1".to_owned()),
        service: vec![service],
        ..Default::default()
    };
    FileDescriptorSet { file: vec![file] }.encode_to_vec()
}

/// Answers `size` bytes at the clients' gate of a configuration, with nothing around it.
pub(super) async fn serve_bare(common: &Common, size: usize, life: &Lifecycle) -> Result<()> {
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
    let file = common.listen.address_file.as_ref().context("an address file")?;
    let fresh = file.with_extension("tmp");
    std::fs::write(&fresh, format!("clients {address}\n"))?;
    Ok(std::fs::rename(fresh, file)?)
}
