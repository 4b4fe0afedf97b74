//! Applies envelopes of a province exactly once (issuance cycle, step 1).

use domain::authority::Authority;
use domain::ids::ClearanceId;
use domain::notification::{Addressee, NotificationKind, Particulars};
use domain::province::Province;
use jiff::Timestamp;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use postgres::inbox::{self, BatchArrival, Source};
use postgres::outbox::{Envelope, Position};
use serde_json::json;
use service_runtime::Scope;
use service_runtime::auth::JobName;
use tracing::instrument;

use super::apply_act::lapse::lapse;
use super::apply_act::migration::migrate;
use super::apply_act::succession::succeed;
use super::apply_act::{announce, moving, note_renewal};
use super::deem_renewed::deem_renewed;
use super::reinstate::reinstate;
use super::tally::Tally;
use crate::deps::Deps;
use crate::error::Error;
use crate::event::{Event, Failure, Stop, What, standing};
use crate::exchange::stream;
use crate::store::exchange::claim::{self, Key};
use crate::store::exchange::clearance::{self, Clearance, State};
use crate::store::exchange::{stopped, watermark};
use crate::store::register::{person, registration_number};

/// The applier sees every row: a province's event may touch what another province wrote.
pub(crate) const JOB: JobName = JobName::new("apply_announcement");

/// Where a province's stream stands, and why nothing more is applied if it is stopped.
pub(crate) async fn source_of(deps: &Deps, province: Province) -> Result<Source, Error> {
    let name = stream(province);
    let read = async |tx: &mut Tx| inbox::source(tx, &name).await;
    Ok(deps.read.snapshot("look at stream", read).await?)
}

/// How many envelopes go into one transaction: enough that a commit is shared, few enough that the rows of persons are not
/// locked for long.
const MOST_AT_ONCE: usize = 100;

/// Envelopes of a province whose hashes and signature hold, in sequence, each with its event or why it cannot be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch<'a> {
    pub(crate) province: Province,
    pub(crate) envelopes: &'a [Envelope],
    pub(crate) events: &'a [Result<Event, Stop>],
}

impl Batch<'_> {
    fn part(&self, from: usize, most: usize) -> Self {
        let to = (from + most).min(self.envelopes.len());
        Self {
            envelopes: &self.envelopes[from..to],
            events: &self.events[from..to],
            ..*self
        }
    }
}

/// What became of a part of a batch.
enum Applied {
    /// All of it is applied, now or before.
    All(Option<Position>),
    StandsAlready(String),
}

/// An envelope that was not applied, nor anything else of its transaction.
#[derive(Debug)]
struct Refused {
    index: usize,
    failure: Failure,
}

impl From<postgres::Error> for Refused {
    fn from(error: postgres::Error) -> Self {
        Self {
            index: 0,
            failure: error.into(),
        }
    }
}

impl postgres::TransactionError for Refused {
    fn database(&self) -> Option<&postgres::Error> {
        postgres::TransactionError::database(&self.failure)
    }
}

/// Applies a batch in few transactions, or says why the stream stands. What comes before an envelope that cannot be applied
/// is applied; that envelope is then judged alone. What was applied before is not applied again.
///
/// # Errors
/// The database's: sending again is safe.
#[instrument(name = "apply_announcement", skip_all, fields(province = %batch.province, count = batch.envelopes.len()))]
pub(crate) async fn apply_batch(deps: &Deps, batch: &Batch<'_>) -> Result<Option<String>, Error> {
    let (mut from, mut most) = (0, MOST_AT_ONCE);
    while from < batch.envelopes.len() {
        let part = batch.part(from, most);
        let now = deps.now();
        let applied = deps
            .database
            .run_tx("apply announcements", async |tx: &mut Tx| {
                apply_part(deps, tx, &part, now).await
            })
            .await;
        match applied {
            Ok(Applied::All(position)) => {
                if let Some(position) = position {
                    ring(deps, batch.province, position);
                }
                (from, most) = (from + part.envelopes.len(), MOST_AT_ONCE);
            }
            Ok(Applied::StandsAlready(reason)) => return Ok(Some(reason)),
            Err(Refused { index: 0, failure }) if part.envelopes.len() == 1 || stops(&failure) => {
                let kind = part.events[0].as_ref().ok().and_then(|event| event.what.kind());
                return judged(deps, batch.province, (&part.envelopes[0], kind), failure, now).await;
            }
            Err(Refused { failure, .. }) if away(&failure) => return Err(failure.into()),
            Err(Refused { index, .. }) => most = index.max(1),
        }
    }
    Ok(None)
}

fn stops(failure: &Failure) -> bool {
    matches!(failure, Failure::Stop(_))
}

/// Nothing is wrong with the envelope: the database cannot be had now.
fn away(failure: &Failure) -> bool {
    match failure {
        Failure::Error(Error::Database(error)) => {
            error.is_unavailable()
                || error.is_transient()
                || matches!(error, postgres::Error::Contended { .. })
        }
        _ => false,
    }
}

/// One envelope that cannot be applied: the stream stands, unless it is no fault of the envelope.
async fn judged(
    deps: &Deps,
    province: Province,
    envelope: (&Envelope, Option<&'static str>),
    failure: Failure,
    now: Timestamp,
) -> Result<Option<String>, Error> {
    let stop = match failure {
        failure if away(&failure) => return Err(failure.into()),
        Failure::Stop(stop) => stop,
        Failure::Error(error) => {
            tracing::error!(%error, sequence = envelope.0.sequence, "an envelope cannot be judged");
            Stop::EVENT_FAILED
        }
    };
    stand(deps, province, envelope, stop, now).await?;
    Ok(Some(stop.reason.to_owned()))
}

fn ring(deps: &Deps, province: Province, position: Position) {
    let through = u64::try_from(position.sequence).unwrap_or(0);
    deps.positions.province(province).advance(through);
    deps.bells.changes.notify_one();
    deps.bells.documents.notify_one();
    deps.bells.downstream.notify_waiters();
}

async fn apply_part(deps: &Deps, tx: &mut Tx, part: &Batch<'_>, now: Timestamp) -> Result<Applied, Refused> {
    let refused = |index, stop: Stop| Refused {
        index,
        failure: stop.into(),
    };
    let known = match inbox::receive_all(tx, part.envelopes).await? {
        BatchArrival::Next { applied } => applied,
        BatchArrival::Gap => return Err(refused(0, Stop::GAP)),
        BatchArrival::Fork { index } => return Err(refused(index, Stop::FORK)),
        BatchArrival::Stopped(reason) => return Ok(Applied::StandsAlready(reason)),
    };
    let scope = Scope::for_job(&JOB);
    let mut through = Timestamp::UNIX_EPOCH;
    let mut tally = Tally::new(part.province, now);
    for (index, event) in part.events.iter().enumerate().skip(known) {
        let applied = match event {
            Ok(event) => {
                through = through.max(event.through());
                match tally.count(deps, tx, &event.what).await {
                    Ok(()) => apply_event(deps, tx, &scope, event, now).await,
                    Err(failure) => Err(failure),
                }
            }
            Err(stop) => Err((*stop).into()),
        };
        applied.map_err(|failure| Refused { index, failure })?;
    }
    let new = &part.envelopes[known..];
    let position = inbox::record_all(tx, new, now).await?;
    if let Some(position) = position {
        stopped::store(tx, part.province, new).await?;
        tally.store(tx).await?;
        watermark::advance(tx, part.province, position.sequence, through).await?;
        stopped::end(tx, part.province, stopped::Outcome::Applied, None, now).await?;
    }
    Ok(Applied::All(position))
}

async fn apply_event(
    deps: &Deps,
    tx: &mut Tx,
    scope: &Scope,
    event: &Event,
    now: Timestamp,
) -> Result<(), Failure> {
    match &event.what {
        What::Announced(announced) => announce(deps, tx, scope, announced, now).await,
        What::Renewal { key, person, pending } => {
            note_renewal(deps, tx, scope, (*key, *person, *pending), event.occurred_at, now).await
        }
        What::ClearanceReleased { key, clearance } => release(deps, tx, *key, *clearance, now).await,
        What::Succeeded(row) => succeed(deps, tx, scope, row, now).await,
        What::Lapsed(row) => lapse(deps, tx, scope, row, now).await,
        What::Migrated(row) => migrate(deps, tx, scope, row, now).await,
        What::RenewalDeemed(deemed) => deem_renewed(deps, tx, scope, deemed, event.occurred_at, now).await,
        What::Reinstated(reinstated) => reinstate(deps, tx, scope, reinstated, now).await,
        What::Watermark(_) => Ok(()),
    }
}

/// The province will not use a clearance: its own evidence, so claim and digits are free again.
async fn release(deps: &Deps, tx: &mut Tx, key: Key, id: ClearanceId, now: Timestamp) -> Result<(), Failure> {
    let found = clearance::lock(tx, id)
        .await?
        .filter(|found| found.key == key)
        .ok_or(Stop::NO_CLEARANCE)?;
    match found.state {
        State::Released => return Ok(()),
        State::Used => return Err(Stop::CLEARANCE_USED.into()),
        State::Cleared => {}
    }
    free(deps, tx, &found, "CLEARANCE_RELEASED", now).await?;
    let (actor, subject) = (stream(key.province), key.to_string());
    let record = Record {
        at: now,
        actor: &actor,
        verb: "release_clearance",
        article: "design §3",
        subject: &subject,
        outcome: Outcome::Done,
        evidence: json!({ "clearance": id.to_string() }),
    };
    Ok(tx.audit(record).await?)
}

/// Frees what a clearance reserved that will not be used. The caller has locked it and found it unused.
pub(super) async fn free(
    deps: &Deps,
    tx: &mut Tx,
    found: &Clearance,
    reason: &str,
    now: Timestamp,
) -> Result<(), Failure> {
    person::lock(tx, found.person).await?;
    clearance::end(tx, found.id, State::Released, now).await?;
    claim::end(tx, found.key, false, Some(reason), now).await?;
    registration_number::free_unused(tx, found.person).await?;
    moving::cancelled(deps, tx, found.key, found.person, now).await
}

/// Stops the province's stream if it must stand, keeps the envelope, and records why in any case. Whoever has to act hears
/// of it.
async fn stand(
    deps: &Deps,
    province: Province,
    (envelope, kind): (&Envelope, Option<&'static str>),
    stop: Stop,
    now: Timestamp,
) -> Result<(), Error> {
    tracing::warn!(
        stream = envelope.stream,
        sequence = envelope.sequence,
        reason = stop.reason,
        monotonic_counter.exchange_stopped = 1_u64,
        "the stream stands"
    );
    let record = refusal(envelope, stop, now);
    let once = format!(
        "{}/{}/{}",
        envelope.stream,
        hex::encode(envelope.hash()),
        stop.reason
    );
    let told = notification_service::Notification {
        kind: NotificationKind::StreamStopped,
        to: vec![Addressee::Authority(Authority::Ministry)],
        person: None,
        subject: format!("{}/envelopes/{}", envelope.stream, envelope.sequence),
        particulars: Particulars::default(),
        at: now,
        once: Some(once),
    };
    let (record, told) = (&record, &told);
    deps.database
        .run_tx("stop province", async |tx: &mut Tx| {
            if stop.stands {
                inbox::stop(tx, &envelope.stream, stop.reason, now).await?;
            }
            if standing(stop.reason).is_some() {
                stopped::keep(tx, province, envelope, (stop.reason, kind), now).await?;
                notification_service::tell(tx, told).await?;
            }
            tx.audit(record.clone()).await
        })
        .await?;
    Ok(())
}

fn refusal<'a>(envelope: &'a Envelope, stop: Stop, now: Timestamp) -> Record<'a> {
    Record {
        at: now,
        actor: &envelope.stream,
        verb: "apply_announcement",
        article: "design §3",
        subject: &envelope.stream,
        outcome: Outcome::Refused { reason: stop.reason },
        evidence: json!({ "sequence": envelope.sequence, "hash": hex::encode(envelope.hash()) }),
    }
}

/// Records what cannot even be judged by its number: a batch whose hash or signature does not hold.
pub(crate) async fn refuse_batch(deps: &Deps, first: &Envelope, stop: Stop) -> Result<(), Error> {
    Ok(deps
        .database
        .record_refusal(refusal(first, stop, deps.now()))
        .await?)
}
