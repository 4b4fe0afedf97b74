//! Tables `registration.publicity` and `registration.publicity_application`.

use domain::ids::PublicityId;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::{Error, ToSql as _, Tx};
use sqlx::query;
use uuid::Uuid;

/// A publicity batch.
#[derive(Debug, Clone)]
pub(crate) struct Publicity {
    pub(crate) id: PublicityId,
    pub(crate) opens_on: Date,
    pub(crate) closes_on: Date,
    pub(crate) closed: bool,
}

/// Opens a batch.
pub(crate) async fn insert(
    tx: &mut Tx,
    publicity: &Publicity,
    applications: &[Uuid],
    at: Timestamp,
) -> Result<(), Error> {
    query!(
        "INSERT INTO registration.publicity (id, opens_on, closes_on, opened_at) VALUES ($1, $2, $3, $4)",
        publicity.id.as_uuid(),
        publicity.opens_on.to_sql(),
        publicity.closes_on.to_sql(),
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    query!(
        "INSERT INTO registration.publicity_application (publicity_id, application_id)
         SELECT $1, unnest($2::uuid[])",
        publicity.id.as_uuid(),
        applications,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// One batch; nothing personal in it.
pub(crate) async fn find(tx: &mut Tx, id: PublicityId) -> Result<Option<Publicity>, Error> {
    let row = query!(
        "SELECT opens_on, closes_on, closed FROM registration.publicity WHERE id = $1",
        id.as_uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Publicity {
        id,
        opens_on: row.opens_on.to_jiff(),
        closes_on: row.closes_on.to_jiff(),
        closed: row.closed,
    }))
}

/// Marks a batch as closed.
pub(crate) async fn close(tx: &mut Tx, id: PublicityId) -> Result<(), Error> {
    query!(
        "UPDATE registration.publicity SET closed = true, updated_by = shared.transaction_name() WHERE id = $1",
        id.as_uuid(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
