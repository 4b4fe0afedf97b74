//! Goes through the rows of imports, a piece at a time: judged on every processor, written in one transaction that also
//! says how far it is. A crash before its end leaves the piece to be done anew, after it the next one.

use std::time::Duration;

use domain::authority::{Authority, Officer};
use domain::ids::ImportId;
use domain::import::{Column, ImportKind, ImportState, RowFault};
use jiff::Timestamp;
use postgres::audit::{Outcome as AuditOutcome, Record as AuditRecord};
use postgres::lease::Lease;
use postgres::outbox::Event;
use postgres::{ConstraintKind, Tx};
use serde_json::json;
use service_runtime::clock::Clock as _;
use tabular::Row;
use uuid::Uuid;

use crate::deps::Deps;
use crate::error::Error;
use crate::importing::heading::Heading;
use crate::importing::{Note, Outcome, Work, employers, facts, qualifications, register_lookup};
use crate::job;
use crate::peer::exchange::event;
use crate::store::import::{self, Piece, Stored};

/// The job's name: lease, scope and audit verb.
pub(crate) const VERB: &str = "run_imports";

/// How long a turn lasts; the lease is renewed between turns.
const TURN: Duration = Duration::from_secs(2);

/// What a piece comes to.
enum Plan {
    /// Nothing is left to write; so many rows are good, or were handed over.
    Nothing(usize),
    Qualifications(qualifications::Plan),
    Facts(facts::Plan),
    Register(register_lookup::Plan),
}

/// Goes through pieces of the oldest import that has any, for a while. False if there is none.
///
/// While a piece is written the next one is prepared. What was prepared on a picture without the piece before meets the
/// constraints of the schema (a person is put on record once, a number is registered once): the piece is then prepared
/// anew.
pub(crate) async fn run_pieces(deps: &Deps, lease: &Lease) -> Result<bool, Error> {
    let read = async |tx: &mut Tx| Ok::<_, Error>(import::next_working(tx).await?);
    let Some(stored) = deps.reader.snapshot("next import", read).await? else {
        return Ok(false);
    };
    let begun = deps.system.now();
    let ahead = may_run_ahead(stored.import.kind);
    let Some(mut prepared) = prepare_next(deps, stored.clone()).await? else {
        close(deps, lease, &stored).await?;
        return Ok(true);
    };
    loop {
        let following = Stored {
            next_piece: prepared.stored.next_piece + 1,
            ..prepared.stored.clone()
        };
        let time_left = deps.system.now().duration_since(begun).unsigned_abs() < TURN;
        let prepare = async {
            if ahead && time_left {
                prepare_next(deps, following).await
            } else {
                Ok(None)
            }
        };
        let (written, next) = tokio::join!(commit(deps, lease, &prepared), prepare);
        let written = written?;
        deps.wake.push.notify_one();
        match next? {
            Some(next) if written => prepared = next,
            _ => return Ok(true),
        }
    }
}

/// Whether the schema itself notices that a piece was prepared without knowledge of the one before.
const fn may_run_ahead(kind: ImportKind) -> bool {
    matches!(kind, ImportKind::Register | ImportKind::Qualifications)
}

/// A piece with what it comes to.
struct Prepared {
    /// The import as it stands when its turn comes.
    stored: Stored,
    piece: Piece,
    plan: Plan,
    notes: Vec<Note>,
}

/// None after the last piece.
async fn prepare_next(deps: &Deps, stored: Stored) -> Result<Option<Prepared>, Error> {
    let (id, ordinal) = (stored.import.id, stored.next_piece);
    let read = async |tx: &mut Tx| Ok::<_, Error>(import::piece(tx, id, ordinal).await?);
    let Some(piece) = deps.reader.snapshot("next piece of an import", read).await? else {
        return Ok(None);
    };
    let (plan, notes) = prepare(deps, &stored, &piece).await?;
    Ok(Some(Prepared {
        stored,
        piece,
        plan,
        notes,
    }))
}

/// Writes what was prepared. False if the import was cancelled or started meanwhile: it is for nothing then.
async fn commit(deps: &Deps, lease: &Lease, prepared: &Prepared) -> Result<bool, Error> {
    let now = deps.clock.now();
    deps.database
        .run_tx(VERB, async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            let Some(current) = unchanged(tx, &prepared.stored).await? else {
                return Ok(false);
            };
            let said = (&prepared.plan, prepared.notes.as_slice());
            advance(deps, tx, current, &prepared.piece, said, now).await?;
            Ok::<_, Error>(true)
        })
        .await
}

/// Every piece was gone through.
async fn close(deps: &Deps, lease: &Lease, seen: &Stored) -> Result<(), Error> {
    let now = deps.clock.now();
    deps.database
        .run_tx(VERB, async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            match unchanged(tx, seen).await? {
                Some(current) => end(tx, current, now).await,
                None => Ok(()),
            }
        })
        .await
}

/// The import, locked, if it still stands where it was seen.
async fn unchanged(tx: &mut Tx, seen: &Stored) -> Result<Option<Stored>, Error> {
    let found = import::lock(tx, true, seen.import.id).await?;
    let current = found.ok_or_else(Error::not_found)?;
    let same = current.import.state == seen.import.state && current.next_piece == seen.next_piece;
    Ok(same.then_some(current))
}

async fn prepare(deps: &Deps, stored: &Stored, piece: &Piece) -> Result<(Plan, Vec<Note>), Error> {
    let import = &stored.import;
    let key = deps
        .sealing
        .key(import.id.as_uuid(), stored.wrapped_key.clone())?;
    let sealed = deps.objects.get(&piece.object).await?;
    let rows: Vec<Row> = deps
        .sealing
        .open_piece(&key, (import.id, piece.ordinal), sealed)?;
    let heading = Heading::read(import.kind, &stored.heading)?;
    let work = Work {
        deps,
        import: import.id,
        now: deps.clock.now(),
        writes: matches!(import.state, ImportState::Running { .. }),
        repeats: &piece.repeats,
    };
    let officer = officer(stored);
    Ok(match import.kind {
        ImportKind::Qualifications => {
            let (plan, notes) = qualifications::prepare(work, heading, rows).await?;
            (Plan::Qualifications(plan), notes)
        }
        ImportKind::Employers => {
            let (recorded, notes) = employers::hand_over(work, heading, rows).await?;
            (Plan::Nothing(recorded), notes)
        }
        ImportKind::Facts => {
            let (plan, notes) = facts::prepare(work, heading, rows, officer).await?;
            (Plan::Facts(plan), notes)
        }
        ImportKind::Register => {
            let decided_by: Authority = officer.authority;
            let (plan, notes) = register_lookup::prepare(work, heading, rows, decided_by).await?;
            (Plan::Register(plan), notes)
        }
    })
}

/// Who started it; who uploaded it, before that.
fn officer(stored: &Stored) -> Officer {
    match stored.import.state {
        ImportState::Running { by, .. } => by,
        _ => stored.import.uploaded_by,
    }
}

/// Writes the plan of a piece, keeps what was said, and moves on.
async fn advance(
    deps: &Deps,
    tx: &mut Tx,
    mut stored: Stored,
    piece: &Piece,
    (plan, notes): (&Plan, &[Note]),
    now: Timestamp,
) -> Result<(), Error> {
    let id = stored.import.id;
    let failed = rows_of(notes, Outcome::Failed);
    let unchanged = rows_of(notes, Outcome::Unchanged);
    if matches!(stored.import.state, ImportState::Running { .. }) {
        let written = write(deps, tx, (id, piece.ordinal), plan, now).await?;
        audit(deps, tx, &stored, piece, (written, unchanged, failed), now).await?;
    }
    import::insert_notes(tx, id, piece.ordinal, notes).await?;
    let good = piece.rows - failed - unchanged;
    stored.next_piece += 1;
    stored.progress.done += piece.rows;
    stored.progress.written += good;
    stored.progress.unchanged += unchanged;
    stored.progress.failed += failed;
    if let Plan::Register(plan) = plan {
        stored.progress.not_asked += i32::try_from(plan.not_asked).unwrap_or(i32::MAX);
    }
    Ok(import::save(tx, &stored).await?)
}

/// Different rows with an outcome.
fn rows_of(notes: &[Note], outcome: Outcome) -> i32 {
    let mut rows: Vec<u32> = notes
        .iter()
        .filter(|note| note.outcome == outcome)
        .map(|note| note.row)
        .collect();
    rows.sort_unstable();
    rows.dedup();
    i32::try_from(rows.len()).unwrap_or(i32::MAX)
}

async fn write(
    deps: &Deps,
    tx: &mut Tx,
    (id, piece): (ImportId, i32),
    plan: &Plan,
    now: Timestamp,
) -> Result<usize, Error> {
    match plan {
        Plan::Nothing(handed_over) => Ok(*handed_over),
        Plan::Qualifications(new) => {
            let added = import::qualifications::insert(tx, new, now).await?;
            // Somebody recorded one meanwhile: the piece is prepared anew, and says so.
            if added == new.len() {
                Ok(added)
            } else {
                Err(concurrent())
            }
        }
        Plan::Facts(plan) => {
            import::persons::insert(tx, &plan.persons, now)
                .await
                .map_err(taken)?;
            if let Some(evidence) = &plan.evidence {
                crate::store::fact::insert_evidence(tx, evidence, now).await?;
                import::persons::insert_facts(tx, &plan.facts, evidence.id).await?;
            }
            Ok(plan.facts.len())
        }
        Plan::Register(plan) => {
            if plan.entries.is_empty() {
                return Ok(0);
            }
            import::persons::insert(tx, &plan.persons, now)
                .await
                .map_err(taken)?;
            import::persons::upsert_employers(tx, &plan.employers, now).await?;
            let events: Vec<_> = plan
                .payloads
                .iter()
                .map(|payload| Event {
                    format: event::FORMAT,
                    payload,
                    at: now,
                })
                .collect();
            let last = tx.push_events(&deps.stream, &events).await?.sequence;
            let first = last - i64::try_from(events.len()).unwrap_or_default() + 1;
            import::registered::insert(tx, (id, piece), &plan.entries, first)
                .await
                .map_err(taken)?;
            Ok(plan.entries.len())
        }
    }
}

/// Somebody was put on record, or registered, or a number taken, since the piece was prepared: it is prepared anew.
fn taken(error: postgres::Error) -> Error {
    match error {
        postgres::Error::Constraint {
            kind: ConstraintKind::Unique,
            ..
        } => concurrent(),
        other => other.into(),
    }
}

fn concurrent() -> Error {
    service_runtime::error::CONCURRENT_CHANGE.refusal().into()
}

async fn audit(
    deps: &Deps,
    tx: &mut Tx,
    stored: &Stored,
    piece: &Piece,
    (written, unchanged, failed): (usize, i32, i32),
    now: Timestamp,
) -> Result<(), Error> {
    let actor = job::actor(VERB, deps.province);
    let record = AuditRecord {
        at: now,
        actor: &actor,
        verb: VERB,
        article: stored.import.kind.article(),
        subject: &deps.import_name(stored.import.id),
        outcome: AuditOutcome::Done,
        evidence: json!({
            "piece": piece.ordinal, "written": written, "unchanged": unchanged, "failed": failed,
            "by": officer(stored).id.to_string(),
        }),
    };
    Ok(tx.audit(record).await?)
}

/// Checked to its end, or written.
async fn end(tx: &mut Tx, mut stored: Stored, now: Timestamp) -> Result<(), Error> {
    stored.import = stored.import.finish(now);
    if matches!(stored.import.state, ImportState::Completed { .. }) {
        stored.ended_at = Some(now);
    }
    tracing::info!(
        import = %stored.import.id,
        state = stored.import.state.code(),
        rows = stored.progress.done,
        failed = stored.progress.failed,
        "an import was gone through"
    );
    Ok(import::save(tx, &stored).await?)
}

/// The nation refused a row that it had cleared: the registration is none, and the row failed.
pub(crate) async fn refused_by_nation(tx: &mut Tx, row: Uuid, reason: &str) -> Result<(), Error> {
    let Some((id, row, piece)) = import::registered::withdraw(tx, row).await? else {
        return Ok(());
    };
    let found = import::lock(tx, true, id).await?;
    let mut stored = found.ok_or_else(|| Error::internal("a registration of no import"))?;
    let fault = RowFault::Nation {
        reason: reason.to_owned(),
    };
    let note = Note::new(row, Some(Column::RegistrationNumber), &fault);
    import::insert_notes(tx, id, piece, &[note]).await?;
    stored.progress.written -= 1;
    stored.progress.failed += 1;
    Ok(import::save(tx, &stored).await?)
}
