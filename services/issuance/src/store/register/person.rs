//! Table `register.person`: one data key per person.

use domain::ids::PersonId;
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::{query, query_scalar};
use uuid::Uuid;

/// Keeps a new person's wrapped key unless there is one; returns the one that counts, `None` if the person was erased.
pub(crate) async fn ensure(
    tx: &mut Tx,
    person: PersonId,
    wrapped: &[u8],
    at: Timestamp,
) -> Result<Option<Vec<u8>>, Error> {
    query!(
        "INSERT INTO register.person (person, wrapped_key, created_at) VALUES ($1, $2, $3)
         ON CONFLICT (person) DO NOTHING",
        person.as_uuid(),
        wrapped,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    lock(tx, person).await
}

/// Locks the person, so that acts upon them take turns, and returns the wrapped key.
pub(crate) async fn lock(tx: &mut Tx, person: PersonId) -> Result<Option<Vec<u8>>, Error> {
    let row = query_scalar!(
        "SELECT wrapped_key FROM register.person WHERE person = $1 FOR NO KEY UPDATE",
        person.as_uuid()
    );
    Ok(row.fetch_optional(tx.conn()).await?.and_then(unless_erased))
}

/// Locks people in the order of their ids, so that two who lock several do not wait for each other, and returns the wrapped
/// keys of those who are known and were not erased.
pub(crate) async fn lock_all(tx: &mut Tx, people: &[Uuid]) -> Result<Vec<(PersonId, Vec<u8>)>, Error> {
    let rows = query!(
        "SELECT person, wrapped_key FROM register.person WHERE person = ANY($1) ORDER BY person FOR NO KEY UPDATE",
        people,
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| Some((row.person.into(), unless_erased(row.wrapped_key)?)))
        .collect())
}

/// A key as its row holds it; empty bytes are what erasure leaves.
pub(crate) fn unless_erased(wrapped: Vec<u8>) -> Option<Vec<u8>> {
    (!wrapped.is_empty()).then_some(wrapped)
}
