//! Table `register.act`: append only.

use domain::ids::ApplicationId;
use domain::province::Province;
use domain::register::{ActRecord, RegisterAct};
use jiff::Timestamp;
use postgres::{Error, SqlTimestamp, ToSql as _, Tx, column};
use sqlx::query;
use uuid::Uuid;

/// An act with the whole record sealed.
#[derive(Debug)]
pub(crate) struct NewAct {
    pub(crate) record: ActRecord,
    pub(crate) province: Province,
    pub(crate) sealed: Vec<u8>,
}

/// Adds acts in their order.
pub(crate) async fn insert_all(tx: &mut Tx, new: &[NewAct], at: Timestamp) -> Result<(), Error> {
    if new.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = column(new, |act| act.record.id.as_uuid());
    let people: Vec<Uuid> = column(new, |act| act.record.person.as_uuid());
    let times: Vec<SqlTimestamp> = column(new, |act| act.record.at.to_sql());
    let kinds: Vec<String> = column(new, |act| kind(&act.record.act).to_owned());
    let provinces: Vec<String> = column(new, |act| act.province.code().to_owned());
    let applications: Vec<Option<Uuid>> =
        column(new, |act| act.record.application.map(ApplicationId::as_uuid));
    let decided_by: Vec<String> = column(new, |act| act.record.decided_by.to_string());
    let announced_by: Vec<String> = column(new, |act| act.record.announced_by.to_string());
    let numbers: Vec<Option<String>> = column(new, |act| act.record.announcement_number.clone());
    let records: Vec<Vec<u8>> = column(new, |act| act.sealed.clone());
    query!(
        "INSERT INTO register.act (id, person, at, kind, province, application, decided_by, announced_by,
             announcement_number, record, recorded_at)
         SELECT id, person, at, kind, province, application, decided_by, announced_by, announcement_number, record, $11
         FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::text[],
             $9::text[], $10::bytea[]) WITH ORDINALITY
             AS new (id, person, at, kind, province, application, decided_by, announced_by, announcement_number, record, place)
         ORDER BY place",
        &ids,
        &people,
        &times as _,
        &kinds,
        &provinces,
        &applications as _,
        &decided_by,
        &announced_by,
        &numbers as _,
        &records,
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
