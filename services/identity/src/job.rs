//! Background work: housekeeping under a lease, and what every process does for itself.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use postgres::lease::{Lease, Periodic, Step};
use postgres::{Tx, audit, requests};
use service_runtime::Lifecycle;
use service_runtime::clock::{Clock as _, SystemClock};
use tokio::sync::watch;
use uuid::Uuid;

use crate::deps::Deps;
use crate::error::Error;
use crate::query::watch_revocations::oldest_of_use;
use crate::store::{attempt, revocation, session};

/// How soon a revocation made by another process is known here.
const FOLLOW_EVERY: Duration = Duration::from_millis(250);
const RELOAD_EVERY: Duration = Duration::from_secs(30);
const HOUSEKEEPING_EVERY: Duration = Duration::from_secs(2);
const LEASE_TERM: Duration = Duration::from_secs(30);
const FOLLOWED_AT_ONCE: u32 = 100_000;
const BATCH: i64 = 1_000;
/// Nobody repeats a request after so long; ended sessions are forgotten then, too.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Starts every job; returns where the number of the newest revocation known here can be watched.
/// `known` is what [`follow`] reached before.
pub(crate) fn start(
    life: &Lifecycle,
    deps: &Arc<Deps>,
    system: &SystemClock,
    known: u64,
) -> watch::Receiver<u64> {
    let (head, watched) = watch::channel(known);
    life.spawn(
        "follow_revocations",
        follow_revocations(life.clone(), Arc::clone(deps), head, known),
    );
    life.spawn(
        "reload_token_keys",
        reload_token_keys(life.clone(), Arc::clone(deps)),
    );
    life.spawn(
        "housekeeping",
        housekeeping(life.clone(), Arc::clone(deps), system.clone()),
    );
    watched
}

/// Keeps this process's list of revocations equal to the feed, whoever wrote it.
async fn follow_revocations(
    life: Lifecycle,
    deps: Arc<Deps>,
    head: watch::Sender<u64>,
    mut known: u64,
) -> Result<(), Error> {
    loop {
        match follow(&deps, Some(known)).await {
            Ok(reached) => {
                known = reached;
                head.send_if_modified(|told| std::mem::replace(told, reached) != reached);
                deps.revocations.forget_dead(deps.now());
            }
            Err(error) => tracing::warn!(%error, job = "follow_revocations", "the feed cannot be read"),
        }
        tokio::select! {
            () = life.soft().cancelled() => return Ok(()),
            () = deps.revoked.notified() => {}
            () = tokio::time::sleep(FOLLOW_EVERY) => {}
        }
    }
}

/// Takes over what came after `known` and returns the number reached. At first (before a port is opened) only what is still of use, and the
/// head is read before it so that nothing that comes in between is left out.
pub(crate) async fn follow(deps: &Deps, known: Option<u64>) -> Result<u64, postgres::Error> {
    let (mut reached, after, since) = match known {
        Some(known) => (known, known, Timestamp::UNIX_EPOCH),
        None => (revocation::head(&deps.read).await?, 0, oldest_of_use(deps.now())),
    };
    for revocation in revocation::list(&deps.read, after, since, FOLLOWED_AT_ONCE).await? {
        if let Some(session) = session_of(&revocation.subject) {
            deps.revocations.revoke_session(session, revocation.revoked_at);
        }
        reached = reached.max(revocation.number);
    }
    Ok(reached)
}

fn session_of(subject: &str) -> Option<Uuid> {
    subject
        .strip_prefix("sessions/")
        .and_then(|id| Uuid::try_parse(id).ok())
}

/// Picks new keys up while the process runs; broken files change nothing.
async fn reload_token_keys(life: Lifecycle, deps: Arc<Deps>) -> Result<(), Error> {
    loop {
        tokio::select! {
            () = life.soft().cancelled() => return Ok(()),
            () = tokio::time::sleep(RELOAD_EVERY) => {}
        }
        if let Err(error) = deps.token_keys.reload() {
            tracing::error!(%error, job = "reload_token_keys", "the token keys stay as they were");
        }
    }
}

/// Chains the audit and removes what is too old to count.
async fn housekeeping(life: Lifecycle, deps: Arc<Deps>, system: SystemClock) -> Result<(), Error> {
    let job = Periodic::new(
        "identity housekeeping",
        Uuid::new_v4(),
        LEASE_TERM,
        HOUSEKEEPING_EVERY,
    );
    let stop = life.soft().cancelled().map(|()| ());
    job.run(
        &deps.database,
        || system.now(),
        stop,
        None,
        async |lease: &Lease| tidy_up(&deps, lease).await,
    )
    .await;
    Ok(())
}

async fn tidy_up(deps: &Deps, lease: &Lease) -> Result<Step, Error> {
    let now = deps.now();
    let before = now.checked_sub(KEPT).unwrap_or(now);
    let worked = deps
        .database
        .run_tx("identity housekeeping", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            let (_, linked) = audit::link(tx, BATCH).await?;
            let forgotten = attempt::purge(tx, now, BATCH).await?;
            let requests = requests::purge(tx, before, BATCH).await?;
            let sessions = session::purge(tx, before, BATCH).await?;
            Ok::<_, Error>(linked > 0 || forgotten + requests + sessions > 0)
        })
        .await?;
    Ok(if worked { Step::Worked } else { Step::Idle })
}
