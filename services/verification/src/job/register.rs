//! Reads the feed from the last position, for ever.

use std::pin::pin;
use std::time::Duration;

use tokio_stream::StreamExt as _;

use crate::deps::Deps;
use crate::error::Error;
use crate::peer::issuance::Issuance;

/// Before the feed is asked for again.
const PAUSE: Duration = Duration::from_millis(100);
/// A feed that has been silent for so long is dead: its heart beats every 300 ms.
const SILENCE: Duration = Duration::from_secs(5);

/// Follows until dropped.
pub(super) async fn follow(deps: &Deps, issuance: &Issuance) {
    loop {
        if let Err(error) = follow_once(deps, issuance).await {
            let position = deps.model.marks.position();
            tracing::warn!(%error, position, job = "follow_register", "the feed of the register ended");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn follow_once(deps: &Deps, issuance: &Issuance) -> Result<(), Error> {
    let feed = issuance.watch_changes(deps.model.marks.position()).await?;
    let mut feed = pin!(feed.timeout(SILENCE));
    while let Some(message) = feed.next().await {
        let message = message.map_err(|_| Error::internal("the feed is silent"))??;
        deps.model.apply(message).map_err(Error::internal)?;
    }
    Ok(())
}
