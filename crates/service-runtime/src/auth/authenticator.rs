use std::{sync::Arc, time::Duration};

use aws_lc_rs::digest;
use jiff::Timestamp;
use moka::sync::Cache;

use super::{Allow, Caller, Claims, KeySet, LONGEST_LIFETIME, Revocations, TokenKind, token};
use crate::{
    clock::{Clock, RegisterClock},
    config::Tokens,
    error::{PEER_IDENTITY_INVALID, Reason, TOKEN_EXPIRED, TOKEN_INVALID, TOKEN_UNBOUND},
    tls::{Peer, PeerIdentity, Thumbprint},
};

/// How long a verified token is taken on trust; expiry and revocation are looked at on every call all the same.
const CACHED_FOR: Duration = Duration::from_secs(60);
const MOST_CACHED: u64 = 100_000;

/// Verifies tokens. Cheap to clone; all clones share one cache.
#[derive(Clone)]
pub struct Authenticator(Arc<Parts>);

struct Parts {
    keys: Box<dyn KeySet>,
    tokens: Tokens,
    clock: RegisterClock,
    revocations: Revocations,
    verified: Cache<([u8; 32], Thumbprint), Arc<Claims>>,
}

impl Authenticator {
    /// Accepts the tokens of `tokens.issuer` for `tokens.audience` that `keys` verify and `revocations` do not name,
    /// by the register clock.
    pub fn new(
        keys: impl KeySet + 'static,
        tokens: Tokens,
        clock: RegisterClock,
        revocations: Revocations,
    ) -> Self {
        let verified = Cache::builder()
            .max_capacity(MOST_CACHED)
            .time_to_live(CACHED_FOR)
            .build();
        Self(Arc::new(Parts {
            keys: Box::new(keys),
            tokens,
            clock,
            revocations,
            verified,
        }))
    }

    /// Decides on one call: who it is, and whether `allow` lets them in.
    pub fn admit(
        &self,
        allow: &Allow,
        peer: Option<&Arc<Peer>>,
        token: Option<&str>,
    ) -> Result<Caller, Reason> {
        if peer.is_some_and(|peer| self.0.revocations.has_certificate(&peer.thumbprint)) {
            return Err(PEER_IDENTITY_INVALID);
        }
        let now = self.0.clock.now();
        let claims = token.map(|token| self.verify(token, peer, now)).transpose()?;
        let scope = allow.admit(peer.map(AsRef::as_ref), claims.as_deref(), now)?;
        Ok(Caller::new(peer.cloned(), claims, scope))
    }

    /// Why a stream that was let in must end now, if it must: its session or certificate was revoked, or its token
    /// ended so long ago that no download can still be under way.
    pub(super) fn must_end(&self, caller: &Caller) -> Option<Reason> {
        let revocations = &self.0.revocations;
        if caller
            .certificate()
            .is_some_and(|peer| revocations.has_certificate(&peer.thumbprint))
        {
            return Some(PEER_IDENTITY_INVALID);
        }
        let claims = caller.claims()?;
        if revocations.has_session(&claims.sid) {
            return Some(TOKEN_INVALID);
        }
        let latest = self
            .0
            .clock
            .now()
            .checked_sub(LONGEST_LIFETIME)
            .unwrap_or(Timestamp::MIN);
        claims.is_expired(latest).then_some(TOKEN_EXPIRED)
    }

    fn verify(&self, token: &str, peer: Option<&Arc<Peer>>, now: Timestamp) -> Result<Arc<Claims>, Reason> {
        let peer = peer.ok_or(TOKEN_UNBOUND)?;
        let mut key = ([0; 32], peer.thumbprint);
        key.0
            .copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
        let claims = match self.0.verified.get(&key) {
            Some(claims) => claims,
            None => {
                let claims = self.verify_afresh(token, peer)?;
                self.0.verified.insert(key, Arc::clone(&claims));
                claims
            }
        };
        if claims.is_expired(now) {
            return Err(TOKEN_EXPIRED);
        }
        let skew = self.0.tokens.clock_skew.as_secs().cast_signed();
        let latest = now.as_second().saturating_add(skew);
        if claims.iat > latest || self.0.revocations.has_session(&claims.sid) {
            return Err(TOKEN_INVALID);
        }
        Ok(claims)
    }

    fn verify_afresh(&self, token: &str, peer: &Peer) -> Result<Arc<Claims>, Reason> {
        let Tokens { issuer, audience, .. } = &self.0.tokens;
        let claims = token::decode(token, self.0.keys.as_ref(), issuer, audience)?;
        let bound = claims.is_bound_to(peer.thumbprint) && may_carry(&peer.identity, &claims);
        if bound {
            Ok(Arc::new(claims))
        } else {
            Err(TOKEN_UNBOUND)
        }
    }
}

/// A client carries its own tokens and those of holders for whom it was let act; a service those of people.
fn may_carry(peer: &PeerIdentity, claims: &Claims) -> bool {
    match (peer, claims.kind) {
        (PeerIdentity::Client { name }, TokenKind::Client) => *name == claims.sub,
        (PeerIdentity::Client { name }, TokenKind::Holder | TokenKind::Officer) => {
            claims.act.as_deref() == Some(name.as_str())
        }
        (PeerIdentity::Nation { .. } | PeerIdentity::Province { .. }, kind) => {
            kind != TokenKind::Client && claims.act.is_none()
        }
    }
}
