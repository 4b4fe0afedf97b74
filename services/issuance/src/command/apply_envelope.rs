//! Applies one envelope of a province exactly once (issuance cycle, step 1).

use domain::ids::ClearanceId;
use domain::province::Province;
use jiff::Timestamp;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use postgres::inbox::{self, Arrival};
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
use crate::deps::Deps;
use crate::error::Error;
use crate::event::{Event, Failure, Stop, What};
use crate::exchange::stream;
use crate::store::exchange::claim::{self, Key};
use crate::store::exchange::clearance::{self, State};
use crate::store::exchange::watermark;
use crate::store::register::{person, registration_number};

/// The applier sees every row: a province's event may touch what another province wrote.
pub(crate) const JOB: JobName = JobName::new("apply_announcement");

/// How a province stands after an envelope, or at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The last event applied.
    pub(crate) position: Position,
    /// Why nothing more is applied.
    pub(crate) stopped: Option<String>,
}

/// What became of one envelope.
enum Applied {
    Next(Position),
    Before,
    StandsAlready(String),
}

/// Where a province's stream stands.
pub(crate) async fn standing(deps: &Deps, province: Province) -> Result<Standing, Error> {
    let name = stream(province);
    let source = deps
        .read
        .snapshot("look at stream", async |tx: &mut Tx| {
            inbox::source(tx, &name).await
        })
        .await?;
    Ok(Standing {
        position: source.position,
        stopped: source.stopped,
    })
}

/// Applies an envelope whose hash and signature hold, or says why the stream stands. `event` is its payload, or why that
/// cannot be read; what was applied before is not read again.
///
/// # Errors
/// The database's, or a defect: nothing is applied then, and sending again is safe.
#[instrument(name = "apply_announcement", skip_all, fields(stream = %envelope.stream, sequence = envelope.sequence))]
pub(crate) async fn apply_envelope(
    deps: &Deps,
    province: Province,
    envelope: &Envelope,
    event: &Result<Event, Stop>,
) -> Result<Option<String>, Error> {
    let now = deps.now();
    let applied = deps
        .database
        .run_tx("apply announcement", async |tx: &mut Tx| {
            apply(deps, tx, province, envelope, event, now).await
        })
        .await;
    match applied {
        Ok(Applied::Next(position)) => {
            deps.positions
                .province(province)
                .advance(u64::try_from(position.sequence).unwrap_or(0));
            deps.bells.changes.notify_one();
            deps.bells.documents.notify_one();
            deps.bells.downstream.notify_waiters();
            Ok(None)
        }
        Ok(Applied::Before) => Ok(None),
        Ok(Applied::StandsAlready(reason)) => Ok(Some(reason)),
        Err(Failure::Stop(stop)) => {
            stand(deps, envelope, stop, now).await?;
            Ok(Some(stop.reason.to_owned()))
        }
        Err(Failure::Error(error)) => Err(error),
    }
}

async fn apply(
    deps: &Deps,
    tx: &mut Tx,
    province: Province,
    envelope: &Envelope,
    event: &Result<Event, Stop>,
    now: Timestamp,
) -> Result<Applied, Failure> {
    let position = match inbox::receive(tx, envelope, now).await? {
        Arrival::Next(position) => position,
        Arrival::Duplicate => return Ok(Applied::Before),
        Arrival::Gap { .. } => return Err(Stop::GAP.into()),
        Arrival::Fork { .. } => return Err(Stop::FORK.into()),
        Arrival::Stopped => {
            let stopped = inbox::source(tx, &envelope.stream).await?.stopped;
            return Ok(Applied::StandsAlready(stopped.unwrap_or_default()));
        }
    };
    let event = event.as_ref().map_err(|stop| *stop)?;
    let scope = Scope::for_job(&JOB);
    let mut through = event.occurred_at;
    match &event.what {
        What::Announced(announced) => announce(deps, tx, &scope, announced, now).await?,
        What::Renewal { key, person, pending } => {
            note_renewal(
                deps,
                tx,
                &scope,
                (*key, *person, *pending),
                event.occurred_at,
                now,
            )
            .await?;
        }
        What::ClearanceReleased { key, clearance } => release(deps, tx, *key, *clearance, now).await?,
        What::Succeeded(row) => succeed(deps, tx, &scope, row, now).await?,
        What::Lapsed(row) => lapse(deps, tx, &scope, row, now).await?,
        What::Migrated(row) => migrate(deps, tx, &scope, row, now).await?,
        What::RenewalDeemed(deemed) => {
            deem_renewed(deps, tx, &scope, deemed, event.occurred_at, now).await?;
        }
        What::Reinstated(reinstated) => reinstate(deps, tx, &scope, reinstated, now).await?,
        What::Watermark(told) => through = *told,
    }
    watermark::advance(tx, province, position.sequence, through).await?;
    Ok(Applied::Next(position))
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
    person::lock(tx, found.person).await?;
    clearance::end(tx, id, State::Released, now).await?;
    claim::end(tx, key, false, Some("CLEARANCE_RELEASED"), now).await?;
    registration_number::free_unused(tx, found.person).await?;
    moving::cancelled(deps, tx, key, found.person, now).await?;
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

/// Stops the province's stream if it must stand, and records why in any case.
async fn stand(deps: &Deps, envelope: &Envelope, stop: Stop, now: Timestamp) -> Result<(), Error> {
    tracing::warn!(
        stream = envelope.stream,
        sequence = envelope.sequence,
        reason = stop.reason,
        "the stream stands"
    );
    let record = Record {
        at: now,
        actor: &envelope.stream,
        verb: "apply_announcement",
        article: "design §3",
        subject: &envelope.stream,
        outcome: Outcome::Refused { reason: stop.reason },
        evidence: json!({ "sequence": envelope.sequence, "hash": hex::encode(envelope.hash()) }),
    };
    deps.database
        .run_tx("stop province", async |tx: &mut Tx| {
            if stop.stands {
                inbox::stop(tx, &envelope.stream, stop.reason, now).await?;
            }
            tx.audit(record.clone()).await
        })
        .await?;
    Ok(())
}

/// Stops what cannot even be judged by its number: a batch whose hash or signature does not hold.
pub(crate) async fn refuse_batch(deps: &Deps, first: &Envelope, stop: Stop) -> Result<(), Error> {
    stand(deps, first, stop, deps.now()).await
}
