use std::{fmt, sync::Arc};

use jiff::Timestamp;
use uuid::Uuid;

use super::{Claims, Scope};
use crate::{
    error::{CALLER_NOT_ALLOWED, Refusal},
    tls::{Peer, PeerIdentity},
};

/// Who calls, verified. Only the authentication layer makes one; it stands in the extensions of each request.
#[derive(Clone)]
pub struct Caller(Arc<Verified>);

struct Verified {
    peer: Option<Arc<Peer>>,
    claims: Option<Arc<Claims>>,
    scope: Scope,
}

impl Caller {
    pub(super) fn new(peer: Option<Arc<Peer>>, claims: Option<Arc<Claims>>, scope: Scope) -> Self {
        Self(Arc::new(Verified { peer, claims, scope }))
    }

    /// The caller of a request.
    pub fn of<T>(request: &tonic::Request<T>) -> Result<&Self, Refusal> {
        // Absent only where a route was mounted without the layer: closed.
        request
            .extensions()
            .get::<Self>()
            .ok_or_else(|| Refusal::new(CALLER_NOT_ALLOWED))
    }

    /// Whose rows the call may touch.
    pub fn scope(&self) -> &Scope {
        &self.0.scope
    }

    /// The process at the other end of the connection; none at the public gate.
    pub fn peer(&self) -> Option<&PeerIdentity> {
        self.0.peer.as_ref().map(|peer| &peer.identity)
    }

    /// The connection's certificate and identity, to bind new tokens to.
    pub fn certificate(&self) -> Option<&Peer> {
        self.0.peer.as_deref()
    }

    /// What the token says, if one was sent.
    pub fn claims(&self) -> Option<&Claims> {
        self.0.claims.as_deref()
    }

    /// The account, for people.
    pub fn account(&self) -> Option<Uuid> {
        self.claims().and_then(|claims| claims.account)
    }

    /// The session, for callers with a token.
    pub fn session(&self) -> Option<Uuid> {
        self.claims().map(|claims| claims.sid)
    }

    /// The client that acts for the subject by a holder assertion, for audits.
    pub fn acting_client(&self) -> Option<&str> {
        self.claims().and_then(|claims| claims.act.as_deref())
    }

    /// When a second factor was last proved on demand.
    pub fn stepped_up_at(&self) -> Option<Timestamp> {
        self.claims()
            .and_then(|claims| claims.step_up_at)
            .and_then(|at| Timestamp::from_second(at).ok())
    }

    /// A stable name for audits and for telling one caller's request ids from another's: `account/…`, `client/…`,
    /// the identity of a service, or `public`.
    pub fn name(&self) -> String {
        match (self.claims(), self.peer()) {
            (
                Some(Claims {
                    account: Some(account),
                    ..
                }),
                _,
            ) => format!("account/{account}"),
            (Some(claims), _) => format!("client/{}", claims.sub),
            (None, Some(PeerIdentity::Client { name })) => format!("client/{name}"),
            (None, Some(identity)) => identity.to_string(),
            (None, None) => "public".to_owned(),
        }
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("peer", &self.peer())
            .field("claims", &self.0.claims)
            .finish_non_exhaustive()
    }
}
