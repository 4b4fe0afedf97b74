//! Background work: claims, clearances, releases, the outbox, the nation's feed.

mod apply_lapses;
mod apply_successions;
mod claim_applications;
mod link_audit;
mod note_silence;
mod number_notifications;
mod pull_changes;
mod push_changes;
mod reconcile;
mod release_claims;
mod remind;
mod request_clearances;
mod run_clocks;
mod run_imports;
mod witness;

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use domain::province::Province;
use postgres::lease::{Lease, Periodic, Step};
use service_runtime::auth::JobName;
use service_runtime::clock::Clock as _;
use service_runtime::{Lifecycle, Scope};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::deps::{Deps, Wake};
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
        name: crate::command::reconcile_register::VERB,
        wake: |wake| &wake.reconcile,
        every: Duration::from_secs(1),
        run: |deps, lease| Box::pin(reconcile::step(deps, lease)),
    },
    Job {
        name: crate::command::cosign_checkpoint::VERB,
        wake: |wake| &wake.witness,
        every: Duration::from_millis(500),
        run: |deps, lease| Box::pin(witness::step(deps, lease)),
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

/// Works until the life drains; a step that is dropped then leaves nothing half done.
async fn work(job: &Job, deps: &Deps, stop: &CancellationToken) {
    let leased = Periodic::new(job.name, &Uuid::new_v4(), TERM, job.every)
        .renewing_after(RENEW_AFTER)
        .after_failure(AFTER_FAILURE)
        .dropping_steps();
    let now = || deps.system.now();
    let wake = (job.wake)(&deps.wake);
    leased
        .run(
            &deps.database,
            now,
            stop.cancelled(),
            Some(wake),
            async |lease: &Lease| (job.run)(deps, lease).await,
        )
        .await;
}
