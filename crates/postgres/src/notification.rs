//! Notifications (通知), stored with what they tell of and then numbered, in an order that a reader can resume.
//!
//! Kinds, addressees and specialties are text here; crate `notification-service` gives them their meaning.

use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::{query, query_as, query_scalar};
use uuid::Uuid;

use crate::types::{SqlDate, SqlTimestamp, ToSql, column};
use crate::{Error, Tx};

/// One notification to one addressee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Its id.
    pub id: Uuid,
    /// Place in the stream; none until [`number`] gave one.
    pub position: Option<i64>,
    /// What happened.
    pub kind: String,
    /// Resource name of whom it is for.
    pub addressee: String,
    /// Whom it is about.
    pub person: Option<Uuid>,
    /// Resource name of what it is about.
    pub subject: String,
    /// The specialty it is about.
    pub specialty: Option<String>,
    /// The day it is about.
    pub day: Option<Date>,
    /// Days left until then.
    pub days_left: Option<i32>,
    /// Register time of what it tells.
    pub recorded_at: Timestamp,
    /// Names what is told once and never again, its addressee included.
    pub once: Option<String>,
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

impl From<Row> for Notification {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            position: row.position,
            kind: row.kind,
            addressee: row.addressee,
            person: row.person_id,
            subject: row.subject,
            specialty: row.specialty,
            day: row.day.map(SqlDate::to_jiff),
            days_left: row.days_left,
            recorded_at: row.recorded_at.to_jiff(),
            once: row.once,
        }
    }
}

/// Adds notifications, without their positions; how many were not told before. What is told once is left out if it was told
/// already.
///
/// # Errors
/// The database's.
pub async fn insert_all(tx: &mut Tx, new: &[Notification]) -> Result<usize, Error> {
    if new.is_empty() {
        return Ok(0);
    }
    let days: Vec<Option<SqlDate>> = column(new, |one| one.day.to_sql());
    let times: Vec<SqlTimestamp> = column(new, |one| one.recorded_at.to_sql());
    let result = query!(
        "INSERT INTO shared.notification
             (id, kind, addressee, person_id, subject, specialty, day, days_left, recorded_at, once)
         SELECT id, kind, addressee, person, subject, specialty, day, days_left, at, once
         FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::date[], $8::integer[],
             $9::timestamptz[], $10::text[]) WITH ORDINALITY
             AS new (id, kind, addressee, person, subject, specialty, day, days_left, at, once, place)
         ORDER BY place
         ON CONFLICT (once) DO NOTHING",
        &column(new, |one| one.id),
        &column(new, |one| one.kind.clone()),
        &column(new, |one| one.addressee.clone()),
        &column(new, |one| one.person) as _,
        &column(new, |one| one.subject.clone()),
        &column(new, |one| one.specialty.clone()) as _,
        &days as _,
        &column(new, |one| one.days_left) as _,
        &times as _,
        &column(new, |one| one.once.clone()) as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(usize::try_from(result.rows_affected()).unwrap_or(usize::MAX))
}

/// Those of one addressee, the newest first, before one of them.
///
/// # Errors
/// The database's.
pub async fn of_addressee(
    tx: &mut Tx,
    addressee: &str,
    before: Option<(Timestamp, Uuid)>,
    limit: i64,
) -> Result<Vec<Notification>, Error> {
    let (at, id) = before.unwrap_or((Timestamp::UNIX_EPOCH, Uuid::nil()));
    let rows = query_as!(
        Row,
        "SELECT id, position, kind, addressee, person_id, subject, specialty, day, days_left, recorded_at, once
         FROM shared.notification
         WHERE addressee = $1 AND ($2 OR (recorded_at, id) < ($3, $4))
         ORDER BY recorded_at DESC, id DESC LIMIT $5",
        addressee,
        before.is_none(),
        at.to_sql(),
        id,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Notification::from).collect())
}

/// Those after a position, in order and without gaps.
///
/// # Errors
/// The database's.
pub async fn after(tx: &mut Tx, position: i64, limit: i64) -> Result<Vec<Notification>, Error> {
    let rows = query_as!(
        Row,
        "SELECT id, position, kind, addressee, person_id, subject, specialty, day, days_left, recorded_at, once
         FROM shared.notification WHERE position > $1 ORDER BY position LIMIT $2",
        position,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Notification::from).collect())
}

/// The last position given.
///
/// # Errors
/// The database's.
pub async fn head(tx: &mut Tx) -> Result<i64, Error> {
    Ok(query_scalar!("SELECT position FROM shared.notification_head")
        .fetch_one(tx.conn())
        .await?)
}

/// Gives positions to what was committed without one; how many. The head's row is locked until the transaction ends, so
/// that positions are dense and follow commits, and no reader skips one.
///
/// # Errors
/// The database's.
pub async fn number(tx: &mut Tx, limit: i64) -> Result<u64, Error> {
    let head = query_scalar!("SELECT position FROM shared.notification_head FOR UPDATE")
        .fetch_one(tx.conn())
        .await?;
    let numbered = query!(
        "UPDATE shared.notification AS told SET position = $1 + waiting.ordinal,
             updated_by = shared.transaction_name()
         FROM (SELECT id, row_number() OVER (ORDER BY recorded_at, id) AS ordinal
               FROM shared.notification WHERE position IS NULL
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
            "UPDATE shared.notification_head SET position = position + $1, updated_by = shared.transaction_name()",
            i64::try_from(numbered).unwrap_or_default(),
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(numbered)
}
