//! Tables `registration.announcement`, `announcement_row`, `announcement_key` and `number_sequence`. What is announced is
//! public and never changed.

use domain::announcement::ListingFault;
use domain::application::ApplicationType;
use domain::ids::{AnnouncementId, ApplicationId, PersonId};
use domain::specialty::Specialty;
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::{query, query_as, query_scalar};
use uuid::Uuid;

use super::known;

/// An announcement without its rows.
#[derive(Debug, Clone)]
pub(crate) struct Announcement {
    pub(crate) id: AnnouncementId,
    pub(crate) year: i32,
    pub(crate) serial: i32,
    pub(crate) number: String,
    pub(crate) announced_at: Timestamp,
    pub(crate) announced_by: String,
    /// The last of its events in the outbox.
    pub(crate) position: i64,
    /// The one that it corrects.
    pub(crate) corrects: Option<AnnouncementId>,
    /// Over the commitments of the lines.
    pub(crate) root: [u8; 32],
    pub(crate) key_id: [u8; 32],
    /// DER.
    pub(crate) signature: Vec<u8>,
}

/// One line of an announcement.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) application: ApplicationId,
    pub(crate) person: PersonId,
    pub(crate) sealed_name: Vec<u8>,
    pub(crate) registration_number: String,
    pub(crate) employer_title: String,
    pub(crate) specialties: Vec<Specialty>,
    pub(crate) kind: ApplicationType,
    /// On a correcting announcement: what was wrong, and in which line of the corrected one.
    pub(crate) correction: Option<(ListingFault, Option<u32>)>,
    pub(crate) commitment: [u8; 32],
    pub(crate) sealed_salt: Vec<u8>,
}

/// What an announcement says of a line of an earlier one.
#[derive(Debug, Clone)]
pub(crate) struct CorrectedLine {
    /// From 1; none for what had been omitted.
    pub(crate) row: Option<u32>,
    pub(crate) fault: ListingFault,
    /// Of the correcting announcement.
    pub(crate) number: String,
}

/// The next number of a kind in a year; held by the transaction that takes it.
pub(crate) async fn next_number(tx: &mut Tx, kind: &str, year: i32) -> Result<i32, Error> {
    Ok(query_scalar!(
        "INSERT INTO registration.number_sequence AS held (kind, year, last) VALUES ($1, $2, 1)
         ON CONFLICT (kind, year) DO UPDATE SET last = held.last + 1, updated_by = shared.transaction_name()
         RETURNING last",
        kind,
        year,
    )
    .fetch_one(tx.conn())
    .await?)
}

/// Keeps the public half of a key that signs from now on.
pub(crate) async fn keep_key(tx: &mut Tx, key_id: &[u8], spki: &[u8], at: Timestamp) -> Result<(), Error> {
    query!(
        "INSERT INTO registration.announcement_key (key_id, spki, first_used_at) VALUES ($1, $2, $3)
         ON CONFLICT (key_id) DO NOTHING",
        key_id,
        spki,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// SubjectPublicKeyInfo of every key that signed here, with its first use, the newest first.
pub(crate) async fn keys(tx: &mut Tx) -> Result<Vec<(Vec<u8>, Timestamp)>, Error> {
    let rows = query!(
        "SELECT spki, first_used_at FROM registration.announcement_key
           ORDER BY first_used_at DESC, key_id",
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.spki, row.first_used_at.to_jiff()))
        .collect())
}

/// Stores an announcement for ever.
pub(crate) async fn insert(tx: &mut Tx, announcement: &Announcement, lines: &[Line]) -> Result<(), Error> {
    query!(
        "INSERT INTO registration.announcement (id, year, serial, number, announced_at, announced_by, position,
             corrects, root, key_id, signature)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        announcement.id.as_uuid(),
        announcement.year,
        announcement.serial,
        announcement.number,
        announcement.announced_at.to_sql(),
        announcement.announced_by,
        announcement.position,
        announcement.corrects.map(AnnouncementId::as_uuid),
        announcement.root.as_slice(),
        announcement.key_id.as_slice(),
        announcement.signature,
    )
    .execute(tx.conn())
    .await?;
    for (ordinal, line) in (0_i32..).zip(lines) {
        let specialties: Vec<String> = line.specialties.iter().map(|one| one.code().to_owned()).collect();
        let row = line.correction.and_then(|(_, row)| row);
        query!(
            "INSERT INTO registration.announcement_row (announcement_id, ordinal, application_id, person_id,
                 sealed_name, registration_number, employer_title, specialties, type, commitment, sealed_salt, fault,
                 corrected_row)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            announcement.id.as_uuid(),
            ordinal,
            line.application.as_uuid(),
            line.person.as_uuid(),
            line.sealed_name,
            line.registration_number,
            line.employer_title,
            &specialties,
            line.kind.code(),
            line.commitment.as_slice(),
            line.sealed_salt,
            line.correction.map(|(fault, _)| fault.code()),
            row.map(|row| i32::try_from(row).unwrap_or(i32::MAX)),
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

struct Row {
    id: Uuid,
    year: i32,
    serial: i32,
    number: String,
    announced_at: postgres::SqlTimestamp,
    announced_by: String,
    position: i64,
    corrects: Option<Uuid>,
    root: Vec<u8>,
    key_id: Vec<u8>,
    signature: Vec<u8>,
}

const TABLE: &str = "registration.announcement";
const ROWS: &str = "registration.announcement_row";

impl TryFrom<Row> for Announcement {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: AnnouncementId::from_uuid(row.id),
            year: row.year,
            serial: row.serial,
            number: row.number,
            announced_at: row.announced_at.to_jiff(),
            announced_by: row.announced_by,
            position: row.position,
            corrects: row.corrects.map(AnnouncementId::from_uuid),
            root: known(row.root.try_into().ok(), TABLE, "root", row.id)?,
            key_id: known(row.key_id.try_into().ok(), TABLE, "key_id", row.id)?,
            signature: row.signature,
        })
    }
}

/// One by its id.
pub(crate) async fn find(tx: &mut Tx, id: AnnouncementId) -> Result<Option<Announcement>, Error> {
    let row = query_as!(
        Row,
        "SELECT id, year, serial, number, announced_at, announced_by, position, corrects, root, key_id, signature
         FROM registration.announcement WHERE id = $1",
        id.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(Announcement::try_from).transpose()
}

/// One by authority, year and serial.
pub(crate) async fn find_numbered(
    tx: &mut Tx,
    announced_by: &str,
    year: i32,
    serial: i32,
) -> Result<Option<Announcement>, Error> {
    let row = query_as!(
        Row,
        "SELECT id, year, serial, number, announced_at, announced_by, position, corrects, root, key_id, signature
         FROM registration.announcement WHERE announced_by = $1 AND year = $2 AND serial = $3",
        announced_by,
        year,
        serial,
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(Announcement::try_from).transpose()
}

/// The newest ones before an instant and id.
pub(crate) async fn list(
    tx: &mut Tx,
    before: Option<(Timestamp, Uuid)>,
    limit: i64,
) -> Result<Vec<Announcement>, Error> {
    let (at, id) = before.unzip();
    let rows = query_as!(
        Row,
        "SELECT id, year, serial, number, announced_at, announced_by, position, corrects, root, key_id, signature
         FROM registration.announcement
         WHERE ($1::timestamptz IS NULL OR (announced_at, id) < ($1, $2)) ORDER BY announced_at DESC, id DESC LIMIT $3",
        at.to_sql() as _,
        id,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Announcement::try_from).collect()
}

/// What later announcements say of the lines of one, in the order in which they were said.
pub(crate) async fn corrections(tx: &mut Tx, id: AnnouncementId) -> Result<Vec<CorrectedLine>, Error> {
    let rows = query!(
        "SELECT later.id, later.number, said.fault, said.corrected_row
         FROM registration.announcement AS later
         JOIN registration.announcement_row AS said ON said.announcement_id = later.id
         WHERE later.corrects = $1 ORDER BY later.announced_at, later.id, said.ordinal",
        id.as_uuid(),
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    rows.into_iter()
        .map(|row| {
            Ok(CorrectedLine {
                row: row.corrected_row.and_then(|row| u32::try_from(row).ok()),
                fault: known(
                    row.fault.as_deref().and_then(ListingFault::from_code),
                    ROWS,
                    "fault",
                    row.id,
                )?,
                number: row.number,
            })
        })
        .collect()
}

/// The lines of an announcement in order.
pub(crate) async fn lines(tx: &mut Tx, id: AnnouncementId) -> Result<Vec<Line>, Error> {
    let rows = query!(
        "SELECT application_id, person_id, sealed_name, registration_number, employer_title, specialties, type,
                commitment, sealed_salt, fault, corrected_row
         FROM registration.announcement_row WHERE announcement_id = $1 ORDER BY ordinal",
        id.as_uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let specialties = row
                .specialties
                .iter()
                .map(|code| Specialty::from_text(code))
                .collect();
            let at = row.application_id;
            let fault = row
                .fault
                .as_deref()
                .map(|code| known(ListingFault::from_code(code), ROWS, "fault", at));
            let corrected = row.corrected_row.and_then(|row| u32::try_from(row).ok());
            Ok(Line {
                application: ApplicationId::from_uuid(at),
                person: PersonId::from_uuid(row.person_id),
                sealed_name: row.sealed_name,
                registration_number: row.registration_number,
                employer_title: row.employer_title,
                specialties: known(specialties, ROWS, "specialties", at)?,
                kind: known(ApplicationType::from_code(&row.r#type), ROWS, "type", at)?,
                correction: fault.transpose()?.map(|fault| (fault, corrected)),
                commitment: known(row.commitment.try_into().ok(), ROWS, "commitment", at)?,
                sealed_salt: row.sealed_salt,
            })
        })
        .collect()
}
