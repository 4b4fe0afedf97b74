//! Background work: claims, clearances, releases, the outbox, the nation's feed.

mod apply_lapses;
mod apply_successions;
mod claim_applications;
mod link_audit;
mod note_silence;
mod number_notifications;
mod pull_changes;
mod push_changes;
mod release_claims;
mod remind;
mod request_clearances;
mod run_clocks;
mod run_imports;

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use domain::province::Province;
use jiff::Timestamp;
use postgres::lease::{Lease, Step};
use service_runtime::auth::JobName;
use service_runtime::clock::Clock as _;
use service_runtime::{Lifecycle, Scope};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::app::{Deps, Wake};
use crate::error::Error;

/// How long others wait after a process that held a job vanished.
const TERM: Duration = Duration::from_secs(10);
/// A lease is renewed when this much of its term has passed.
const RENEW_AFTER: Duration = Duration::from_secs(3);
/// Pause after a failed step.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// The scope of a job.
pub(crate) fn scope(name: &'static str) -> Scope {
    Scope::for_job(&JobName::new(name))
}

/// The job as an actor of the audit.
pub(crate) fn actor(name: &str, province: Province) -> String {
    format!("spiffe://jianzheng/province/{province}/registration/jobs/{name}")
}

/// One step of a job.
type Run = for<'a> fn(&'a Deps, &'a Lease) -> Pin<Box<dyn Future<Output = Result<Step, Error>> + Send + 'a>>;

/// A leased job that is woken or looks around from time to time.
struct Job {
    name: &'static str,
    wake: fn(&Wake) -> &Notify,
    every: Duration,
    run: Run,
}

const JOBS: &[Job] = &[
    Job {
        name: crate::command::apply_lapse::VERB,
        wake: |wake| &wake.lapse,
        every: Duration::from_secs(1),
        run: |deps, lease| Box::pin(apply_lapses::step(deps, lease)),
    },
    Job {
        name: crate::command::apply_succession::VERB,
        wake: |wake| &wake.succession,
        every: Duration::from_secs(1),
        run: |deps, lease| Box::pin(apply_successions::step(deps, lease)),
    },
    Job {
        name: crate::command::note_silence::VERB,
        wake: |wake| &wake.silence,
        every: Duration::from_secs(1),
        run: |deps, lease| Box::pin(note_silence::step(deps, lease)),
    },
    Job {
        name: crate::command::settle_claim::VERB,
        wake: |wake| &wake.claim,
        every: Duration::from_millis(500),
        run: |deps, lease| Box::pin(claim_applications::step(deps, lease)),
    },
    Job {
        name: crate::command::settle_clearance::VERB,
        wake: |wake| &wake.clearance,
        every: Duration::from_millis(500),
        run: |deps, lease| Box::pin(request_clearances::step(deps, lease)),
    },
    Job {
        name: release_claims::VERB,
        wake: |wake| &wake.release,
        every: Duration::from_secs(1),
        run: |deps, lease| Box::pin(release_claims::step(deps, lease)),
    },
    Job {
        name: push_changes::VERB,
        wake: |wake| &wake.push,
        every: Duration::from_millis(50),
        run: |deps, lease| Box::pin(push_changes::step(deps, lease)),
    },
    Job {
        name: pull_changes::VERB,
        wake: |wake| &wake.pull,
        every: Duration::from_millis(200),
        run: |deps, lease| Box::pin(pull_changes::step(deps, lease)),
    },
    Job {
        name: number_notifications::VERB,
        wake: |wake| &wake.number,
        every: Duration::from_millis(500),
        run: |deps, lease| Box::pin(number_notifications::step(deps, lease)),
    },
    Job {
        name: run_clocks::VERB,
        wake: |wake| &wake.clocks,
        every: Duration::from_secs(1),
        run: |deps, lease| Box::pin(run_clocks::step(deps, lease)),
    },
    Job {
        name: crate::command::run_import::VERB,
        wake: |wake| &wake.import,
        every: Duration::from_secs(1),
        run: |deps, lease| Box::pin(run_imports::step(deps, lease)),
    },
    Job {
        name: remind::VERB,
        wake: |wake| &wake.remind,
        every: Duration::from_secs(1),
        run: |deps, lease| Box::pin(remind::step(deps, lease)),
    },
    Job {
        name: link_audit::VERB,
        wake: |wake| &wake.audit,
        every: Duration::from_secs(1),
        run: |deps, lease| Box::pin(link_audit::step(deps, lease)),
    },
];

/// Starts every job; they end when the life drains.
pub(crate) fn start(deps: &Arc<Deps>, life: &Lifecycle) {
    for job in JOBS {
        let (deps, stop) = (Arc::clone(deps), life.soft().clone());
        life.spawn(job.name, async move {
            work(job, &deps, &stop).await;
            Ok::<_, Infallible>(())
        });
    }
}

/// Holds the lease while it can be had, and runs steps. A lost lease shows in the fence of each step's transaction.
async fn work(job: &Job, deps: &Deps, stop: &CancellationToken) {
    let holder = Uuid::new_v4().to_string();
    let mut held: Option<(Lease, Timestamp)> = None;
    while !stop.is_cancelled() {
        let turn = async {
            let lease = hold(job, deps, &holder, held.take()).await?;
            let Some(lease) = lease else { return Ok(Step::Idle) };
            let lease = &held.insert(lease).0;
            (job.run)(deps, lease).await
        };
        // A step that is dropped leaves nothing half done: each of its transactions stands alone and can be repeated.
        let Some(done) = stop.run_until_cancelled(turn).await else {
            break;
        };
        let pause = match done {
            Ok(Step::Worked) => continue,
            Ok(Step::Idle) => job.every,
            Err(error) => {
                tracing::warn!(job = job.name, %error, "a step failed");
                AFTER_FAILURE
            }
        };
        let woken = async {
            (job.wake)(&deps.wake).notified().await;
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = woken => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    if let Some((lease, _)) = held
        && let Err(error) = deps.database.release_lease(&lease, deps.system.now()).await
    {
        tracing::debug!(job = job.name, %error, "the lease was not given back; others wait for its end");
    }
}

async fn hold(
    job: &Job,
    deps: &Deps,
    holder: &str,
    held: Option<(Lease, Timestamp)>,
) -> Result<Option<(Lease, Timestamp)>, Error> {
    let now = deps.system.now();
    if let Some((lease, since)) = held {
        if now.duration_since(since).unsigned_abs() < RENEW_AFTER {
            return Ok(Some((lease, since)));
        }
        match deps.database.renew_lease(&lease, now, TERM).await {
            Ok(()) => return Ok(Some((lease, now))),
            Err(postgres::Error::LeaseLost { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let lease = deps.database.acquire_lease(job.name, holder, now, TERM).await?;
    Ok(lease.map(|lease| (lease, now)))
}
