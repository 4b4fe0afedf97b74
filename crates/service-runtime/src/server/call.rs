use std::{
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::FutureExt;
use http::{Request, Response};
use tokio::sync::Semaphore;
use tonic::body::Body;
use tower::{Layer, Service};
use tracing::{Instrument, Span, field::Empty};

use super::{Deadline, answer};
use crate::{
    auth::{Admission, AllowList},
    config::Limits,
    error::{DEADLINE_EXCEEDED, DRAINING, OVERLOADED, Refusal},
    lifecycle::{Lifecycle, panic_text},
    telemetry::{self, Calls},
    tls::Connection,
};

const RETRY_WHEN_OVERLOADED: Duration = Duration::from_millis(200);

/// What a method that nobody knows is called in telemetry, so that callers cannot make names up.
const UNKNOWN: &str = "unknown";

/// Everything around one call but who makes it.
#[derive(Clone)]
pub(super) struct CallLayer(Arc<Shared>);

pub(super) struct Shared {
    limits: Limits,
    places: Arc<Semaphore>,
    methods: Arc<AllowList>,
    life: Lifecycle,
    calls: Calls,
}

impl CallLayer {
    pub(super) fn new(limits: Limits, methods: Arc<AllowList>, life: Lifecycle) -> Self {
        let places = Arc::new(Semaphore::new(limits.in_flight));
        Self(Arc::new(Shared {
            limits,
            places,
            methods,
            life,
            calls: Calls::new(),
        }))
    }
}

impl<S> Layer<S> for CallLayer {
    type Service = Call<S>;

    fn layer(&self, inner: S) -> Call<S> {
        Call {
            shared: Arc::clone(&self.0),
            inner,
        }
    }
}

#[derive(Clone)]
pub(super) struct Call<S> {
    shared: Arc<Shared>,
    inner: S,
}

impl<S> Service<Request<Body>> for Call<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: std::fmt::Display,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let shared = Arc::clone(&self.shared);
        let method = shared.methods.known(request.uri().path()).unwrap_or(UNKNOWN);
        let ending = answer::Ending::begun(method, shared.calls.clone(), span(method, &request));
        let Ok(place) = Arc::clone(&shared.places).try_acquire_owned() else {
            let refusal = Refusal::new(OVERLOADED).retry_after(RETRY_WHEN_OVERLOADED);
            return Box::pin(async move { Ok(answer::refused(refusal, ending)) });
        };
        let deadline = Deadline::of_call(request.headers(), &shared.limits);
        request.extensions_mut().insert(deadline);
        let admission = Arc::new(Admission::default());
        request.extensions_mut().insert(Arc::clone(&admission));
        // A panic while the future is made counts as one while it runs.
        let answered = std::panic::catch_unwind(AssertUnwindSafe(|| {
            let _entered = ending.span().enter();
            self.inner.call(request)
        }));
        let span = ending.span().clone();
        Box::pin(async move {
            let answered = async move {
                match answered {
                    Ok(answered) => AssertUnwindSafe(answered).catch_unwind().await,
                    Err(panic) => Err(panic),
                }
            };
            let answered = answered.instrument(span.clone());
            // The answer first: waiting to be cut off costs a lock that all calls share, and short answers never do.
            let outcome = tokio::select! {
                biased;
                outcome = tokio::time::timeout_at(deadline.0, answered) => outcome,
                () = shared.life.hard().cancelled() => return Ok(answer::refused(DRAINING.refusal(), ending)),
            };
            drop(place);
            let _entered = span.enter();
            Ok(match outcome {
                Ok(Ok(Ok(response))) => answer::guard(response, ending, admission, &shared.life),
                Ok(Ok(Err(error))) => answer::refused(Refusal::internal(error), ending),
                Ok(Err(panic)) => answer::refused(
                    Refusal::internal(format_args!("panic: {}", panic_text(panic.as_ref()))),
                    ending,
                ),
                Err(_) => answer::refused(DEADLINE_EXCEEDED.refusal(), ending),
            })
        })
    }
}

fn span(method: &'static str, request: &Request<Body>) -> Span {
    let connection = request.extensions().get::<Connection>();
    let peer = connection.and_then(|connection| connection.peer.as_ref());
    let span = tracing::info_span!(
        "call",
        otel.name = method,
        otel.kind = "server",
        rpc.system = "grpc",
        rpc.method = method,
        listener = connection.map(|connection| connection.gate.name()),
        peer = peer.map(|peer| tracing::field::display(&peer.identity)),
        trace_id = telemetry::incoming_trace_id(request.headers()),
        code = Empty,
    );
    telemetry::adopt_parent(&span, request.headers());
    span
}
