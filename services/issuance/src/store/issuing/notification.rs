//! Whom a notification about copies concerns, and table `issuing.reminder_run`. What is told is in schema `shared`.

use domain::ids::PersonId;
use jiff::civil::Date;
use postgres::{Error, SqlDate, ToSql as _, Tx};
use sqlx::query;
use uuid::Uuid;

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
