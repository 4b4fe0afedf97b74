//! Background work. Each replica does all of it for itself.

mod access_records;
mod register;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use postgres::Database;
use service_runtime::Lifecycle;
use service_runtime::auth::TokenTrust;
use tokio::sync::mpsc;

use crate::deps::Deps;
use crate::peer::issuance::Issuance;
use crate::records::Record;
use crate::snapshots::Snapshots;
use register::Follower;

const FORGET_EVERY: Duration = Duration::from_secs(60);

/// Reads the register and follows its feed, from a snapshot where there is one; leaves one behind when it ends.
pub(crate) fn follow_register(
    life: &Lifecycle,
    deps: Arc<Deps>,
    issuance: Issuance,
    snapshots: Option<Snapshots>,
) {
    let soft = life.soft().clone();
    life.spawn("follow_register", async move {
        let mut follower = Follower::new(deps, issuance, snapshots);
        tokio::select! {
            () = soft.cancelled() => {}
            () = follower.follow() => {}
        }
        follower.leave_snapshot().await;
        Ok::<_, Infallible>(())
    });
}

/// Writes access records until every answer under way is recorded.
pub(crate) fn write_records(life: &Lifecycle, database: Database, queue: mpsc::Receiver<Record>) {
    life.spawn("access_records", async move {
        access_records::write(&database, queue).await;
        Ok::<_, Infallible>(())
    });
}

/// Keeps the limits from growing with everybody who ever asked.
pub(crate) fn forget_quiet_callers(life: &Lifecycle, deps: &Arc<Deps>) {
    let (soft, deps) = (life.soft().clone(), Arc::clone(deps));
    life.spawn("forget_quiet_callers", async move {
        while tokio::time::timeout(FORGET_EVERY, soft.cancelled())
            .await
            .is_err()
        {
            deps.limits.forget();
        }
        Ok::<_, Infallible>(())
    });
}

/// Returns once the register is read and it is known what verifies tokens. A replica that loses the feed later goes on:
/// its answers say how old they are, and are refused when they are too old.
pub(crate) async fn caught_up(deps: Arc<Deps>, trust: TokenTrust) {
    tokio::join!(deps.caught_up(), trust.known());
    tracing::info!(position = deps.model().marks.position(), "the register is read");
}
