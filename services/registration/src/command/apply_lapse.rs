//! Works off rows of a confirmed lapse, or of undoing one: mirror, events, notifications and rows of a batch in one
//! transaction.

use std::collections::HashMap;

use domain::four_eyes::FourEyesState;
use domain::ids::{LapseId, PersonId};
use domain::lapse::{Lapse, LapseAct, LapseRowRefused, LapseSubject, check_row, check_undo};
use domain::notification::NotificationKind;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::Tx;
use postgres::lease::Lease;
use postgres::outbox::Event;
use service_runtime::clock::Clock as _;
use uuid::Uuid;

use super::check_head;
use super::notify;
use super::record_lapse::code;
use crate::deps::Deps;
use crate::error::Error;
use crate::peer::exchange::event::{self, LapsedRow, UndoneRow};
use crate::store::lapse::{self, Applied, Row};
use crate::store::registered::{self, Standing};

/// The job's name: lease and scope.
pub(crate) const VERB: &str = "apply_lapses";
/// Rows of one transaction. An employer of a usual size is one batch.
const BATCH: i64 = 500;

/// A confirmed record and when it was confirmed.
pub(super) struct Batch<'a> {
    record: &'a Lapse,
    confirmed_at: Timestamp,
    decided_by: String,
}

impl<'a> Batch<'a> {
    pub(super) fn first(record: &'a Lapse) -> Result<Self, Error> {
        let FourEyesState::Confirmed { confirmed } = record.four_eyes.state() else {
            return Err(Error::internal("rows wait before their record is confirmed"));
        };
        Ok(Self {
            record,
            confirmed_at: confirmed.at,
            decided_by: confirmed.by.authority.to_string(),
        })
    }
}

/// What became of a batch.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) count: usize,
    pub(super) failed: usize,
    /// The last refusal, if there was one.
    pub(super) refused: Option<LapseRowRefused>,
}

/// Returns how many rows were worked off. Each row leaves `WAITING` in the transaction that pushes its event, so that a
/// repetition after a crash does it once.
pub(crate) async fn apply_rows(deps: &Deps, lease: &Lease) -> Result<usize, Error> {
    let now = deps.clock.now();
    let done = deps
        .database
        .run_tx("apply lapses", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            let Some(next) = lapse::waiting(tx, None, 1).await?.pop() else {
                return Ok(0);
            };
            let record = lapse::find(tx, next.lapse).await?;
            let record = record.ok_or_else(|| Error::internal("a row belongs to no lapse"))?;
            let outcome = apply(deps, tx, &Batch::first(&record)?, now).await?;
            Ok::<_, Error>(outcome.count + outcome.failed)
        })
        .await?;
    if done > 0 {
        deps.wake.push.notify_one();
    }
    Ok(done)
}

/// The next rows of a record.
pub(super) async fn apply(
    deps: &Deps,
    tx: &mut Tx,
    batch: &Batch<'_>,
    now: Timestamp,
) -> Result<Outcome, Error> {
    let rows = lapse::waiting(tx, Some(batch.record.id), BATCH).await?;
    let people: Vec<Uuid> = rows.iter().map(|row| row.person.as_uuid()).collect();
    let standings = registered::lock_standings(tx, &people).await?;
    let standings: HashMap<PersonId, Standing> = standings
        .into_iter()
        .map(|standing| (standing.person, standing))
        .collect();
    let mut outcome = Outcome::default();
    let mut due = Vec::with_capacity(rows.len());
    for row in rows {
        let standing = standings.get(&row.person);
        match check(batch, &row, standing) {
            Ok(()) => due.push((payload(deps, batch, &row, now), row)),
            Err(refused) => {
                lapse::failed(tx, row.id, code(&refused)).await?;
                outcome.failed += 1;
                outcome.refused = Some(refused);
            }
        }
    }
    outcome.count = due.len();
    let applied = push(deps, tx, batch, &due, now).await?;
    for one in &applied {
        let employer = standings
            .get(&one.person)
            .map(|standing| standing.present.employer);
        let employer = employer.ok_or_else(|| Error::internal("a row without a registration"))?;
        let (kind, day) = told(batch);
        let told = notify::of_registration(deps, kind, one.person, employer, now).on(day);
        notify::push(deps, tx, &told).await?;
    }
    Ok(outcome)
}

fn check(batch: &Batch<'_>, row: &Row, standing: Option<&Standing>) -> Result<(), LapseRowRefused> {
    let present = standing.map(|standing| standing.present);
    match &batch.record.act {
        LapseAct::Lapse {
            subject,
            effective_on,
            ..
        } => check_row(*subject, *effective_on, present),
        LapseAct::Undo { .. } => {
            let by_this = standing
                .is_some_and(|standing| standing.lapse_row.is_some() && standing.lapse_row == row.undoes);
            check_undo(present, by_this)
        }
    }
}

fn told(batch: &Batch<'_>) -> (NotificationKind, Option<Date>) {
    match &batch.record.act {
        LapseAct::Lapse { effective_on, .. } => (NotificationKind::Lapsed, Some(*effective_on)),
        LapseAct::Undo { .. } => (NotificationKind::LapseUndone, None),
    }
}

fn payload(deps: &Deps, batch: &Batch<'_>, row: &Row, now: Timestamp) -> Vec<u8> {
    let name = deps.lapse_name(batch.record.id);
    match (&batch.record.act, row.undoes) {
        (
            LapseAct::Lapse {
                subject,
                ground,
                effective_on,
            },
            _,
        ) => {
            let employer = match subject {
                LapseSubject::Employer(employer) => Some(*employer),
                LapseSubject::Person(_) => None,
            };
            let row = LapsedRow {
                lapse: &name,
                row: row.id,
                person: row.person,
                employer,
                cause: ground.cause(),
                effective_on: *effective_on,
                confirmed_at: batch.confirmed_at,
                decided_by: &batch.decided_by,
            };
            event::lapsed(&row, now)
        }
        (LapseAct::Undo { .. }, undone) => {
            let row = UndoneRow {
                lapse: &name,
                row: row.id,
                person: row.person,
                undone: undone.unwrap_or(row.id),
                confirmed_at: batch.confirmed_at,
                decided_by: &batch.decided_by,
            };
            event::lapse_undone(&row, now)
        }
    }
}

async fn push(
    deps: &Deps,
    tx: &mut Tx,
    batch: &Batch<'_>,
    due: &[(Vec<u8>, Row)],
    now: Timestamp,
) -> Result<Vec<Applied>, Error> {
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let events: Vec<_> = due
        .iter()
        .map(|(payload, _)| Event {
            format: event::FORMAT,
            payload,
            at: now,
        })
        .collect();
    check_head::agreed(deps)?;
    let last = tx.push_events(&deps.stream, &events).await?.sequence;
    let first = last - i64::try_from(due.len()).unwrap_or_default() + 1;
    let applied: Vec<_> = (first..)
        .zip(due)
        .map(|(position, (_, row))| Applied {
            row: row.id,
            person: row.person,
            position,
            undoes: row.undoes,
        })
        .collect();
    let id: LapseId = batch.record.id;
    match &batch.record.act {
        LapseAct::Lapse { ground, .. } => {
            lapse::lapsed(tx, &applied, ground.cause(), batch.confirmed_at).await?;
        }
        LapseAct::Undo { .. } => lapse::undone(tx, id, &applied).await?,
    }
    Ok(applied)
}
