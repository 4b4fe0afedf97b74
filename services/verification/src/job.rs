//! Background work. Each replica does all of it for itself.

mod access_records;
mod identity;
mod register;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use postgres::Database;
use service_runtime::Lifecycle;
use service_runtime::auth::{Revocations, SharedKeySet};
use service_runtime::clock::RegisterClock;
use service_runtime::server::Running;
use tokio::sync::mpsc;

use crate::app::SERVICE;
use crate::deps::Deps;
use crate::peer::identity::Identity;
use crate::peer::issuance::Issuance;
use crate::records::Record;

const FORGET_EVERY: Duration = Duration::from_secs(60);

/// Reads the register and follows its feed.
pub(crate) fn follow_register(life: &Lifecycle, deps: Arc<Deps>, issuance: Issuance) {
    let soft = life.soft().clone();
    life.spawn("follow_register", async move {
        tokio::select! {
            () = soft.cancelled() => {}
            () = register::follow(&deps, &issuance) => {}
        }
        Ok::<_, Infallible>(())
    });
}

/// Keeps the token keys and the revocations of `identity` at hand.
pub(crate) fn follow_identity(
    life: &Lifecycle,
    identity: Identity,
    keys: SharedKeySet,
    revocations: Revocations,
    clock: RegisterClock,
) {
    let soft = life.soft().clone();
    life.spawn("follow_identity", async move {
        tokio::select! {
            () = soft.cancelled() => {}
            () = identity::keys(&identity, &keys) => {}
            () = identity::revocations(&identity, &revocations, &clock) => {}
        }
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

/// Reports SERVING once the register is read. A replica that loses the feed later goes on: its answers say how old
/// they are, and are refused when they are too old.
pub(crate) fn report_serving(life: &Lifecycle, deps: &Arc<Deps>, running: Running) {
    let (soft, deps) = (life.soft().clone(), Arc::clone(deps));
    life.spawn("report_serving", async move {
        tokio::select! {
            () = soft.cancelled() => return Ok(()),
            () = deps.model.marks.caught_up() => {}
        }
        tracing::info!(position = deps.model.marks.position(), "the register is read");
        drop(deps);
        running.set_serving(SERVICE, true).await;
        running.set_serving("", true).await;
        soft.cancelled().await;
        Ok::<_, Infallible>(())
    });
}
