//! Applies envelopes of a province exactly once (issuance cycle, step 1).

use domain::authority::Authority;
use domain::ids::ClearanceId;
use domain::notification::{Addressee, NotificationKind, Particulars};
use domain::province::Province;
use domain::stream_repair::Standing;
use jiff::Timestamp;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use postgres::inbox::{self, BatchArrival, Source};
use postgres::outbox::{Envelope, Position};
use serde_json::json;
use service_runtime::error::RESTORING;
use tracing::instrument;

use super::apply_act::lapse::lapse;
use super::apply_act::migration::migrate;
use super::apply_act::succession::succeed;
use super::apply_act::{announce, moving, note_renewal};
use super::deem_renewed::deem_renewed;
use super::reinstate::reinstate;
use super::restoration::replay::replay_until;
use super::tally::Tally;
use super::working_set::{Wanted, WorkingSet};
use crate::deps::Deps;
use crate::error::Error;
use crate::event::{Event, Failure, Stop, What, standing};
use crate::exchange::stream;
use crate::restoration::Phase;
use crate::store::exchange::claim::{End, Key};
use crate::store::exchange::clearance::{Clearance, State};
use crate::store::exchange::{stopped, watermark};
use crate::store::restoration::target;

/// Where a province's stream stands, and why nothing more is applied if it is stopped.
pub(crate) async fn source_of(deps: &Deps, province: Province) -> Result<Source, Error> {
    let name = stream(province);
    let read = async |tx: &mut Tx| inbox::source(tx, &name).await;
    Ok(deps.read.snapshot("look at stream", read).await?)
}

/// How many envelopes go into one transaction: all that one signature covers. Their statements are few however many they are,
/// so that the rows of persons are locked for no longer than a commit is worth.
const MOST_AT_ONCE: usize = 500;

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

/// Why nothing of a transaction was applied.
#[derive(Debug)]
struct Refused {
    /// The envelope that was refused; none where it was not one's decision that failed, but what they all came to.
    index: Option<usize>,
    failure: Failure,
}

impl Refused {
    fn at(index: usize, failure: impl Into<Failure>) -> Self {
        Self {
            index: Some(index),
            failure: failure.into(),
        }
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self { index: None, failure }
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Failure::from(error).into()
    }
}

impl From<postgres::Error> for Refused {
    fn from(error: postgres::Error) -> Self {
        Failure::from(error).into()
    }
}

impl postgres::TransactionError for Refused {
    fn database(&self) -> Option<&postgres::Error> {
        postgres::TransactionError::database(&self.failure)
    }
}

/// Applies a batch in few transactions, or says why the stream stands. What comes before an envelope that cannot be applied
/// is applied; that envelope is then judged alone. Where a transaction fails and no envelope is known to be the cause, it is
/// looked for by halves. What was applied before is not applied again.
///
/// # Errors
/// The database's: sending again is safe.
#[instrument(name = "apply_announcement", skip_all, fields(province = %batch.province, count = batch.envelopes.len()))]
pub(crate) async fn apply_batch(deps: &Deps, batch: &Batch<'_>) -> Result<Option<String>, Error> {
    let replaying = deps.gate.phase() == Phase::Replaying;
    // What is applied again is applied at the time of the first time, each by itself.
    let largest = if replaying { 1 } else { MOST_AT_ONCE };
    let (mut from, mut most, mut ceiling) = (0, largest, largest);
    while from < batch.envelopes.len() {
        let part = batch.part(from, most);
        let now = deps.now();
        let applied = deps
            .database
            .run_tx("apply announcements", async |tx: &mut Tx| {
                let now = match part.events {
                    [Ok(event)] if replaying => replay_until(deps, tx, event, now).await?,
                    _ => now,
                };
                apply_part(deps, tx, &part, now).await
            })
            .await;
        match applied {
            Ok(Applied::All(position)) => {
                if let Some(position) = position {
                    ring(deps, batch.province, position);
                }
                (from, most) = (from + part.envelopes.len(), ceiling);
            }
            Ok(Applied::StandsAlready(reason)) => return Ok(Some(reason)),
            Err(Refused { index, failure })
                if part.envelopes.len() == 1 || (index == Some(0) && stops(&failure)) =>
            {
                let kind = part.events[0].as_ref().ok().and_then(|event| event.what.kind());
                return judged(deps, batch.province, (&part.envelopes[0], kind), failure, now).await;
            }
            Err(Refused { failure, .. }) if away(&failure) => return Err(failure.into()),
            Err(Refused {
                index: Some(index), ..
            }) => most = index.max(1),
            Err(Refused { index: None, .. }) => {
                most = part.envelopes.len().div_ceil(2);
                ceiling = most;
            }
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
    // What it needs another province may have to tell again first, so it is tried again by itself. Officers see where it is.
    let waits = deps.gate.phase() == Phase::Replaying && standing(stop.reason) == Some(Standing::Refused);
    let stop = Stop {
        stands: stop.stands && !waits,
        ..stop
    };
    stand(deps, province, envelope, stop, now).await?;
    if waits {
        return Err(RESTORING.into());
    }
    Ok(Some(stop.reason.to_owned()))
}

fn ring(deps: &Deps, province: Province, position: Position) {
    let through = u64::try_from(position.sequence).unwrap_or(0);
    deps.positions.province(province).advance(through);
    deps.bells.changes.notify_one();
    deps.bells.documents.notify_one();
    deps.bells.downstream.notify_waiters();
}

/// Reads what the events may ask for, decides them in their order, and stores what they came to with their envelopes.
async fn apply_part(deps: &Deps, tx: &mut Tx, part: &Batch<'_>, now: Timestamp) -> Result<Applied, Refused> {
    let known = match inbox::receive_all(tx, part.envelopes).await? {
        BatchArrival::Next { applied } => applied,
        BatchArrival::Gap => return Err(Refused::at(0, Stop::GAP)),
        BatchArrival::Fork { index } => return Err(Refused::at(index, Stop::FORK)),
        BatchArrival::Stopped(reason) => return Ok(Applied::StandsAlready(reason)),
    };
    let (envelopes, events) = (&part.envelopes[known..], &part.events[known..]);
    let wanted = Wanted::by(events.iter().flatten());
    let mut set = WorkingSet::read(deps, tx, wanted, now).await?;
    let mut through = Timestamp::UNIX_EPOCH;
    let before = match deps.gate.phase() {
        Phase::Replaying => target::of(tx, part.province).await?,
        Phase::Open | Phase::Closed => 0,
    };
    let mut tally = Tally::new(part.province, before, now);
    for (index, (envelope, event)) in (known..).zip(envelopes.iter().zip(events)) {
        let decided = match event {
            Ok(event) => {
                through = through.max(event.through());
                let counted = tally.count(deps, tx, (envelope.sequence, &event.what)).await;
                counted.and_then(|()| decide_event(deps, &mut set, event))
            }
            Err(stop) => Err((*stop).into()),
        };
        decided.map_err(|failure| Refused::at(index, failure))?;
    }
    set.write(deps, tx).await?;
    let position = inbox::record_all(tx, envelopes, now).await?;
    if let Some(position) = position {
        stopped::store(tx, part.province, envelopes).await?;
        tally.store(tx).await?;
        watermark::advance(tx, part.province, position.sequence, through).await?;
        stopped::end(tx, part.province, stopped::Outcome::Applied, None, now).await?;
    }
    Ok(Applied::All(position))
}

fn decide_event(deps: &Deps, set: &mut WorkingSet, event: &Event) -> Result<(), Failure> {
    match &event.what {
        What::Announced(announced) => announce(deps, set, announced),
        What::Renewal { key, person, pending } => {
            note_renewal(set, (*key, *person, *pending), event.occurred_at)
        }
        What::ClearanceReleased { key, clearance } => release(set, *key, *clearance),
        What::Succeeded(row) => succeed(deps, set, row),
        What::Lapsed(row) => lapse(deps, set, row),
        What::Migrated(row) => migrate(set, row),
        What::RenewalDeemed(deemed) => deem_renewed(deps, set, deemed, event.occurred_at),
        What::Reinstated(reinstated) => reinstate(deps, set, reinstated),
        What::Watermark(_) => Ok(()),
    }
}

/// The province will not use a clearance: its own evidence, so claim and digits are free again.
fn release(set: &mut WorkingSet, key: Key, id: ClearanceId) -> Result<(), Failure> {
    let found = set
        .clearance(id)
        .cloned()
        .filter(|found| found.key == key)
        .ok_or(Stop::NO_CLEARANCE)?;
    match found.state {
        State::Released => return Ok(()),
        State::Used => return Err(Stop::CLEARANCE_USED.into()),
        State::Cleared => {}
    }
    free(set, &found, "CLEARANCE_RELEASED")?;
    let (actor, subject) = (stream(key.province), key.to_string());
    set.audit(&Record {
        at: set.now(),
        actor: &actor,
        verb: "release_clearance",
        article: "design §3",
        subject: &subject,
        outcome: Outcome::Done,
        evidence: json!({ "clearance": id.to_string() }),
    });
    Ok(())
}

/// Frees what a clearance reserved that was found unused and will not be used.
pub(super) fn free(set: &mut WorkingSet, found: &Clearance, reason: &str) -> Result<(), Failure> {
    set.end_clearance(found.id, State::Released);
    set.end_claim(found.key, End::Released(reason.to_owned()));
    set.free_digits(found.person);
    moving::cancelled(set, found.key, found.person)
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
            let mut first = true;
            if standing(stop.reason).is_some() {
                first = stopped::keep(tx, province, envelope, (stop.reason, kind), now).await?;
                notification_service::tell(tx, told).await?;
            }
            // One that is tried again and again is recorded once.
            if first || stop.stands {
                tx.audit(record.clone()).await?;
            }
            Ok::<_, postgres::Error>(())
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
