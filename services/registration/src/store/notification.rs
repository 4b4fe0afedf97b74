//! Table `registration.notification`: what is told, in an order that a reader can resume.

use domain::ids::PersonId;
use domain::notification::{Addressee, NotificationKind};
use domain::specialty::Specialty;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::{Error, SqlDate, SqlTimestamp, ToSql as _, Tx};
use sqlx::{query, query_as, query_scalar};
use uuid::Uuid;

use super::known;

const TABLE: &str = "registration.notification";

/// One notification to one addressee.
#[derive(Debug, Clone)]
pub(crate) struct Notification {
    pub(crate) id: Uuid,
    /// None until it is in the stream.
    pub(crate) position: Option<i64>,
    pub(crate) kind: NotificationKind,
    pub(crate) addressee: Addressee,
    pub(crate) person: Option<PersonId>,
    pub(crate) subject: String,
    pub(crate) specialty: Option<Specialty>,
    pub(crate) day: Option<Date>,
    pub(crate) days_left: Option<u16>,
    pub(crate) recorded_at: Timestamp,
    pub(crate) once: Option<String>,
}

struct Row {
    id: Uuid,
    position: Option<i64>,
    kind: String,
    addressee: String,
    person_id: Option<Uuid>,
    subject: String,
    specialty: Option<String>,
    day: Option<SqlDate>,
    days_left: Option<i32>,
    recorded_at: SqlTimestamp,
    once: Option<String>,
}

impl TryFrom<Row> for Notification {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let id = row.id;
        let specialty = row
            .specialty
            .map(|code| known(Specialty::from_text(&code), TABLE, "specialty", id));
        let days_left = row
            .days_left
            .map(|days| known(u16::try_from(days).ok(), TABLE, "days_left", id));
        Ok(Self {
            id,
            position: row.position,
            kind: known(NotificationKind::from_code(&row.kind), TABLE, "kind", id)?,
            addressee: known(Addressee::parse(&row.addressee), TABLE, "addressee", id)?,
            person: row.person_id.map(PersonId::from_uuid),
            subject: row.subject,
            specialty: specialty.transpose()?,
            day: row.day.map(SqlDate::to_jiff),
            days_left: days_left.transpose()?,
            recorded_at: row.recorded_at.to_jiff(),
            once: row.once,
        })
    }
}

/// Adds a notification. False if what is told once was told already.
pub(crate) async fn insert(tx: &mut Tx, new: &Notification) -> Result<bool, Error> {
    let result = query!(
        "INSERT INTO registration.notification
             (id, kind, addressee, person_id, subject, specialty, day, days_left, recorded_at, once)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (once) DO NOTHING",
        new.id,
        new.kind.code(),
        new.addressee.to_string(),
        new.person.map(PersonId::as_uuid),
        new.subject,
        new.specialty.map(Specialty::code),
        new.day.to_sql() as _,
        new.days_left.map(i32::from),
        new.recorded_at.to_sql(),
        new.once,
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Those of one addressee, the newest first, before one of them.
pub(crate) async fn of_addressee(
    tx: &mut Tx,
    addressee: Addressee,
    before: Option<(Timestamp, Uuid)>,
    limit: i64,
) -> Result<Vec<Notification>, Error> {
    let (at, id) = before.unwrap_or((Timestamp::UNIX_EPOCH, Uuid::nil()));
    let rows = query_as!(
        Row,
        "SELECT id, position, kind, addressee, person_id, subject, specialty, day, days_left, recorded_at, once
         FROM registration.notification
         WHERE addressee = $1 AND ($2 OR (recorded_at, id) < ($3, $4))
         ORDER BY recorded_at DESC, id DESC LIMIT $5",
        addressee.to_string(),
        before.is_none(),
        at.to_sql(),
        id,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Notification::try_from).collect()
}

/// Those after a position, in order.
pub(crate) async fn after(tx: &mut Tx, position: i64, limit: i64) -> Result<Vec<Notification>, Error> {
    let rows = query_as!(
        Row,
        "SELECT id, position, kind, addressee, person_id, subject, specialty, day, days_left, recorded_at, once
         FROM registration.notification WHERE position > $1 ORDER BY position LIMIT $2",
        position,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Notification::try_from).collect()
}

/// The last position given.
pub(crate) async fn head(tx: &mut Tx) -> Result<i64, Error> {
    Ok(
        query_scalar!("SELECT position FROM registration.notification_head")
            .fetch_one(tx.conn())
            .await?,
    )
}

/// Gives positions to what was committed without one; how many.
pub(crate) async fn number(tx: &mut Tx, limit: i64) -> Result<u64, Error> {
    let head = query_scalar!("SELECT position FROM registration.notification_head FOR UPDATE")
        .fetch_one(tx.conn())
        .await?;
    let numbered = query!(
        "UPDATE registration.notification AS told SET position = $1 + waiting.ordinal,
             updated_by = shared.transaction_name()
         FROM (SELECT id, row_number() OVER (ORDER BY recorded_at, id) AS ordinal
               FROM registration.notification WHERE position IS NULL
               ORDER BY recorded_at, id LIMIT $2) AS waiting
         WHERE told.id = waiting.id",
        head,
        limit,
    )
    .execute(tx.conn())
    .await?
    .rows_affected();
    if numbered > 0 {
        query!(
            "UPDATE registration.notification_head SET position = position + $1, updated_by = shared.transaction_name()",
            i64::try_from(numbered).unwrap_or_default(),
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(numbered)
}
