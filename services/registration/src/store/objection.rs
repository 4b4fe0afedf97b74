//! Table `registration.objection`.

use domain::ids::{ApplicationId, ObjectionId};
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx, ensure_affected};
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
    upheld: bool,
    grounds: &str,
    at: Timestamp,
) -> Result<(), Error> {
    let result = query!(
        "UPDATE registration.objection SET upheld = $2, grounds = $3, resolved_at = $4,
             updated_by = shared.transaction_name()
         WHERE id = $1 AND resolved_at IS NULL",
        id.as_uuid(),
        upheld,
        grounds,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("resolve an objection", 1, &result)
}
