//! Table `registration.objection`.

use domain::ids::{ApplicationId, ObjectionId, OfficerId};
use jiff::Timestamp;
use postgres::{Error, SqlTimestamp, ToSql as _, Tx, ensure_affected};
use sqlx::{query, query_scalar};

use crate::sealing::SealedRow;

/// Keeps an objection with its sealed text.
pub(crate) async fn insert(
    tx: &mut Tx,
    id: ObjectionId,
    application: ApplicationId,
    text: &SealedRow,
    at: Timestamp,
) -> Result<(), Error> {
    query!(
        "INSERT INTO registration.objection (id, application_id, wrapped_key, sealed_text, raised_at)
         VALUES ($1, $2, $3, $4, $5)",
        id.as_uuid(),
        application.as_uuid(),
        text.wrapped_key,
        text.sealed,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The application that an open objection is about.
pub(crate) async fn application(tx: &mut Tx, id: ObjectionId) -> Result<Option<ApplicationId>, Error> {
    let found = query_scalar!(
        "SELECT application_id FROM registration.objection WHERE id = $1",
        id.as_uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.map(ApplicationId::from_uuid))
}

/// Keeps the answer.
pub(crate) async fn resolve(
    tx: &mut Tx,
    id: ObjectionId,
    (upheld, by): (bool, OfficerId),
    grounds: &str,
    at: Timestamp,
) -> Result<(), Error> {
    let result = query!(
        "UPDATE registration.objection SET upheld = $2, grounds = $3, resolved_at = $4, resolved_by = $5,
             updated_by = shared.transaction_name()
         WHERE id = $1 AND resolved_at IS NULL",
        id.as_uuid(),
        upheld,
        grounds,
        at.to_sql(),
        by.as_uuid(),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("resolve an objection", 1, &result)
}

/// An objection without what is sealed in it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) id: ObjectionId,
    pub(crate) raised_at: Timestamp,
    pub(crate) papers: i64,
    pub(crate) resolved_at: Option<Timestamp>,
    pub(crate) upheld: bool,
    pub(crate) grounds: String,
}

/// Objections to an application, in their order.
pub(crate) async fn of_application(tx: &mut Tx, application: ApplicationId) -> Result<Vec<Entry>, Error> {
    let rows = query!(
        r#"SELECT id, raised_at AS "raised_at: SqlTimestamp", resolved_at AS "resolved_at: SqlTimestamp", upheld, grounds,
                (SELECT count(*) FROM registration.sealed_paper WHERE subject_id = objection.id) AS "papers!"
         FROM registration.objection WHERE application_id = $1 ORDER BY raised_at, id"#,
        application.as_uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    let entry = rows.into_iter().map(|row| Entry {
        id: row.id.into(),
        raised_at: row.raised_at.to_jiff(),
        papers: row.papers,
        resolved_at: row.resolved_at.map(SqlTimestamp::to_jiff),
        upheld: row.upheld.unwrap_or_default(),
        grounds: row.grounds.unwrap_or_default(),
    });
    Ok(entry.collect())
}

/// What is sealed in an objection, and who may open it: whoever answered it, else whoever has the file in hand.
pub(crate) async fn sealed(
    tx: &mut Tx,
    id: ObjectionId,
) -> Result<Option<(ApplicationId, SealedRow, Option<OfficerId>)>, Error> {
    let row = query!(
        "SELECT application_id, wrapped_key, sealed_text, resolved_by FROM registration.objection WHERE id = $1",
        id.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| {
        let sealed = SealedRow {
            wrapped_key: row.wrapped_key,
            sealed: row.sealed_text,
        };
        (
            row.application_id.into(),
            sealed,
            row.resolved_by.map(OfficerId::from_uuid),
        )
    }))
}

/// What else was open once one is upheld: the file goes back for all of them.
pub(crate) async fn resolve_others(
    tx: &mut Tx,
    application: ApplicationId,
    by: OfficerId,
    grounds: &str,
    at: Timestamp,
) -> Result<(), Error> {
    query!(
        "UPDATE registration.objection SET upheld = true, grounds = $2, resolved_at = $3, resolved_by = $4,
             updated_by = shared.transaction_name()
         WHERE application_id = $1 AND resolved_at IS NULL",
        application.as_uuid(),
        grounds,
        at.to_sql(),
        by.as_uuid(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
