//! What leaves: the answer to a call, whose error, if any, is one of our refusals, wherever it arises.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, Response};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::{Code, Status, body::Body};
use tracing::Span;

use crate::{
    auth::Admission,
    error::{DRAINING, Refusal, sanitize},
    lifecycle::{Lifecycle, panic_text},
    telemetry::Calls,
};

/// A call's count and span; recorded once, when the answer is complete or was given up.
pub(super) struct Ending {
    method: &'static str,
    calls: Calls,
    span: Span,
    begun: Instant,
    code: Code,
}

impl Ending {
    pub(super) fn begun(method: &'static str, calls: Calls, span: Span) -> Self {
        calls.begun(method);
        // Whoever gives a call up leaves this code behind.
        Self {
            method,
            calls,
            span,
            begun: Instant::now(),
            code: Code::Cancelled,
        }
    }

    pub(super) fn span(&self) -> &Span {
        &self.span
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.span.record("code", i32::from(self.code));
        let elapsed = self.begun.elapsed();
        self.calls.ended(self.method, self.code, elapsed);
        tracing::debug!(
            parent: &self.span,
            elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            "call ended"
        );
    }
}

/// The answer that refuses a call.
pub(super) fn refused(refusal: Refusal, mut ending: Ending) -> Response<Body> {
    ending.code = refusal.code();
    ending
        .span
        .in_scope(|| tracing::debug!(reason = refusal.name(), "refused"));
    refusal.into_status().into_http()
}

/// Lets an answer out under watch.
pub(super) fn guard(
    response: Response<Body>,
    mut ending: Ending,
    admission: Arc<Admission>,
    life: &Lifecycle,
) -> Response<Body> {
    if let Some(status) = status_of(&response) {
        let status = sanitize(&status).map_or(status, Refusal::into_status);
        ending.code = status.code();
        // Without a body: errors known before the first message travel in the headers.
        return if status.code() == Code::Ok {
            response
        } else {
            status.into_http()
        };
    }
    // Watching health and reflecting have no end of their own and must not delay draining.
    let endless = ending.method.starts_with("/grpc.");
    let stop = if endless { life.soft() } else { life.hard() };
    response.map(|inner| {
        Body::new(Guarded {
            inner,
            ending,
            stop: Stop::Token(stop.clone()),
            admission,
            done: false,
        })
    })
}

fn status_of(response: &Response<Body>) -> Option<Status> {
    let given = response.extensions().get::<Status>().cloned();
    given.or_else(|| Status::from_header_map(response.headers()))
}

/// A response body whose trailers are watched and which ends when the process must.
struct Guarded {
    inner: Body,
    ending: Ending,
    stop: Stop,
    admission: Arc<Admission>,
    done: bool,
}

/// Waiting costs a lock, so it begins with the first pause in the body: short answers never pay.
enum Stop {
    Token(CancellationToken),
    Waiting(Pin<Box<WaitForCancellationFutureOwned>>),
}

impl Stop {
    fn has_waited(&self) -> bool {
        matches!(self, Self::Waiting(_))
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Self::Token(token) = self {
            *self = Self::Waiting(Box::pin(token.clone().cancelled_owned()));
        }
        match self {
            Self::Waiting(cancelled) => cancelled.as_mut().poll(cx),
            Self::Token(_) => Poll::Pending,
        }
    }
}

impl HttpBody for Guarded {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.done {
            return Poll::Ready(None);
        }
        // A stream that panics must not take the other calls of its connection down.
        let inner = AssertUnwindSafe(|| Pin::new(&mut self.inner).poll_frame(cx));
        let polled = std::panic::catch_unwind(inner);
        Poll::Ready(match polled {
            Ok(Poll::Ready(Some(Ok(frame)))) => match frame.into_trailers() {
                Ok(trailers) => Some(Ok(self.finish(trailers))),
                // Short answers, which never pause, are over before anything can be revoked.
                Err(frame) => Some(Ok(
                    match self.stop.has_waited().then(|| self.admission.ended()).flatten() {
                        Some(reason) => self.refuse(&reason.refusal().into_status()),
                        None => frame,
                    },
                )),
            },
            Ok(Poll::Ready(Some(Err(status)))) => {
                let status = sanitize(&status).map_or(status, Refusal::into_status);
                Some(Ok(self.refuse(&status)))
            }
            Ok(Poll::Ready(None)) => {
                self.done = true;
                None
            }
            Ok(Poll::Pending) if self.stop.poll(cx).is_pending() => return Poll::Pending,
            Ok(Poll::Pending) => Some(Ok(self.refuse(&DRAINING.refusal().into_status()))),
            Err(panic) => {
                let refusal = Refusal::internal(format_args!("panic: {}", panic_text(panic.as_ref())));
                Some(Ok(self.refuse(&refusal.into_status())))
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.done
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Guarded {
    fn finish(&mut self, trailers: HeaderMap) -> Frame<Bytes> {
        let Some(status) = Status::from_header_map(&trailers) else {
            return Frame::trailers(trailers);
        };
        match self.ending.span.in_scope(|| sanitize(&status)) {
            Some(refusal) => self.refuse(&refusal.into_status()),
            None => {
                self.done = true;
                self.ending.code = status.code();
                Frame::trailers(trailers)
            }
        }
    }

    fn refuse(&mut self, status: &Status) -> Frame<Bytes> {
        self.done = true;
        self.ending.code = status.code();
        let mut trailers = HeaderMap::new();
        if status.add_header(&mut trailers).is_err() {
            trailers.insert(Status::GRPC_STATUS, http::HeaderValue::from_static("13"));
        }
        Frame::trailers(trailers)
    }
}
