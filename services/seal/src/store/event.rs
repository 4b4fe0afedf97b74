//! Table `seal.event`: every move of every seal.

use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::query;

/// Adds a move, by one officer or two.
pub(crate) async fn record(
    tx: &mut Tx,
    seal: &str,
    act: &str,
    (first, second): (&str, Option<&str>),
    ground: &str,
    at: Timestamp,
) -> Result<(), Error> {
    query!(
        "INSERT INTO seal.event (seal, number, act, first_officer, second_officer, ground, at)
         SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5, $6 FROM seal.event WHERE seal = $1",
        seal,
        act,
        first,
        second,
        ground,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
