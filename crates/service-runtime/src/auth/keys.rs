use std::{collections::HashMap, sync::Arc};

use arc_swap::ArcSwap;
use jsonwebtoken::DecodingKey;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

/// A key that verifies access tokens.
pub type VerifyingKey = Arc<DecodingKey>;

/// Where the keys that verify access tokens come from. Looked at on the hot path: it must answer from memory.
pub trait KeySet: Send + Sync {
    /// The key with id `kid`. A set that misses one may take it as a hint to refresh itself.
    fn key(&self, kid: &str) -> Option<VerifyingKey>;

    /// Whether no key is known yet, so that a missing key is no fault of the token.
    fn is_empty(&self) -> bool;
}

/// A public key of `identity` as it travels (RFC 7517, P-256 only).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicJwk {
    /// The key's id.
    pub kid: String,
    /// Always `EC`.
    pub kty: String,
    /// Always `P-256`.
    pub crv: String,
    /// Always `ES256`.
    pub alg: String,
    /// The point, base64url.
    pub x: String,
    /// The point, base64url.
    pub y: String,
}

impl PublicJwk {
    fn decode(&self) -> Option<VerifyingKey> {
        let fits = self.kty == "EC" && self.crv == "P-256" && self.alg == "ES256";
        fits.then(|| {
            DecodingKey::from_ec_components(&self.x, &self.y)
                .ok()
                .map(Arc::new)
        })?
    }
}

/// The key set of `identity`, refreshed by the service that uses it. Cheap to clone; all clones are one set.
#[derive(Clone, Default)]
pub struct SharedKeySet(Arc<Keys>);

#[derive(Default)]
struct Keys {
    by_kid: ArcSwap<HashMap<String, VerifyingKey>>,
    missed: Notify,
}

impl SharedKeySet {
    /// An empty set: tokens are answered with `TOKEN_KEYS_MISSING` until the first [`SharedKeySet::replace`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts `keys` in place of the present ones. Keys of another kind are left out; returns how many were taken.
    pub fn replace<'a>(&self, keys: impl IntoIterator<Item = &'a PublicJwk>) -> usize {
        let keys: HashMap<_, _> = keys
            .into_iter()
            .filter_map(|key| Some((key.kid.clone(), key.decode()?)))
            .collect();
        let taken = keys.len();
        self.0.by_kid.store(Arc::new(keys));
        taken
    }

    /// Returns when a token named a key that is not in the set: the time to fetch it again.
    pub async fn missed(&self) {
        self.0.missed.notified().await;
    }
}

impl KeySet for SharedKeySet {
    fn key(&self, kid: &str) -> Option<VerifyingKey> {
        let key = self.0.by_kid.load().get(kid).cloned();
        if key.is_none() {
            self.0.missed.notify_one();
        }
        key
    }

    fn is_empty(&self) -> bool {
        self.0.by_kid.load().is_empty()
    }
}

/// The key set of a service that takes no tokens.
#[derive(Debug, Clone, Copy)]
pub struct NoKeys;

impl KeySet for NoKeys {
    fn key(&self, _kid: &str) -> Option<VerifyingKey> {
        None
    }

    fn is_empty(&self) -> bool {
        false
    }
}
