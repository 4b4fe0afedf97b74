//! Table `register.act`: append only.

use domain::province::Province;
use domain::register::{ActRecord, RegisterAct};
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::query;

/// Adds an act; `sealed` is the whole record.
pub(crate) async fn insert(
    tx: &mut Tx,
    record: &ActRecord,
    province: Province,
    sealed: &[u8],
    at: Timestamp,
) -> Result<(), Error> {
    query!(
        "INSERT INTO register.act (id, person, at, kind, province, application, decided_by, announced_by,
             announcement_number, record, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        record.id.as_uuid(),
        record.person.as_uuid(),
        record.at.to_sql(),
        kind(&record.act),
        province.code(),
        record.application.map(domain::ids::ApplicationId::as_uuid),
        record.decided_by.to_string(),
        record.announced_by.to_string(),
        record.announcement_number,
        sealed,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The word in column `kind`.
pub(crate) const fn kind(act: &RegisterAct) -> &'static str {
    match act {
        RegisterAct::Register { .. } => "REGISTER",
        RegisterAct::Renew { .. } => "RENEW",
        RegisterAct::DeemRenewed { .. } => "DEEM_RENEWED",
        RegisterAct::NoteRenewalAccepted => "NOTE_RENEWAL_ACCEPTED",
        RegisterAct::NoteRenewalClosed => "NOTE_RENEWAL_CLOSED",
        RegisterAct::ChangeEmployer { .. } => "CHANGE_EMPLOYER",
        RegisterAct::AddSpecialties { .. } => "ADD_SPECIALTIES",
        RegisterAct::Cancel { .. } => "CANCEL",
        RegisterAct::CancelSpecialties { .. } => "CANCEL_SPECIALTIES",
        RegisterAct::Correct { .. } => "CORRECT",
        RegisterAct::ReissueSeal => "REISSUE_SEAL",
        RegisterAct::Suspend { .. } => "SUSPEND",
        RegisterAct::Restore => "RESTORE",
        RegisterAct::Reinstate { .. } => "REINSTATE",
        RegisterAct::NoteMoveBegun { .. } => "NOTE_MOVE_BEGUN",
        RegisterAct::MoveOut => "MOVE_OUT",
        RegisterAct::MoveIn { .. } => "MOVE_IN",
        RegisterAct::CancelMoveOut => "CANCEL_MOVE_OUT",
        RegisterAct::End { .. } => "END",
        RegisterAct::Lapse { .. } => "LAPSE",
        RegisterAct::UndoLapse { .. } => "UNDO_LAPSE",
    }
}
