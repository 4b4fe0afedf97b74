use std::{
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};

use futures_util::future::Either;
use http::{Request, Response, header::AUTHORIZATION};
use tonic::body::Body;
use tower::{Layer, Service};

use super::{AllowList, Authenticator, Caller};
use crate::{
    error::{METHOD_UNKNOWN, PEER_IDENTITY_INVALID, Reason, TOKEN_INVALID},
    server::Door,
    tls::Connection,
};

/// Whom a call was admitted for, left by this layer for the one that watches the answer: a long stream must not outlive
/// the right to it.
#[derive(Default)]
pub(crate) struct Admission(OnceLock<(Authenticator, Caller)>);

impl Admission {
    fn fill(&self, authenticator: Authenticator, caller: Caller) {
        // Filled once per call; a second layer would admit the same caller.
        let _same = self.0.set((authenticator, caller));
    }

    /// Why the stream must end now, if it must.
    pub(crate) fn ended(&self) -> Option<Reason> {
        self.0
            .get()
            .and_then(|(authenticator, caller)| authenticator.must_end(caller))
    }
}

/// Lets a call through to its method with a [`Caller`] in its extensions, or answers why not.
#[derive(Clone)]
pub(crate) struct AuthLayer {
    allow: Arc<AllowList>,
    authenticator: Authenticator,
    door: Option<Door>,
}

impl AuthLayer {
    pub(crate) fn new(allow: Arc<AllowList>, authenticator: Authenticator, door: Option<Door>) -> Self {
        Self {
            allow,
            authenticator,
            door,
        }
    }

    fn admit<B>(&self, request: &Request<B>) -> Result<Caller, Reason> {
        let connection = request
            .extensions()
            .get::<Connection>()
            .ok_or(PEER_IDENTITY_INVALID)?;
        let allow = self.allow.find(request.uri().path()).ok_or(METHOD_UNKNOWN)?;
        let mut headers = request.headers().get_all(AUTHORIZATION).iter();
        let token = match (headers.next(), headers.next()) {
            (None, _) => None,
            (Some(value), None) => {
                let token = value
                    .to_str()
                    .ok()
                    .and_then(|value| value.strip_prefix("Bearer "));
                Some(token.ok_or(TOKEN_INVALID)?)
            }
            (Some(_), Some(_)) => return Err(TOKEN_INVALID),
        };
        let caller = self.authenticator.admit(allow, connection.peer.as_ref(), token)?;
        // Whoever may not come in is not told how things stand inside.
        match self.door.as_ref().and_then(|door| door(request.uri().path())) {
            Some(closed) => Err(closed),
            None => Ok(caller),
        }
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = Auth<S>;

    fn layer(&self, inner: S) -> Auth<S> {
        Auth {
            layer: self.clone(),
            inner,
        }
    }
}

#[derive(Clone)]
pub(crate) struct Auth<S> {
    layer: AuthLayer,
    inner: S,
}

impl<S> Service<Request<Body>> for Auth<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Either<S::Future, std::future::Ready<Result<Response<Body>, S::Error>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        // What a client sends is no extension, but a caller must never be able to bring its own.
        request.extensions_mut().remove::<Caller>();
        match self.layer.admit(&request) {
            Ok(caller) => {
                request.headers_mut().remove(AUTHORIZATION);
                if let Some(admission) = request.extensions().get::<Arc<Admission>>() {
                    admission.fill(self.layer.authenticator.clone(), caller.clone());
                }
                request.extensions_mut().insert(caller);
                Either::Left(self.inner.call(request))
            }
            Err(reason) => {
                tracing::debug!(reason = reason.name, "refused");
                Either::Right(std::future::ready(Ok(reason.refusal().into_status().into_http())))
            }
        }
    }
}
