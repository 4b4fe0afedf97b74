//! Table `registration.exchange_state`.

use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::{query, query_scalar};

/// The number up to which the nation's feed was applied.
pub(crate) async fn pulled_through(tx: &mut Tx) -> Result<i64, Error> {
    Ok(
        query_scalar!("SELECT pulled_through FROM registration.exchange_state")
            .fetch_one(tx.conn())
            .await?,
    )
}

/// Moves that number on. False if it has been reached already.
pub(crate) async fn pulled(tx: &mut Tx, number: i64) -> Result<bool, Error> {
    let result = query!(
        "UPDATE registration.exchange_state SET pulled_through = $1, updated_by = shared.transaction_name()
         WHERE pulled_through < $1",
        number,
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Why the nation takes nothing more from our stream; none while it runs.
pub(crate) async fn stopped(tx: &mut Tx) -> Result<Option<String>, Error> {
    Ok(query_scalar!("SELECT stopped FROM registration.exchange_state")
        .fetch_one(tx.conn())
        .await?)
}

/// Notes why the nation stopped our stream, or that it runs.
pub(crate) async fn set_stopped(tx: &mut Tx, reason: Option<&str>, at: Timestamp) -> Result<(), Error> {
    query!(
        "UPDATE registration.exchange_state SET stopped = $1, stopped_at = CASE WHEN $1::text IS NULL THEN NULL ELSE $2::timestamptz END,
             updated_by = shared.transaction_name()
         WHERE stopped IS DISTINCT FROM $1",
        reason,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
