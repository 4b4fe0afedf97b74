//! Tables `registration.announcement`, `announcement_row` and `number_sequence`. What is announced is public.

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

/// Stores an announcement for ever.
pub(crate) async fn insert(tx: &mut Tx, announcement: &Announcement, lines: &[Line]) -> Result<(), Error> {
    query!(
        "INSERT INTO registration.announcement (id, year, serial, number, announced_at, announced_by, position)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        announcement.id.as_uuid(),
        announcement.year,
        announcement.serial,
        announcement.number,
        announcement.announced_at.to_sql(),
        announcement.announced_by,
        announcement.position,
    )
    .execute(tx.conn())
    .await?;
    for (ordinal, line) in (0_i32..).zip(lines) {
        let specialties: Vec<String> = line.specialties.iter().map(|one| one.code().to_owned()).collect();
        query!(
            "INSERT INTO registration.announcement_row (announcement_id, ordinal, application_id, person_id,
                 sealed_name, registration_number, employer_title, specialties, type)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            announcement.id.as_uuid(),
            ordinal,
            line.application.as_uuid(),
            line.person.as_uuid(),
            line.sealed_name,
            line.registration_number,
            line.employer_title,
            &specialties,
            line.kind.code(),
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
}

impl From<Row> for Announcement {
    fn from(row: Row) -> Self {
        Self {
            id: AnnouncementId::from_uuid(row.id),
            year: row.year,
            serial: row.serial,
            number: row.number,
            announced_at: row.announced_at.to_jiff(),
            announced_by: row.announced_by,
            position: row.position,
        }
    }
}

/// One by its id.
pub(crate) async fn find(tx: &mut Tx, id: AnnouncementId) -> Result<Option<Announcement>, Error> {
    let row = query_as!(
        Row,
        "SELECT id, year, serial, number, announced_at, announced_by, position FROM registration.announcement
         WHERE id = $1",
        id.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Announcement::from))
}

/// One by year and serial.
pub(crate) async fn find_numbered(
    tx: &mut Tx,
    year: i32,
    serial: i32,
) -> Result<Option<Announcement>, Error> {
    let row = query_as!(
        Row,
        "SELECT id, year, serial, number, announced_at, announced_by, position FROM registration.announcement
         WHERE year = $1 AND serial = $2",
        year,
        serial,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Announcement::from))
}

/// The newest ones before a year and serial.
pub(crate) async fn list(
    tx: &mut Tx,
    before: Option<(i32, i32)>,
    limit: i64,
) -> Result<Vec<Announcement>, Error> {
    let (year, serial) = before.unzip();
    let rows = query_as!(
        Row,
        "SELECT id, year, serial, number, announced_at, announced_by, position FROM registration.announcement
         WHERE ($1::integer IS NULL OR (year, serial) < ($1, $2)) ORDER BY year DESC, serial DESC LIMIT $3",
        year,
        serial,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Announcement::from).collect())
}

/// The lines of an announcement in order.
pub(crate) async fn lines(tx: &mut Tx, id: AnnouncementId) -> Result<Vec<Line>, Error> {
    const TABLE: &str = "registration.announcement_row";
    let rows = query!(
        "SELECT application_id, person_id, sealed_name, registration_number, employer_title, specialties, type
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
            Ok(Line {
                application: ApplicationId::from_uuid(row.application_id),
                person: PersonId::from_uuid(row.person_id),
                sealed_name: row.sealed_name,
                registration_number: row.registration_number,
                employer_title: row.employer_title,
                specialties: known(specialties, TABLE, "specialties", row.application_id)?,
                kind: known(
                    ApplicationType::from_code(&row.r#type),
                    TABLE,
                    "type",
                    row.application_id,
                )?,
            })
        })
        .collect()
}
