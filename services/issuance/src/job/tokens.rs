//! What verifies tokens, kept up to date from identity in the background: the service starts and serves without it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use service_runtime::auth::{Revocations, SharedKeySet};
use service_runtime::{Lifecycle, Refusal};

use crate::deps::Deps;

/// Keys change rarely; a token with an unknown one asks at once.
const REFRESH_EVERY: Duration = Duration::from_secs(300);
/// Between attempts, and between refreshes that unknown keys ask for.
const PAUSE: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// Fetches the key set until the life drains.
pub(super) async fn follow_keys(
    life: Lifecycle,
    deps: Arc<Deps>,
    keys: SharedKeySet,
) -> Result<(), Infallible> {
    let mut pause = FIRST_PAUSE;
    loop {
        let known = match deps.identity.key_set().await {
            Ok(set) => keys.replace(&set) > 0,
            Err(error) => {
                tracing::warn!(job = "token_keys", %error, "the key set stays as it was");
                false
            }
        };
        let refresh = async {
            tokio::time::sleep(if known { PAUSE } else { pause }).await;
            if known {
                let _ = tokio::time::timeout(REFRESH_EVERY, keys.missed()).await;
            }
        };
        tokio::select! {
            () = life.soft().cancelled() => return Ok(()),
            () = refresh => {}
        }
        pause = (pause * 2).min(PAUSE);
    }
}

/// Follows revocations until the life drains; after a break it goes on where it was.
pub(super) async fn follow_revocations(
    life: Lifecycle,
    deps: Arc<Deps>,
    revocations: Revocations,
) -> Result<(), Infallible> {
    let (mut after, mut pause) = (0, FIRST_PAUSE);
    loop {
        let follow = async {
            match follow(&deps, &revocations, &mut after).await {
                Ok(()) => {}
                Err(error) => tracing::warn!(job = "token_revocations", %error, "the feed was interrupted"),
            }
            tokio::time::sleep(pause).await;
        };
        tokio::select! {
            () = life.soft().cancelled() => return Ok(()),
            () = follow => {}
        }
        pause = (pause * 2).min(PAUSE);
    }
}

async fn follow(deps: &Deps, revocations: &Revocations, after: &mut u64) -> Result<(), Refusal> {
    let mut feed = deps.identity.revocations(*after).await?;
    while let Some(revoked) = feed.next().await {
        let revoked = revoked?;
        if let Some((session, at)) = revoked.session {
            revocations.revoke_session(session, at);
        }
        *after = revoked.number.max(*after);
        revocations.forget_dead(deps.now());
    }
    Ok(())
}
