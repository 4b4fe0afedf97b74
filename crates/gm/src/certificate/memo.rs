//! Signature checks made once.

use std::sync::OnceLock;

use crate::{key::VerifyingKey, signature::InvalidSignature};

/// Keeps the outcome for the first issuer's key that was asked for. Sound because it lives and dies with immutable
/// bytes; long-lived intermediates and revocation lists are then verified once, not for every document.
#[derive(Default)]
pub(super) struct Memo(OnceLock<(VerifyingKey, Result<(), InvalidSignature>)>);

impl Memo {
    pub(super) fn check(
        &self,
        issuer: &VerifyingKey,
        verify: impl FnOnce() -> Result<(), InvalidSignature>,
    ) -> Result<(), InvalidSignature> {
        match self.0.get() {
            Some((key, outcome)) if key == issuer => *outcome,
            Some(_) => verify(),
            None => {
                let outcome = verify();
                // Whoever came first in a race is kept; the outcome for one key is always the same.
                let _ = self.0.set((issuer.clone(), outcome));
                outcome
            }
        }
    }
}
