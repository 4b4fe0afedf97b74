//! The issuing job: steps 3 to 7 of the issuance cycle (docs/issuance-cycle.md), several document sets at a time.
//!
//! Sets are leased row by row; a worker that lost its lease can mark nothing, because every mark checks the fence. A set
//! that cannot be rendered, linted or verified stops with a stable reason and raises an alarm: it is never signed, or
//! never handed out. Whatever may pass by itself (the keeper of the seals away, a store that does not answer) leaves the
//! set waiting with a pause that grows. A set whose seal was made anew after its intent, with the former key destroyed, is
//! voided and prepared anew.

mod check;
mod finish;
mod intent;
mod load;
mod render;
mod seal;
mod seals;
mod stamp;
mod validation;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use service_runtime::clock::Clock as _;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, instrument, warn};
use uuid::Uuid;

pub(crate) use check::DocumentTrust;
pub use check::TrustError;
pub(crate) use load::{open_facts, person_key};
pub(crate) use render::{Templates, settable};
pub(crate) use seals::Seals;
pub(crate) use stamp::ROOM as STAMP_ROOM;
pub(crate) use validation::Validation;

use crate::command::stop_issuance::stop_issuance;
use crate::command::void_document_set::void_document_set;
use crate::error::Error;
use crate::issuing::Issuing;
use crate::store::issuing::job::{self, Leased};

/// The steps after which a test may let the job end as by a crash; numbered as in docs/issuance-cycle.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// What rendering needs is stored: token, stated time, seal.
    Prepare,
    /// 3 and 4: rendered and linted.
    Lint,
    /// 5: the intents are stored.
    Intent,
    /// 6: the signatures have come back.
    Seal,
    /// 6: the time stamps have come back.
    Stamp,
    /// 7: the bytes are stored and verified, the rows are not.
    Store,
    /// 7: everything is stored.
    Issue,
}

/// Why a set goes no further by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stop {
    /// Stable name, as `IssuanceService` shows it.
    pub(crate) reason: &'static str,
    /// For the operator's log; names no personal value.
    pub(crate) detail: String,
}

impl Stop {
    pub(crate) fn new(reason: &'static str, detail: impl std::fmt::Display) -> Self {
        Self {
            reason,
            detail: detail.to_string(),
        }
    }
}

/// Why a set did not get through a step.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It never will, as it is.
    Stopped(Stop),
    /// It may later.
    Postponed(String),
    /// The keeper refuses what was intended for good: the set is prepared anew.
    Voided {
        set: Uuid,
        /// Stable name of the refusal.
        reason: &'static str,
    },
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

/// Sets on their way through the steps, and those that fell out.
struct Batch<T> {
    going: Vec<(Leased, T)>,
    failed: Vec<(Leased, Failure)>,
}

impl<T> Batch<T> {
    fn empty() -> Self {
        Self {
            going: Vec::new(),
            failed: Vec::new(),
        }
    }

    /// Takes every set through a step.
    fn after<U>(self, outcomes: impl IntoIterator<Item = (Leased, Result<U, Failure>)>) -> Batch<U> {
        let mut batch = Batch {
            going: Vec::new(),
            failed: self.failed,
        };
        for (leased, outcome) in outcomes {
            match outcome {
                Ok(value) => batch.going.push((leased, value)),
                Err(failure) => batch.failed.push((leased, failure)),
            }
        }
        batch
    }

    fn take(&mut self) -> Vec<(Leased, T)> {
        std::mem::take(&mut self.going)
    }
}

/// How a turn ended.
enum Turn {
    Worked,
    Idle,
    /// A test ended the job here.
    Ended,
}

/// The longest pause of a job that nobody wakes.
const IDLE: Duration = Duration::from_millis(200);
/// The first pause of a set that has to wait, and the longest.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Works until the life drains; a turn that began is finished first.
pub(crate) async fn run(issuing: Arc<Issuing>, soft: CancellationToken) -> Result<(), Infallible> {
    loop {
        let pause = match turn(&issuing).await {
            Ok(Turn::Worked) => Duration::ZERO,
            Ok(Turn::Idle) => IDLE,
            Ok(Turn::Ended) => {
                soft.cancelled().await;
                return Ok(());
            }
            Err(error) => {
                warn!(job = "issue", %error, "a turn failed");
                IDLE
            }
        };
        tokio::select! {
            biased;
            () = soft.cancelled() => return Ok(()),
            () = issuing.bells.documents.notified(), if !pause.is_zero() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

#[instrument(name = "issue", skip_all)]
async fn turn(issuing: &Arc<Issuing>) -> Result<Turn, Error> {
    let now = issuing.system.now();
    let leased = job::lease(
        &issuing.database,
        &issuing.holder,
        now,
        after(now, issuing.rules.lease),
        issuing.rules.batch,
    );
    let leased = leased.await?;
    if leased.is_empty() {
        return Ok(Turn::Idle);
    }
    let count = leased.len();
    let mut failed = Vec::new();
    let ended = cycle(issuing, leased, &mut failed).await?;
    for (leased, failure) in failed {
        fell_out(issuing, &leased, failure).await?;
    }
    if ended {
        return Ok(Turn::Ended);
    }
    info!(count, "document sets went through the issuing job");
    issuing.finished.notify_waiters();
    Ok(Turn::Worked)
}

/// Steps 3 to 7; true when a test ends the job in between.
async fn cycle(
    issuing: &Arc<Issuing>,
    leased: Vec<Leased>,
    failed: &mut Vec<(Leased, Failure)>,
) -> Result<bool, Error> {
    let ends = |step| issuing.stop_after == Some(step);
    let batch = load::load(issuing, leased).await?;
    if ends(Step::Prepare) {
        return Ok(true);
    }
    let batch = render_all(issuing, batch).await;
    if ends(Step::Lint) {
        return Ok(true);
    }
    let batch = intent::store(issuing, batch).await?;
    if ends(Step::Intent) {
        return Ok(true);
    }
    let batch = seal::seal(issuing, batch).await;
    if ends(Step::Seal) {
        return Ok(true);
    }
    let batch = stamp::stamp(issuing, batch).await;
    if ends(Step::Stamp) {
        return Ok(true);
    }
    let batch = finish::verify_and_store(issuing, batch).await;
    if ends(Step::Store) {
        return Ok(true);
    }
    finish::mark(issuing, &batch.going).await?;
    failed.extend(batch.failed);
    Ok(ends(Step::Issue))
}

/// A set that is loaded, with its documents rendered and linted.
pub(crate) struct Rendered {
    pub(crate) loaded: load::Loaded,
    pub(crate) draft: render::Draft,
    /// SM3 of the PDF's byte range, where it is signed with SM2 too.
    pub(crate) pdf_sm3: Option<[u8; 32]>,
}

/// Steps 3 and 4 off the async threads, sets side by side.
async fn render_all(issuing: &Arc<Issuing>, mut batch: Batch<load::Loaded>) -> Batch<Rendered> {
    let shared = Arc::clone(issuing);
    let outcomes = side_by_side(batch.take(), move |loaded: load::Loaded| {
        let draft = render::draft(&shared.templates, &loaded.material);
        draft
            .map(|draft| Rendered {
                pdf_sm3: loaded.set.pdf_sm2.then(|| render::pdf_sm3(&draft.linted)),
                loaded,
                draft,
            })
            .map_err(Failure::Stopped)
    });
    batch.after(outcomes.await)
}

/// Does the same to every set on threads of its own. One that panics stops alone, and holds up nobody.
async fn side_by_side<T: Send + 'static, U: Send + 'static>(
    sets: Vec<(Leased, T)>,
    work: impl Fn(T) -> Result<U, Failure> + Clone + Send + 'static,
) -> Vec<(Leased, Result<U, Failure>)> {
    let running: Vec<_> = sets
        .into_iter()
        .map(|(leased, set)| {
            let work = work.clone();
            (leased, tokio::task::spawn_blocking(move || work(set)))
        })
        .collect();
    let mut outcomes = Vec::with_capacity(running.len());
    for (leased, task) in running {
        let outcome = task.await.unwrap_or_else(|error| {
            let what = if error.is_panic() {
                "the work panicked"
            } else {
                "the work was given up"
            };
            Err(Failure::Stopped(Stop::new("DEFECT", what)))
        });
        outcomes.push((leased, outcome));
    }
    outcomes
}

/// Marks a set that did not get through.
async fn fell_out(issuing: &Issuing, leased: &Leased, failure: Failure) -> Result<(), Error> {
    let (now, at) = (issuing.system.now(), issuing.clock.now());
    match failure {
        Failure::Stopped(stop) => {
            error!(alarm = true, job = "issue", issuance = %leased.id, reason = stop.reason, error = stop.detail,
                "a document set is stopped; nothing of it is handed out");
            stop_issuance(issuing, leased, stop.reason).await?;
        }
        Failure::Voided { set, reason } => {
            warn!(job = "issue", issuance = %leased.id, reason, "a document set is prepared anew");
            void_document_set(issuing, leased, set, reason).await?;
        }
        Failure::Postponed(why) => {
            let pause = PAUSE
                .0
                .saturating_mul(1 << leased.attempts.clamp(0, 10))
                .min(PAUSE.1);
            warn!(job = "issue", issuance = %leased.id, error = why, "a document set waits");
            job::postpone(&issuing.database, leased, after(now, pause), at).await?;
        }
    }
    Ok(())
}

fn after(now: Timestamp, term: Duration) -> Timestamp {
    let term = SignedDuration::try_from(term).unwrap_or(SignedDuration::MAX);
    now.saturating_add(term).unwrap_or(Timestamp::MAX)
}
