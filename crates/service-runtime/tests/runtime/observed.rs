//! What is seen of a call: one trace across processes, counts by method and code, and what a collector receives.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use opentelemetry::{global, trace::TracerProvider};
use opentelemetry_sdk::{
    metrics::{InMemoryMetricExporter, SdkMeterProvider, data::AggregatedMetrics, data::MetricData},
    propagation::TraceContextPropagator,
    trace::{InMemorySpanExporter, SdkTracerProvider},
};
use parking_lot::Mutex;
use service_runtime::{
    Lifecycle, config,
    lifecycle::Ending,
    telemetry::{Telemetry, gauge},
};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Status, body::Body, server::NamedService};
use tracing::Instrument;
use tracing_subscriber::layer::SubscriberExt;

use crate::{
    echo::{Ask, FAIL, WHO},
    world::World,
};

#[tokio::test]
async fn one_trace_crosses_from_caller_to_service() {
    let exported = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exported.clone())
        .build();
    global::set_text_map_propagator(TraceContextPropagator::new());
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    // Everything here runs on this one thread.
    let _on = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));

    let world = World::new();
    let node = world.start().await;
    let portal = world.portal(&node);
    let span = tracing::info_span!("portal page");
    Ask::to(WHO).of(&portal).instrument(span).await.expect("answered");

    let spans = exported.get_finished_spans().expect("exported");
    let page = spans
        .iter()
        .find(|span| span.name == "portal page")
        .expect("the caller's span");
    let call = spans
        .iter()
        .find(|span| span.name == WHO)
        .expect("the service's span");
    assert_eq!(call.span_context.trace_id(), page.span_context.trace_id());
    assert_eq!(call.parent_span_id, page.span_context.span_id());
    assert!(call.parent_span_is_remote);
}

#[tokio::test]
async fn calls_are_counted_by_method_and_code() {
    let exported = InMemoryMetricExporter::default();
    let provider = SdkMeterProvider::builder()
        .with_periodic_exporter(exported.clone())
        .build();
    global::set_meter_provider(provider.clone());

    let world = World::new();
    let node = world.start().await;
    let portal = world.portal(&node);
    Ask::to(WHO).of(&portal).await.expect("answered");
    Ask::to(FAIL)
        .saying("refusal")
        .of(&portal)
        .await
        .expect_err("refused");
    Ask::to("/made.up/Method").of(&portal).await.expect_err("unknown");
    provider.force_flush().expect("flushed");

    let mut counted = Vec::new();
    for resource in exported.get_finished_metrics().expect("exported") {
        for metric in resource.scope_metrics().flat_map(|scope| scope.metrics()) {
            let AggregatedMetrics::U64(MetricData::Sum(sum)) = metric.data() else {
                continue;
            };
            counted.extend(sum.data_points().map(|point| {
                let mut labels: Vec<String> = point
                    .attributes()
                    .map(|label| format!("{}={}", label.key, label.value))
                    .collect();
                labels.sort();
                (labels.join(" "), point.value())
            }));
        }
    }
    // Other tests of this process may have called as well.
    let count = |label: &str| {
        counted
            .iter()
            .find(|(labels, _)| labels == label)
            .map_or(0, |(_, count)| *count)
    };
    for label in [
        &format!("code=0 rpc.method={WHO}"),
        "code=12 rpc.method=unknown",
        &format!("code=5 rpc.method={FAIL}"),
    ] {
        assert!(count(label) >= 1, "{label} in {counted:?}");
    }
    assert!(
        !counted.iter().any(|(labels, _)| labels.contains("made.up")),
        "callers make no names up"
    );
}

/// A collector that keeps what it is sent, as bytes.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Received>>);

/// The path and the body of each export.
type Received = Vec<(String, Vec<u8>)>;

impl tower::Service<http::Request<Body>> for Collector {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let kept = Arc::clone(&self.0);
        Box::pin(async move {
            let path = request.uri().path().to_owned();
            let bytes = request
                .into_body()
                .collect()
                .await
                .expect("a body")
                .to_bytes()
                .to_vec();
            kept.lock().push((path, bytes));
            // One empty message: the answer of a collector that took everything.
            let trailers = http::HeaderMap::from_iter([(Status::GRPC_STATUS, "0".parse().expect("a value"))]);
            let body = Full::new(Bytes::from_static(&[0; 5])).with_trailers(async { Some(Ok(trailers)) });
            let response = http::Response::builder().header("content-type", "application/grpc");
            Ok(response
                .body(Body::new(body.map_err(|never| match never {})))
                .expect("a response"))
        })
    }
}

impl NamedService for Collector {
    const NAME: &'static str = "opentelemetry.proto.collector.trace.v1.TraceService";
}

#[derive(Clone)]
struct Measures(Collector);

impl tower::Service<http::Request<Body>> for Measures {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = <Collector as tower::Service<http::Request<Body>>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        self.0.call(request)
    }
}

impl NamedService for Measures {
    const NAME: &'static str = "opentelemetry.proto.collector.metrics.v1.MetricsService";
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_collector_gets_traces_and_metrics_without_personal_data() {
    const DOCUMENT: &str = "11010519491231002X";
    let collector = Collector::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let life = Lifecycle::new();
    let served = tonic::transport::Server::builder()
        .add_service(collector.clone())
        .add_service(Measures(collector.clone()))
        .serve_with_incoming_shutdown(
            TcpListenerStream::new(listener),
            life.soft().clone().cancelled_owned(),
        );
    life.spawn("collector", served);

    let config = config::Telemetry {
        log: "off".to_owned(),
        otlp: Some(format!("http://{address}")),
        sample: 1.0,
    };
    let telemetry = Telemetry::start(&config, "echo", &[]).expect("started");
    assert!(
        Telemetry::start(&config, "echo", &[]).is_err(),
        "once in a process"
    );
    tracing::info_span!("look up", document = DOCUMENT, province = "32").in_scope(|| {
        tracing::info!(document = DOCUMENT, "looked up {DOCUMENT}");
    });
    gauge("outbox.depth", "{row}", "changes not yet sent").record(3.0, &[("province", "32")]);
    tokio::task::spawn_blocking(|| telemetry.flush())
        .await
        .expect("flushed");

    let kept = collector.0.lock().clone();
    let holds = |path: &str, text: &str| {
        kept.iter()
            .any(|(of, bytes)| of.contains(path) && bytes.windows(text.len()).any(|it| it == text.as_bytes()))
    };
    assert!(
        holds("TraceService", "look up") && holds("TraceService", "looked up ***"),
        "{kept:?}"
    );
    assert!(holds("TraceService", "province"));
    let paths: Vec<&String> = kept.iter().map(|(path, _)| path).collect();
    assert!(holds("MetricsService", "outbox.depth"), "{paths:?}");
    assert!(!holds("", DOCUMENT) && !holds("", "document"));
    assert_eq!(
        life.drain(std::time::Duration::from_secs(10)).await,
        Ending::Drained
    );
}
