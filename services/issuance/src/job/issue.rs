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
use std::num::NonZero;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use service_runtime::Lifecycle;
use service_runtime::clock::Clock as _;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span, error, info, info_span, instrument, warn};
use uuid::Uuid;

pub(crate) use check::DocumentTrust;
pub use check::TrustError;
pub(crate) use intent::KeptOutside;
pub(crate) use load::{open_facts, person_key};
pub(crate) use render::{Templates, settable};
pub(crate) use seals::Seals;
pub(crate) use stamp::ROOM as STAMP_ROOM;
pub(crate) use validation::Validation;

use crate::command::stop_issuance::stop_issuance;
use crate::command::void_document_set::void_document_set;
use crate::error::Error;
use crate::issuing::Issuing;
use crate::store::issuing::bulk;
use crate::store::issuing::job::{self, Lane, Leased};

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

/// Starts the lanes: the general one, twice over so that one renders while the other waits for the store or the seal, and
/// the express one, in which single requests wait for no bulk. A test that ends the job has one lane, which ends for all.
pub(crate) fn start(life: &Lifecycle, issuing: &Arc<Issuing>) {
    let lanes: &[Lane] = match issuing.stop_after {
        Some(_) => &[Lane::General],
        None => &[Lane::Express, Lane::General, Lane::General],
    };
    for (number, lane) in lanes.iter().enumerate() {
        let lane = (*lane, number);
        life.spawn("issue", run(Arc::clone(issuing), lane, life.soft().clone()));
    }
}

/// Works until the life drains; a turn that began is finished first.
async fn run(issuing: Arc<Issuing>, lane: (Lane, usize), soft: CancellationToken) -> Result<(), Infallible> {
    loop {
        let pause = match turn(&issuing, lane).await {
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
async fn turn(issuing: &Arc<Issuing>, (lane, number): (Lane, usize)) -> Result<Turn, Error> {
    if !issuing.gate.is_open() {
        return Ok(Turn::Idle);
    }
    let now = issuing.system.now();
    let leased = job::lease(
        &issuing.database,
        (&issuing.holder, number),
        (now, after(now, issuing.rules.lease)),
        (lane, issuing.rules.batch),
    );
    let leased = leased.await?;
    if lane == Lane::General && leased.iter().all(|one| one.bulk.is_none()) {
        bulk::settle(&issuing.database, issuing.now()).await?;
    }
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
    let batch = load::load(issuing, leased)
        .instrument(info_span!("prepare"))
        .await;
    if ends(Step::Prepare) {
        return Ok(true);
    }
    let batch = render_all(issuing, batch).await;
    if ends(Step::Lint) {
        return Ok(true);
    }
    let batch = intent::store(issuing, batch)
        .instrument(info_span!("intend"))
        .await?;
    if ends(Step::Intent) {
        return Ok(true);
    }
    let batch = seal::seal(issuing, batch).instrument(info_span!("seal")).await;
    if ends(Step::Seal) {
        return Ok(true);
    }
    let batch = stamp::stamp(issuing, batch).instrument(info_span!("stamp")).await;
    if ends(Step::Stamp) {
        return Ok(true);
    }
    let batch = finish::verify_and_store(issuing, batch).await;
    if ends(Step::Store) {
        return Ok(true);
    }
    finish::mark(issuing, &batch.going)
        .instrument(info_span!("mark"))
        .await?;
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

/// Sets that are rendered together on one thread.
const PIECE: usize = 16;

/// Steps 3 and 4 off the async threads, pieces of the batch side by side. A piece in which something panics is taken apart, so
/// that what panics stops alone.
async fn render_all(issuing: &Arc<Issuing>, mut batch: Batch<load::Loaded>) -> Batch<Rendered> {
    let mut going = batch.take();
    let mut pieces = Vec::new();
    while !going.is_empty() {
        pieces.push(Arc::new(going.split_off(going.len().saturating_sub(PIECE))));
    }
    let drawn = stream::iter(pieces)
        .map(async |piece| {
            let drafts = match drafting(issuing, &piece, 0..piece.len()).await {
                Ok(drafts) => drafts,
                Err(_) => one_by_one(issuing, &piece).await,
            };
            (piece, drafts)
        })
        .buffered(cores());
    let drawn: Vec<_> = drawn.collect().await;
    let mut outcomes = Vec::new();
    for (piece, drafts) in drawn {
        // Only a runtime that ends keeps a piece; its leases will run out.
        let Some(piece) = Arc::into_inner(piece) else {
            continue;
        };
        outcomes.extend(piece.into_iter().zip(drafts).map(|((leased, loaded), draft)| {
            let rendered = draft.map(|(draft, pdf_sm3)| Rendered {
                loaded,
                draft,
                pdf_sm3,
            });
            (leased, rendered.map_err(Failure::Stopped))
        }));
    }
    batch.after(outcomes)
}

type Drafted = Result<(render::Draft, Option<[u8; 32]>), Stop>;

fn drafting(
    issuing: &Arc<Issuing>,
    piece: &Arc<Vec<(Leased, load::Loaded)>>,
    range: Range<usize>,
) -> JoinHandle<Vec<Drafted>> {
    let (shared, piece) = (Arc::clone(issuing), Arc::clone(piece));
    let stage = info_span!("render");
    tokio::task::spawn_blocking(move || {
        let drawn = stage.in_scope(|| {
            let sets = || {
                piece
                    .iter()
                    .take(range.end)
                    .skip(range.start)
                    .map(|(_, loaded)| loaded)
            };
            let drafts = render::drafts(&shared.templates, sets().map(|loaded| &loaded.material));
            let with_sm3 = |(loaded, draft): (&load::Loaded, Result<render::Draft, Stop>)| {
                let draft = draft?;
                let pdf_sm3 = loaded.set.pdf_sm2.then(|| render::pdf_sm3(&draft.linted));
                Ok((draft, pdf_sm3))
            };
            sets().zip(drafts).map(with_sm3).collect()
        });
        drop(piece);
        drawn
    })
}

async fn one_by_one(issuing: &Arc<Issuing>, piece: &Arc<Vec<(Leased, load::Loaded)>>) -> Vec<Drafted> {
    let mut drafts = Vec::with_capacity(piece.len());
    for nth in 0..piece.len() {
        let drafted = drafting(issuing, piece, nth..nth + 1).await;
        let drafted = drafted.map(|mut of_one| of_one.pop());
        drafts.push(match drafted {
            Ok(Some(drafted)) => drafted,
            Ok(None) | Err(_) => Err(Stop::new("DEFECT", "the work panicked")),
        });
    }
    drafts
}

/// How many threads a lane keeps busy: more would only hold more memory, and leave less of a core to whoever numbers and tells.
fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// Does the same to every set off the async threads, within the span of the stage. One that panics stops alone.
async fn side_by_side<T: Send + 'static, U: Send + 'static>(
    sets: Vec<(Leased, T)>,
    stage: Span,
    work: impl Fn(T) -> Result<U, Failure> + Clone + Send + 'static,
) -> Vec<(Leased, Result<U, Failure>)> {
    let outcomes = stream::iter(sets)
        .map(async |(leased, set)| {
            let (work, stage) = (work.clone(), stage.clone());
            let task = tokio::task::spawn_blocking(move || stage.in_scope(|| work(set)));
            let outcome = task.await.unwrap_or_else(|error| {
                let what = if error.is_panic() {
                    "the work panicked"
                } else {
                    "the work was given up"
                };
                Err(Failure::Stopped(Stop::new("DEFECT", what)))
            });
            (leased, outcome)
        })
        .buffered(cores());
    outcomes.collect().await
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
