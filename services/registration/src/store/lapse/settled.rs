//! Rows that took effect, with the mirror; and what the nation's refusal takes back.

use domain::ids::{LapseId, LapseRowId, PersonId};
use domain::lapse::{Lapse, LapseAct};
use domain::register::EndCause;
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx, ensure_affected};
use sqlx::query;
use uuid::Uuid;

use crate::store::registered::cause_code;

/// A row whose event is in the outbox.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Applied {
    pub(crate) row: LapseRowId,
    pub(crate) person: PersonId,
    pub(crate) position: i64,
    /// Of an undoing: the row that it undoes.
    pub(crate) undoes: Option<LapseRowId>,
}

struct Columns {
    rows: Vec<Uuid>,
    persons: Vec<Uuid>,
    positions: Vec<i64>,
}

impl Columns {
    fn of(applied: &[Applied]) -> Self {
        Self {
            rows: applied.iter().map(|one| one.row.as_uuid()).collect(),
            persons: applied.iter().map(|one| one.person.as_uuid()).collect(),
            positions: applied.iter().map(|one| one.position).collect(),
        }
    }
}

/// Rows of a lapse took effect: the registrations have ended, the mirror says by which row.
pub(crate) async fn lapsed(
    tx: &mut Tx,
    applied: &[Applied],
    cause: EndCause,
    at: Timestamp,
) -> Result<(), Error> {
    let columns = Columns::of(applied);
    note(tx, &columns).await?;
    let result = query!(
        "UPDATE registration.active_registration SET ended_at = $3, end_cause = $4, lapse_row = row.id,
             updated_by = shared.transaction_name()
         FROM unnest($1::uuid[], $2::uuid[]) AS row (id, person)
         WHERE person_id = row.person AND ended_at IS NULL",
        &columns.rows,
        &columns.persons,
        at.to_sql(),
        cause_code(cause),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("end lapsed registrations", count(applied), &result)
}

/// Rows of an undoing took effect: the mirror says again what it said before.
pub(crate) async fn undone(tx: &mut Tx, undoing: LapseId, applied: &[Applied]) -> Result<(), Error> {
    let columns = Columns::of(applied);
    note(tx, &columns).await?;
    let undone: Vec<Uuid> = applied
        .iter()
        .filter_map(|one| one.undoes.map(LapseRowId::as_uuid))
        .collect();
    let result = query!(
        "UPDATE registration.active_registration SET ended_at = NULL, end_cause = NULL, lapse_row = NULL,
             updated_by = shared.transaction_name()
         FROM unnest($1::uuid[]) AS undone (id) WHERE lapse_row = undone.id",
        &undone,
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("restore lapsed registrations", count(applied), &result)?;
    let result = query!(
        "UPDATE registration.lapse_row SET state = 'UNDONE', undone_by = $2, updated_by = shared.transaction_name()
         FROM unnest($1::uuid[]) AS undone (id) WHERE lapse_row.id = undone.id AND state = 'APPLIED'",
        &undone,
        undoing.as_uuid(),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("undo rows of a lapse", count(applied), &result)
}

async fn note(tx: &mut Tx, columns: &Columns) -> Result<(), Error> {
    query!(
        "UPDATE registration.lapse_row SET state = 'APPLIED', position = applied.position,
             updated_by = shared.transaction_name()
         FROM unnest($1::uuid[], $2::bigint[]) AS applied (id, position)
         WHERE lapse_row.id = applied.id AND state = 'WAITING'",
        &columns.rows,
        &columns.positions,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

fn count(applied: &[Applied]) -> u64 {
    u64::try_from(applied.len()).unwrap_or(u64::MAX)
}

/// The nation's register refused a row: the mirror is put back, unless something newer was announced. Whose it is, and the
/// record it belongs to; none if there is no such row in force.
pub(crate) async fn refused(
    tx: &mut Tx,
    row: Uuid,
    reason: &str,
) -> Result<Option<(PersonId, LapseId)>, Error> {
    let found = query!(
        "UPDATE registration.lapse_row SET state = 'REFUSED', reason = $2, undone_by = NULL,
             updated_by = shared.transaction_name()
         WHERE id = $1 AND state IN ('APPLIED', 'UNDONE') RETURNING person_id, lapse_id, undoes",
        row,
        reason,
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(found) = found else { return Ok(None) };
    match found.undoes {
        None => put_back(tx, row).await?,
        Some(undone) => lapse_again(tx, undone).await?,
    }
    Ok(Some((found.person_id.into(), found.lapse_id.into())))
}

/// A lapse was refused: the registration stands as before.
async fn put_back(tx: &mut Tx, row: Uuid) -> Result<(), Error> {
    query!(
        "UPDATE registration.active_registration SET ended_at = NULL, end_cause = NULL, lapse_row = NULL,
             updated_by = shared.transaction_name()
         WHERE lapse_row = $1",
        row,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// An undoing was refused: its lapse is in force again, unless the register has refused that too.
async fn lapse_again(tx: &mut Tx, undone: Uuid) -> Result<(), Error> {
    let again = query!(
        "UPDATE registration.lapse_row SET state = 'APPLIED', undone_by = NULL, updated_by = shared.transaction_name()
         WHERE id = $1 AND state = 'UNDONE' RETURNING person_id, lapse_id",
        undone,
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(again) = again else { return Ok(()) };
    let lapse: Option<Lapse> = super::find(tx, again.lapse_id.into()).await?;
    let Some((cause, at)) = lapse.as_ref().and_then(in_law) else {
        return Ok(());
    };
    query!(
        "UPDATE registration.active_registration SET ended_at = $2, end_cause = $3, lapse_row = $4,
             updated_by = shared.transaction_name()
         WHERE person_id = $1 AND ended_at IS NULL AND announced_at <= $2",
        again.person_id,
        at.to_sql(),
        cause_code(cause),
        undone,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What a confirmed lapse says, and when it was confirmed.
fn in_law(lapse: &Lapse) -> Option<(EndCause, Timestamp)> {
    let (LapseAct::Lapse { ground, .. }, domain::four_eyes::FourEyesState::Confirmed { confirmed }) =
        (&lapse.act, lapse.four_eyes.state())
    else {
        return None;
    };
    Some((ground.cause(), confirmed.at))
}
