//! Keeps this process's knowledge of positions up with what other processes have done.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use service_runtime::Lifecycle;

use crate::deps::Deps;
use crate::store::exchange::watermark;
use crate::store::issuing::status;
use crate::store::log::sequence;

const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Looks until the life drains.
pub(super) async fn run(life: Lifecycle, deps: Arc<Deps>) -> Result<(), Infallible> {
    loop {
        if let Err(error) = follow(&deps).await {
            tracing::warn!(job = "follow_positions", %error, "positions cannot be read");
        }
        tokio::select! {
            () = life.soft().cancelled() => return Ok(()),
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

async fn follow(deps: &Deps) -> Result<(), postgres::Error> {
    for (province, sequence) in watermark::applied(&deps.read).await? {
        deps.positions.province(province).advance(sequence);
    }
    deps.positions
        .register()
        .advance(sequence::head(&deps.read).await?.position);
    if let Some(position) = status::reached(&deps.read).await? {
        deps.positions.statuses().advance(position);
    }
    Ok(())
}
