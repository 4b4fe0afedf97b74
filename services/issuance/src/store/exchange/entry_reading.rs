//! Table `exchange.entry_reading`: which entry a province has read for which application.

use domain::ids::PersonId;
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::{query, query_scalar};

use super::claim::Key;

/// Binds an application to the person whose entry is read for it; returns the person that it is bound to.
pub(crate) async fn bind(tx: &mut Tx, key: Key, person: PersonId, at: Timestamp) -> Result<PersonId, Error> {
    query!(
        "INSERT INTO exchange.entry_reading (province, application, person, first_read_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (province, application) DO NOTHING",
        key.province.code(),
        key.application.as_uuid(),
        person.as_uuid(),
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    let bound = query_scalar!(
        "SELECT person FROM exchange.entry_reading WHERE province = $1 AND application = $2",
        key.province.code(),
        key.application.as_uuid(),
    );
    Ok(bound.fetch_one(tx.conn()).await?.into())
}
