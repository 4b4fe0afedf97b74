//! Table `registration.person`.

use domain::ids::PersonId;
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::query;

use super::Within;
use crate::sealing::SealedRow;

/// A person's sealed snapshot, if the caller may see it.
pub(crate) async fn find(tx: &mut Tx, within: &Within, person: PersonId) -> Result<Option<SealedRow>, Error> {
    let row = query!(
        "SELECT wrapped_key, sealed_facts FROM registration.person AS person
         WHERE id = $1 AND ($2 OR id = $3 OR EXISTS (
             SELECT 1 FROM registration.application AS a
             WHERE a.person_id = person.id AND (a.employer_id = ANY($4) OR a.previous_employer_id = ANY($4))))",
        person.as_uuid(),
        within.all,
        within.person,
        &within.employers,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| SealedRow {
        wrapped_key: row.wrapped_key,
        sealed: row.sealed_facts,
    }))
}

/// The wrapped key of somebody whose name was announced; none after erasure. Announced names are public.
pub(crate) async fn announced_key(tx: &mut Tx, person: PersonId) -> Result<Option<Vec<u8>>, Error> {
    let row = query!(
        "SELECT wrapped_key FROM registration.person WHERE id = $1 AND octet_length(wrapped_key) > 0",
        person.as_uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| row.wrapped_key))
}

/// Puts the snapshot of a person new to this province on record. False if somebody was faster.
pub(crate) async fn insert(
    tx: &mut Tx,
    person: PersonId,
    row: &SealedRow,
    document_index: &[u8],
    at: Timestamp,
) -> Result<bool, Error> {
    let result = query!(
        "INSERT INTO registration.person (id, wrapped_key, sealed_facts, document_index, fetched_at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING",
        person.as_uuid(),
        row.wrapped_key,
        row.sealed,
        document_index,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Takes newer facts of a known person.
pub(crate) async fn update(
    tx: &mut Tx,
    person: PersonId,
    sealed_facts: &[u8],
    document_index: &[u8],
    at: Timestamp,
) -> Result<(), Error> {
    query!(
        "UPDATE registration.person SET sealed_facts = $2, document_index = $3, fetched_at = $4,
             updated_by = shared.transaction_name() WHERE id = $1",
        person.as_uuid(),
        sealed_facts,
        document_index,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Persons known here by one of the indices of a document, for officers.
pub(crate) async fn of_document(
    tx: &mut Tx,
    within: &Within,
    candidates: &[Vec<u8>],
) -> Result<Vec<(PersonId, SealedRow)>, Error> {
    let rows = query!(
        "SELECT id, wrapped_key, sealed_facts FROM registration.person
         WHERE document_index = ANY($1) AND $2 ORDER BY id",
        candidates,
        within.all,
    )
    .fetch_all(tx.conn())
    .await?;
    let read = rows.into_iter().map(|row| {
        let sealed = SealedRow {
            wrapped_key: row.wrapped_key,
            sealed: row.sealed_facts,
        };
        (PersonId::from_uuid(row.id), sealed)
    });
    Ok(read.collect())
}
