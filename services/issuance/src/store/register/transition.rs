//! Tables `register.transition_due` and `register.transition`: which day changes a registration by itself, and which days
//! have been told.

use domain::ids::PersonId;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::{Error, ReadDatabase, SqlDate, ToSql as _, Tx, column};
use sqlx::{query, query_scalar};
use uuid::Uuid;

/// The next day of people, where one is kept.
pub(crate) async fn due_of(tx: &mut Tx, people: &[Uuid]) -> Result<Vec<(PersonId, Date)>, Error> {
    let rows = query!(
        r#"SELECT person, day AS "day!: SqlDate" FROM register.transition_due WHERE person = ANY($1) AND day IS NOT NULL"#,
        people,
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    let due = rows.into_iter().map(|row| (row.person.into(), row.day.to_jiff()));
    Ok(due.collect())
}

/// Keeps the next day of people, each once; none where no day is to come.
pub(crate) async fn schedule_all(tx: &mut Tx, next: &[(PersonId, Option<Date>)]) -> Result<(), Error> {
    if next.is_empty() {
        return Ok(());
    }
    let people: Vec<Uuid> = column(next, |(person, _)| person.as_uuid());
    let days: Vec<Option<SqlDate>> = column(next, |(_, day)| day.to_sql());
    query!(
        "INSERT INTO register.transition_due (person, day)
         SELECT * FROM unnest($1::uuid[], $2::date[])
         ON CONFLICT (person) DO UPDATE SET day = excluded.day, updated_by = shared.transaction_name()",
        &people,
        &days as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The earliest day that somebody waits for, not after `today`.
pub(crate) async fn earliest(read: &ReadDatabase, today: Date) -> Result<Option<Date>, Error> {
    let day = query_scalar!(
        r#"SELECT min(day) AS "day: SqlDate" FROM register.transition_due WHERE day <= $1"#,
        today.to_sql(),
    );
    Ok(day.fetch_one(read.pool()).await?.map(SqlDate::to_jiff))
}

/// At most `limit` people who wait for a day, locked, so that acts upon them take turns; who is locked by another is left for
/// the next time.
pub(crate) async fn lock_due(tx: &mut Tx, day: Date, limit: i64) -> Result<Vec<PersonId>, Error> {
    let people = query_scalar!(
        "SELECT due.person FROM register.transition_due AS due JOIN register.person USING (person)
         WHERE due.day = $1 ORDER BY due.person LIMIT $2
         FOR NO KEY UPDATE SKIP LOCKED",
        day.to_sql(),
        limit,
    );
    let people = people.fetch_all(tx.conn()).await?;
    Ok(people.into_iter().map(PersonId::from_uuid).collect())
}

/// Records that days were told of people, each with the change that told it. Fails on `transition_pkey` if one had been.
pub(crate) async fn told_all(
    tx: &mut Tx,
    told: &[(PersonId, Date, i64)],
    at: Timestamp,
) -> Result<(), Error> {
    if told.is_empty() {
        return Ok(());
    }
    let people: Vec<Uuid> = column(told, |(person, ..)| person.as_uuid());
    let days: Vec<SqlDate> = column(told, |(_, day, _)| day.to_sql());
    let changes: Vec<i64> = column(told, |(.., change)| *change);
    query!(
        "INSERT INTO register.transition (person, day, change, recorded_at)
         SELECT person, day, change, $4 FROM unnest($1::uuid[], $2::date[], $3::bigint[]) AS new (person, day, change)",
        &people,
        &days as _,
        &changes,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The days that were told of people.
pub(crate) async fn told_of(tx: &mut Tx, people: &[Uuid]) -> Result<Vec<(PersonId, Date)>, Error> {
    let rows = query!(
        r#"SELECT person, day AS "day: SqlDate" FROM register.transition WHERE person = ANY($1)"#,
        people,
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    let told = rows.into_iter().map(|row| (row.person.into(), row.day.to_jiff()));
    Ok(told.collect())
}

/// People with an entry and no row yet, in their order.
pub(crate) async fn missing(
    read: &ReadDatabase,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<PersonId>, Error> {
    let people = query_scalar!(
        "SELECT person FROM register.entry
         WHERE ($1::uuid IS NULL OR person > $1)
           AND NOT EXISTS (SELECT FROM register.transition_due AS due WHERE due.person = entry.person)
         ORDER BY person LIMIT $2",
        after,
        limit,
    );
    let people = people.fetch_all(read.pool()).await?;
    Ok(people.into_iter().map(PersonId::from_uuid).collect())
}
