//! A service to call. Messages are plain strings.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{Request, Response};
use prost::Message;
use prost_types::{FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto, ServiceDescriptorProto};
use service_runtime::{
    Caller, Lifecycle, Refusal,
    auth::{Allow, Rule},
    error::NOT_FOUND,
    tls::PeerChannel,
};
use tokio::sync::Notify;
use tokio_stream::Stream;
use tonic::{
    Status,
    body::Body,
    server::{Grpc, NamedService, ServerStreamingService, UnaryService},
};
use tonic_prost::ProstCodec;
use tower::Service;

pub(crate) const WHO: &str = "/jianzheng.echo.v1.EchoService/Who";
pub(crate) const OWN: &str = "/jianzheng.echo.v1.EchoService/Own";
pub(crate) const HOLD: &str = "/jianzheng.echo.v1.EchoService/Hold";
pub(crate) const FAIL: &str = "/jianzheng.echo.v1.EchoService/Fail";
pub(crate) const FEED: &str = "/jianzheng.echo.v1.EchoService/Feed";

const ANY_PROCESS: &[Rule] = &[
    Rule::Service("portal"),
    Rule::ProvinceService("registration"),
    Rule::ClientCertificate,
];

pub(crate) const ALLOW: &[Allow] = &[
    Allow::new(
        WHO,
        &[
            Rule::Service("portal"),
            Rule::ProvinceService("registration"),
            Rule::Public,
        ],
    ),
    Allow::new(OWN, &[Rule::Holder]),
    Allow::new(HOLD, ANY_PROCESS),
    Allow::new(FAIL, ANY_PROCESS),
    Allow::new(FEED, &[Rule::Holder, Rule::Service("portal")]),
];

/// The encoded descriptors of the service.
pub(crate) fn descriptors() -> &'static [u8] {
    let method = |name: &str, streams| MethodDescriptorProto {
        name: Some(name.to_owned()),
        input_type: Some(".google.protobuf.StringValue".to_owned()),
        output_type: Some(".google.protobuf.StringValue".to_owned()),
        server_streaming: Some(streams),
        ..Default::default()
    };
    let service = ServiceDescriptorProto {
        name: Some("EchoService".to_owned()),
        method: vec![
            method("Who", false),
            method("Own", false),
            method("Hold", false),
            method("Fail", false),
            method("Feed", true),
        ],
        ..Default::default()
    };
    let file = FileDescriptorProto {
        name: Some("echo.proto".to_owned()),
        package: Some("jianzheng.echo.v1".to_owned()),
        service: vec![service],
        ..Default::default()
    };
    Vec::leak(FileDescriptorSet { file: vec![file] }.encode_to_vec())
}

#[derive(Clone)]
pub(crate) struct Echo {
    pub(crate) life: Lifecycle,
    /// Told when a call to `Hold` has begun.
    pub(crate) entered: Arc<Notify>,
    /// Lets a call to `Hold` end, and the next message of a `paced` feed out.
    pub(crate) release: Arc<Notify>,
}

impl Echo {
    pub(crate) fn new(life: &Lifecycle) -> Self {
        Self {
            life: life.clone(),
            entered: Arc::default(),
            release: Arc::default(),
        }
    }

    async fn answer(self, method: String, request: tonic::Request<String>) -> Result<String, Status> {
        let caller = Caller::of(&request)?;
        match method.as_str() {
            WHO => Ok(caller.name()),
            OWN => Ok(caller.scope().require_person()?.to_string()),
            HOLD => {
                self.entered.notify_one();
                self.release.notified().await;
                Ok("held".to_owned())
            }
            _ => match request.get_ref().as_str() {
                "refusal" => Err(NOT_FOUND.refusal().metadata("state", "DRAFT").into()),
                "database" => Err(Refusal::internal("relation person does not exist").into()),
                "bare" => Err(Status::internal("relation person does not exist")),
                "panic" => panic!("relation person does not exist"),
                other => Ok(other.to_owned()),
            },
        }
    }
}

type BoxedFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type Feed = Pin<Box<dyn Stream<Item = Result<String, Status>> + Send>>;

struct Unary(Echo, String);

impl UnaryService<String> for Unary {
    type Response = String;
    type Future = BoxedFuture<Result<tonic::Response<String>, Status>>;

    fn call(&mut self, request: tonic::Request<String>) -> Self::Future {
        let answer = self.0.clone().answer(self.1.clone(), request);
        Box::pin(async move { answer.await.map(tonic::Response::new) })
    }
}

struct Streaming(Echo);

impl ServerStreamingService<String> for Streaming {
    type Response = String;
    type ResponseStream = Feed;
    type Future = BoxedFuture<Result<tonic::Response<Feed>, Status>>;

    fn call(&mut self, request: tonic::Request<String>) -> Self::Future {
        use futures_util::StreamExt;
        let first = tokio_stream::iter([Ok("first".to_owned())]);
        let feed: Feed = match request.into_inner().as_str() {
            "endless" => Box::pin(
                self.0
                    .life
                    .until_draining(first.chain(futures_util::stream::pending())),
            ),
            "paced" => {
                let release = Arc::clone(&self.0.release);
                let paced = futures_util::stream::unfold(release, |release| async move {
                    release.notified().await;
                    Some((Ok("next".to_owned()), release))
                });
                Box::pin(first.chain(paced))
            }
            "rude" => Box::pin(first.chain(futures_util::stream::pending())),
            "panic" => Box::pin(first.chain(futures_util::stream::poll_fn(|_| panic!("relation person")))),
            _ => Box::pin(first.chain(tokio_stream::iter([Err(Status::data_loss("relation person"))]))),
        };
        Box::pin(std::future::ready(Ok(tonic::Response::new(feed))))
    }
}

impl NamedService for Echo {
    const NAME: &'static str = "jianzheng.echo.v1.EchoService";
}

impl Service<Request<Body>> for Echo {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxedFuture<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let echo = self.clone();
        Box::pin(async move {
            let mut grpc = Grpc::new(ProstCodec::<String, String>::default())
                .apply_max_message_size_config(Some(1 << 16), None);
            let method = request.uri().path().to_owned();
            Ok(match method.as_str() {
                FEED => grpc.server_streaming(Streaming(echo), request).await,
                _ => grpc.unary(Unary(echo, method), request).await,
            })
        })
    }
}

/// A call to `method`, with a token if there is one, given up after `timeout` by the caller if there is one.
pub(crate) struct Ask<'a> {
    pub(crate) method: &'static str,
    pub(crate) text: &'a str,
    pub(crate) token: Option<&'a str>,
    pub(crate) timeout: Option<Duration>,
}

impl<'a> Ask<'a> {
    pub(crate) fn to(method: &'static str) -> Self {
        Self {
            method,
            text: "",
            token: None,
            timeout: None,
        }
    }

    pub(crate) fn saying(self, text: &'a str) -> Self {
        Self { text, ..self }
    }

    pub(crate) fn with_token(self, token: &'a str) -> Self {
        Self {
            token: Some(token),
            ..self
        }
    }

    pub(crate) fn within(self, timeout: Duration) -> Self {
        Self {
            timeout: Some(timeout),
            ..self
        }
    }

    fn request(&self) -> tonic::Request<String> {
        let mut request = tonic::Request::new(self.text.to_owned());
        if let Some(token) = self.token {
            let value = format!("Bearer {token}").parse().expect("a header");
            request.metadata_mut().insert("authorization", value);
        }
        if let Some(timeout) = self.timeout {
            request.set_timeout(timeout);
        }
        request
    }

    pub(crate) async fn of(self, channel: &PeerChannel) -> Result<String, Status> {
        let mut client = tonic::client::Grpc::new(channel.clone());
        client
            .ready()
            .await
            .map_err(|error| Status::unavailable(error.to_string()))?;
        let path = http::uri::PathAndQuery::from_static(self.method);
        let answer = client
            .unary(self.request(), path, ProstCodec::<String, String>::default())
            .await?;
        Ok(answer.into_inner())
    }

    pub(crate) async fn stream(self, channel: &PeerChannel) -> Result<tonic::Streaming<String>, Status> {
        let mut client = tonic::client::Grpc::new(channel.clone());
        client
            .ready()
            .await
            .map_err(|error| Status::unavailable(error.to_string()))?;
        let path = http::uri::PathAndQuery::from_static(self.method);
        let answer = client
            .server_streaming(self.request(), path, ProstCodec::<String, String>::default())
            .await?;
        Ok(answer.into_inner())
    }
}

/// Domain and name of the reason in an error.
pub(crate) fn reason<T: std::fmt::Debug>(outcome: Result<T, Status>) -> String {
    let status = outcome.expect_err("it must be refused");
    match service_runtime::error::reason_of(&status) {
        Some((domain, name)) => format!("{domain}/{name}"),
        None => format!("{:?}: {}", status.code(), status.message()),
    }
}
