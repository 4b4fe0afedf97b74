//! Table `restoration.paper`: what provinces asked for otherwise than by events, to be applied again in its order.

use domain::ids::{ApplicationId, PersonId};
use jiff::Timestamp;
use postgres::{Error, SqlTimestamp, ToSql as _, Tx};
use serde_json::Value;
use sqlx::{query, query_scalar};
use uuid::Uuid;

/// One paper.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Paper {
    pub(crate) name: String,
    pub(crate) at: Timestamp,
    pub(crate) person: PersonId,
    pub(crate) application: ApplicationId,
    pub(crate) content: Value,
}

/// Keeps a paper that was read.
pub(crate) async fn insert(tx: &mut Tx, paper: &Paper) -> Result<(), Error> {
    query!(
        "INSERT INTO restoration.paper (name, at, person, application, content) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (name) DO NOTHING",
        paper.name,
        paper.at.to_sql(),
        paper.person.as_uuid(),
        paper.application.as_uuid(),
        paper.content,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Papers of people that are not applied, up to an instant, in their order.
pub(crate) async fn waiting(tx: &mut Tx, people: &[Uuid], until: Timestamp) -> Result<Vec<Paper>, Error> {
    let rows = query!(
        r#"SELECT name, at AS "at: SqlTimestamp", person, application, content FROM restoration.paper
           WHERE person = ANY($1) AND NOT applied AND at <= $2 ORDER BY name"#,
        people,
        until.to_sql(),
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    Ok(rows
        .into_iter()
        .map(|row| Paper {
            name: row.name,
            at: row.at.to_jiff(),
            person: row.person.into(),
            application: row.application.into(),
            content: row.content,
        })
        .collect())
}

/// Somebody of whom papers wait, but none of these.
pub(crate) async fn anybody(tx: &mut Tx, but: &[Uuid]) -> Result<Option<Uuid>, Error> {
    let person = query_scalar!(
        "SELECT person FROM restoration.paper WHERE NOT applied AND person <> ALL($1) ORDER BY name LIMIT 1",
        but,
    );
    Ok(person.fetch_optional(tx.conn()).await?)
}

/// Whom an application is about.
pub(crate) async fn person_of(tx: &mut Tx, application: ApplicationId) -> Result<Option<Uuid>, Error> {
    let person = query_scalar!(
        r#"SELECT person FROM restoration.paper WHERE application = $1
           UNION ALL SELECT person FROM exchange.clearance WHERE application = $1 LIMIT 1"#,
        application.as_uuid(),
    );
    Ok(person.fetch_optional(tx.conn()).await?.flatten())
}

/// A paper is applied, or comes to nothing.
pub(crate) async fn applied(tx: &mut Tx, name: &str) -> Result<(), Error> {
    query!(
        "UPDATE restoration.paper SET applied = true, updated_by = shared.transaction_name() WHERE name = $1",
        name,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The rows of a clearance, as they were when it was given.
pub(crate) async fn clearance_rows(tx: &mut Tx, application: ApplicationId) -> Result<Option<Value>, Error> {
    let rows = query_scalar!(
        r#"SELECT jsonb_build_object('clearance', to_jsonb(given), 'person', to_jsonb(holder), 'number', to_jsonb(digits)) AS "rows!"
           FROM exchange.clearance AS given JOIN register.person AS holder ON holder.person = given.person
           LEFT JOIN register.registration_number AS digits ON digits.person = given.person
           WHERE given.application = $1 AND given.state = 'cleared'"#,
        application.as_uuid(),
    );
    Ok(rows.fetch_optional(tx.conn()).await?)
}

/// Puts the rows of a clearance back; false if another clearance of the person is open meanwhile. One that is there has at most more time.
pub(crate) async fn clear_again(tx: &mut Tx, rows: &Value) -> Result<bool, Error> {
    let known = query!(
        "UPDATE exchange.clearance AS known
         SET announce_by = CASE known.state WHEN 'cleared' THEN greatest(known.announce_by, again.announce_by)
                 ELSE known.announce_by END,
             updated_by = shared.transaction_name()
         FROM jsonb_populate_record(NULL::exchange.clearance, $1::jsonb -> 'clearance') AS again WHERE known.id = again.id",
        rows,
    );
    if known.execute(tx.conn()).await?.rows_affected() > 0 {
        return Ok(true);
    }
    let free = query_scalar!(
        r#"SELECT NOT EXISTS (
             SELECT FROM exchange.clearance, jsonb_populate_record(NULL::exchange.clearance, $1::jsonb -> 'clearance') AS again
             WHERE clearance.person = again.person AND clearance.state = 'cleared'
               AND clearance.exclusive AND again.exclusive) AS "free!""#,
        rows,
    );
    if !free.fetch_one(tx.conn()).await? {
        return Ok(false);
    }
    person_again(tx, rows).await?;
    query!(
        "INSERT INTO exchange.clearance
         SELECT * FROM jsonb_populate_record(NULL::exchange.clearance, $1::jsonb -> 'clearance')",
        rows,
    )
    .execute(tx.conn())
    .await?;
    Ok(true)
}

/// The rows of rows of imports that are cleared and not used, as they were when they were; with whose they are.
pub(crate) async fn migration_rows(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<(Uuid, PersonId, Value)>, Error> {
    let rows = query!(
        r#"SELECT given.id, given.person,
             jsonb_build_object('migration', to_jsonb(given), 'person', to_jsonb(holder), 'number', to_jsonb(digits)) AS "rows!"
           FROM exchange.migration AS given JOIN register.person AS holder ON holder.person = given.person
           LEFT JOIN register.registration_number AS digits ON digits.person = given.person
           WHERE given.id = ANY($1) AND given.state = 'cleared' ORDER BY given.id"#,
        ids,
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, row.person.into(), row.rows))
        .collect())
}

/// Puts a cleared row of an import back.
pub(crate) async fn migrate_again(tx: &mut Tx, rows: &Value) -> Result<(), Error> {
    person_again(tx, rows).await?;
    query!(
        "INSERT INTO exchange.migration
         SELECT * FROM jsonb_populate_record(NULL::exchange.migration, $1::jsonb -> 'migration') ON CONFLICT DO NOTHING",
        rows,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Puts the key of somebody back, and their digits.
async fn person_again(tx: &mut Tx, rows: &Value) -> Result<(), Error> {
    query!(
        "INSERT INTO register.person SELECT * FROM jsonb_populate_record(NULL::register.person, $1::jsonb -> 'person')
         ON CONFLICT (person) DO NOTHING",
        rows,
    )
    .execute(tx.conn())
    .await?;
    query!(
        "INSERT INTO register.registration_number
         SELECT number.* FROM jsonb_populate_record(NULL::register.registration_number, nullif($1::jsonb -> 'number', 'null')) AS number
         WHERE number.number IS NOT NULL ON CONFLICT DO NOTHING",
        rows,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
