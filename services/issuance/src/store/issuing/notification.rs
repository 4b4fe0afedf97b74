//! Tables `issuing.notification` and `issuing.reminder_run`: what is told, in an order that a reader can resume.

use domain::ids::PersonId;
use domain::notification::{Addressee, NotificationKind};
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::{Error, SqlDate, SqlTimestamp, ToSql as _, Tx};
use sqlx::{query, query_as, query_scalar};
use uuid::Uuid;

const TABLE: &str = "issuing.notification";

/// One notification to one addressee.
#[derive(Debug, Clone)]
pub(crate) struct Notification {
    pub(crate) id: Uuid,
    /// None until it is in the stream.
    pub(crate) position: Option<i64>,
    pub(crate) kind: NotificationKind,
    pub(crate) addressee: Addressee,
    pub(crate) person: PersonId,
    pub(crate) subject: String,
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
    person: Uuid,
    subject: String,
    day: Option<SqlDate>,
    days_left: Option<i32>,
    recorded_at: SqlTimestamp,
    once: Option<String>,
}

impl TryFrom<Row> for Notification {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let id = row.id;
        let bad = |column| Error::inconsistent(TABLE, column, id);
        let days_left = row
            .days_left
            .map(|days| u16::try_from(days).map_err(|_| bad("days_left")));
        Ok(Self {
            id,
            position: row.position,
            kind: NotificationKind::from_code(&row.kind).ok_or_else(|| bad("kind"))?,
            addressee: Addressee::parse(&row.addressee).ok_or_else(|| bad("addressee"))?,
            person: PersonId::from_uuid(row.person),
            subject: row.subject,
            day: row.day.map(SqlDate::to_jiff),
            days_left: days_left.transpose()?,
            recorded_at: row.recorded_at.to_jiff(),
            once: row.once,
        })
    }
}

/// Adds a notification, unless it is told once and was told before.
pub(crate) async fn insert(tx: &mut Tx, new: &Notification) -> Result<(), Error> {
    query!(
        "INSERT INTO issuing.notification (id, kind, addressee, person, subject, day, days_left, recorded_at, once)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (once) DO NOTHING",
        new.id,
        new.kind.code(),
        new.addressee.to_string(),
        new.person.as_uuid(),
        new.subject,
        new.day.to_sql() as _,
        new.days_left.map(i32::from),
        new.recorded_at.to_sql(),
        new.once,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
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
        "SELECT id, position, kind, addressee, person, subject, day, days_left, recorded_at, once
         FROM issuing.notification
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
        "SELECT id, position, kind, addressee, person, subject, day, days_left, recorded_at, once
         FROM issuing.notification WHERE position > $1 ORDER BY position LIMIT $2",
        position,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Notification::try_from).collect()
}

/// The last position given.
pub(crate) async fn head(tx: &mut Tx) -> Result<i64, Error> {
    Ok(query_scalar!("SELECT position FROM issuing.notification_head")
        .fetch_one(tx.conn())
        .await?)
}

/// Gives positions to what was committed without one; how many.
pub(crate) async fn number(tx: &mut Tx, limit: i64) -> Result<u64, Error> {
    let head = query_scalar!("SELECT position FROM issuing.notification_head FOR UPDATE")
        .fetch_one(tx.conn())
        .await?;
    let numbered = query!(
        "UPDATE issuing.notification AS told SET position = $1 + waiting.ordinal,
             updated_by = shared.transaction_name()
         FROM (SELECT id, row_number() OVER (ORDER BY recorded_at, id) AS ordinal
               FROM issuing.notification WHERE position IS NULL
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
            "UPDATE issuing.notification_head SET position = position + $1, updated_by = shared.transaction_name()",
            i64::try_from(numbered).unwrap_or_default(),
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(numbered)
}

/// Whether a version has copies that could be used on a day.
pub(crate) async fn has_living_copies(tx: &mut Tx, version: Uuid, day: Date) -> Result<bool, Error> {
    Ok(query_scalar!(
        r#"SELECT EXISTS (SELECT FROM issuing.use_copy
                          WHERE version = $1 AND revoked_at IS NULL AND use_until >= $2) AS "living!""#,
        version,
        day.to_sql(),
    )
    .fetch_one(tx.conn())
    .await?)
}

/// A use copy that ends soon.
#[derive(Debug, Clone)]
pub(crate) struct EndingCopy {
    pub(crate) id: Uuid,
    pub(crate) person: PersonId,
    pub(crate) licence_identifier: String,
    pub(crate) made_on: Date,
    pub(crate) use_until: Date,
}

/// Copies that can be used and end between two days, in the order of their ids, after one of them.
pub(crate) async fn ending_copies(
    tx: &mut Tx,
    (from, to): (Date, Date),
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<EndingCopy>, Error> {
    let rows = query!(
        r#"SELECT copy.id, copy.person, version.licence_identifier, copy.made_on AS "made_on: SqlDate",
                copy.use_until AS "use_until: SqlDate"
         FROM issuing.use_copy AS copy
         JOIN issuing.certificate_version AS version ON version.id = copy.version
         WHERE copy.revoked_at IS NULL AND version.current AND copy.use_until BETWEEN $1 AND $2
           AND ($3::uuid IS NULL OR copy.id > $3)
         ORDER BY copy.id LIMIT $4"#,
        from.to_sql(),
        to.to_sql(),
        after,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    let copies = rows.into_iter().map(|row| EndingCopy {
        id: row.id,
        person: PersonId::from_uuid(row.person),
        licence_identifier: row.licence_identifier,
        made_on: row.made_on.to_jiff(),
        use_until: row.use_until.to_jiff(),
    });
    Ok(copies.collect())
}

/// The day whose reminders are being sent, and the last copy done; no copy once all are.
pub(crate) async fn reminder_run(tx: &mut Tx) -> Result<(Option<Date>, Option<Uuid>), Error> {
    let row = query!(r#"SELECT day AS "day: SqlDate", after FROM issuing.reminder_run"#)
        .fetch_one(tx.conn())
        .await?;
    Ok((row.day.map(SqlDate::to_jiff), row.after))
}

/// Notes how far the reminders of a day got.
pub(crate) async fn set_reminder_run(tx: &mut Tx, day: Date, after: Option<Uuid>) -> Result<(), Error> {
    query!(
        "UPDATE issuing.reminder_run SET day = $1, after = $2, updated_by = shared.transaction_name()",
        day.to_sql(),
        after,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
