//! Goes through the rows of imports, a piece at a time: judged on every processor, written in one transaction that also
//! says how far it is. A crash before its end leaves the piece to be done anew, after it the next one.

use domain::authority::{Authority, Officer};
use domain::ids::ImportId;
use domain::import::{Column, ImportKind, ImportState, RowFault};
use jiff::Timestamp;
use postgres::Tx;
use postgres::audit::{Outcome as AuditOutcome, Record as AuditRecord};
use postgres::lease::Lease;
use postgres::outbox::Event;
use serde_json::json;
use service_runtime::clock::Clock as _;
use tabular::Row;
use uuid::Uuid;

use crate::app::Deps;
use crate::error::Error;
use crate::importing::heading::Heading;
use crate::importing::{Note, Outcome, Work, employers, facts, qualifications, register_lookup};
use crate::job;
use crate::peer::exchange::event;
use crate::store::import::{self, Piece, Stored};

/// The job's name: lease, scope and audit verb.
pub(crate) const VERB: &str = "run_imports";

/// What a piece comes to.
enum Plan {
    /// Nothing is left to write; so many rows are good, or were handed over.
    Nothing(usize),
    Qualifications(qualifications::Plan),
    Facts(facts::Plan),
    Register(register_lookup::Plan),
}

/// Goes through one piece of the oldest import that has any. False if there is none.
pub(crate) async fn run_piece(deps: &Deps, lease: &Lease) -> Result<bool, Error> {
    let read = async |tx: &mut Tx| {
        let Some(stored) = import::next_working(tx).await? else {
            return Ok(None);
        };
        let piece = import::piece(tx, stored.import.id, stored.next_piece).await?;
        Ok::<_, Error>(Some((stored, piece)))
    };
    let Some((stored, piece)) = deps.reader.snapshot("next piece of an import", read).await? else {
        return Ok(false);
    };
    let (plan, notes) = match &piece {
        Some(piece) => prepare(deps, &stored, piece).await?,
        None => (Plan::Nothing(0), Vec::new()),
    };
    let now = deps.clock.now();
    let (seen, piece, plan, notes) = (&stored, piece.as_ref(), &plan, &notes);
    deps.database
        .run_tx(VERB, async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            let found = import::lock(tx, true, seen.import.id).await?;
            let current = found.ok_or_else(Error::not_found)?;
            // Cancelled, or started, meanwhile: what was prepared is for nothing.
            if current.import.state != seen.import.state || current.next_piece != seen.next_piece {
                return Ok(());
            }
            match piece {
                Some(piece) => advance(deps, tx, current, piece, (plan, notes), now).await,
                None => end(tx, current, now).await,
            }
        })
        .await?;
    deps.wake.push.notify_one();
    Ok(true)
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
    let concurrent = || Error::from(service_runtime::error::CONCURRENT_CHANGE.refusal());
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
            if import::persons::insert(tx, &plan.persons, now).await? != plan.persons.len() {
                return Err(concurrent());
            }
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
            if import::persons::insert(tx, &plan.persons, now).await? != plan.persons.len() {
                return Err(concurrent());
            }
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
            let added = import::registered::insert(tx, (id, piece), &plan.entries, first).await?;
            if added == plan.entries.len() {
                Ok(added)
            } else {
                Err(concurrent())
            }
        }
    }
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
