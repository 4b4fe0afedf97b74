//! Token keys and revocations of `identity`.

use std::pin::pin;
use std::time::Duration;

use service_runtime::auth::{Revocations, SharedKeySet};
use service_runtime::clock::{Clock as _, RegisterClock};
use tokio_stream::StreamExt as _;

use crate::error::Error;
use crate::peer::identity::Identity;

/// Keys are fetched anew this often, and when a token names an unknown one.
const REFRESH: Duration = Duration::from_secs(60);
/// The least pause, whatever tokens name.
const PAUSE: Duration = Duration::from_secs(1);
/// Pause while no key is known at all.
const IMPATIENT: Duration = Duration::from_millis(100);

/// Refreshes the key set for ever.
pub(super) async fn keys(identity: &Identity, keys: &SharedKeySet) {
    let mut known = false;
    loop {
        match identity.keys().await {
            Ok(fetched) => known = keys.replace(&fetched) > 0,
            Err(error) => tracing::info!(%error, "token keys are not fetched"),
        }
        if known {
            let _missed = tokio::time::timeout(REFRESH, keys.missed()).await;
            tokio::time::sleep(PAUSE).await;
        } else {
            tokio::time::sleep(IMPATIENT).await;
        }
    }
}

/// Follows the revocations for ever, resuming by number.
pub(super) async fn revocations(identity: &Identity, revocations: &Revocations, clock: &RegisterClock) {
    let mut after = 0;
    loop {
        if let Err(error) = follow(identity, revocations, clock, &mut after).await {
            tracing::info!(%error, "revocations are not followed");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn follow(
    identity: &Identity,
    revocations: &Revocations,
    clock: &RegisterClock,
    after: &mut u64,
) -> Result<(), Error> {
    let mut feed = pin!(identity.revocations(*after).await?);
    while let Some(revocation) = feed.next().await {
        let revocation = revocation?;
        if let Some(session) = revocation.session {
            revocations.revoke_session(session, revocation.at);
        }
        *after = (*after).max(revocation.number);
        revocations.forget_dead(clock.now());
    }
    Ok(())
}
