//! What surrounds every page: access log, security headers, limits, and a net under panics.

use std::any::Any;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::app::Deps;
use crate::page::Problem;

/// Nothing but our own style sheet and pictures; forms only to ourselves; no frame, no script, no plug-in.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                              base-uri 'none'; frame-ancestors 'none'";

/// The same for a page that carries pictures in itself.
pub(crate) const PICTURES_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'",
);

const HEADERS: [(HeaderName, &str); 7] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=()",
    ),
];

/// Puts the security headers on every response; what names no cache policy is not kept anywhere.
pub(crate) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(CONTENT_POLICY));
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// One line and one span for each request: the pattern of its path, never the path; status and duration.
pub(crate) async fn log(request: Request, next: Next) -> Response {
    let pattern = request.extensions().get::<MatchedPath>();
    let verb = format!(
        "{} {}",
        request.method(),
        pattern.map_or("-", MatchedPath::as_str)
    );
    let begun = Instant::now();
    let span = tracing::info_span!("http", otel.name = verb, otel.kind = "server");
    let response = next.run(request).instrument(span.clone()).await;
    let code = response.status().as_u16();
    let elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| tracing::info!(verb, code, elapsed_ms, "answered"));
    response
}

/// Answers at most so many requests at a time.
pub(crate) async fn in_flight(State(deps): State<Deps>, request: Request, next: Next) -> Response {
    match deps.request_slots.try_acquire() {
        Ok(_slot) => next.run(request).await,
        Err(_) => Problem::Overloaded(None).into_response(),
    }
}

/// Gives up on a request that is not answered in time, usually because its body does not arrive.
pub(crate) async fn within(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::TooSlow.into_response(),
    }
}

/// A page instead of a broken connection. What the panic said may quote a visitor, so it stays unsaid here; the panic
/// hook has its place.
pub(crate) fn panicked(_panic: Box<dyn Any + Send>) -> Response {
    tracing::error!("a page panicked");
    Problem::Internal.into_response()
}
