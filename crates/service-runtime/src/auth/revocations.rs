use std::{collections::HashMap, sync::Arc};

use jiff::Timestamp;
use parking_lot::RwLock;
use uuid::Uuid;

use super::LONGEST_LIFETIME;
use crate::tls::Thumbprint;

/// What was revoked before its time, pushed by `identity`. Cheap to clone; all clones are one list.
///
/// A session need be remembered only as long as a token of it may live; a certificate until it is let in again.
#[derive(Debug, Clone, Default)]
pub struct Revocations(Arc<RwLock<Lists>>);

#[derive(Debug, Default)]
struct Lists {
    sessions: HashMap<Uuid, Timestamp>,
    certificates: HashMap<Thumbprint, Timestamp>,
}

impl Revocations {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends every token of `session` at once; `at` is when it was revoked, by the register clock.
    pub fn revoke_session(&self, session: Uuid, at: Timestamp) {
        self.0.write().sessions.insert(session, at);
    }

    /// Refuses every call over connections with this certificate.
    pub fn revoke_certificate(&self, thumbprint: Thumbprint, at: Timestamp) {
        self.0.write().certificates.insert(thumbprint, at);
    }

    /// Lets a certificate in again.
    pub fn restore_certificate(&self, thumbprint: &Thumbprint) {
        self.0.write().certificates.remove(thumbprint);
    }

    /// Whether the session was revoked.
    pub fn has_session(&self, session: &Uuid) -> bool {
        self.0.read().sessions.contains_key(session)
    }

    /// Whether the certificate was revoked.
    pub fn has_certificate(&self, thumbprint: &Thumbprint) -> bool {
        let lists = self.0.read();
        !lists.certificates.is_empty() && lists.certificates.contains_key(thumbprint)
    }

    /// Every session on the list, with when it was revoked.
    pub fn sessions(&self) -> Vec<(Uuid, Timestamp)> {
        self.0.read().sessions.iter().map(|(id, at)| (*id, *at)).collect()
    }

    /// Forgets sessions of which no token can be alive at `now`; returns how many are left. Two lifetimes, since the
    /// clocks of two processes may differ.
    pub fn forget_dead(&self, now: Timestamp) -> usize {
        let oldest = now.checked_sub(LONGEST_LIFETIME * 2).unwrap_or(Timestamp::MIN);
        let sessions = &mut self.0.write().sessions;
        sessions.retain(|_, at| *at >= oldest);
        sessions.len()
    }
}
