//! Qualifications in bulk.

use domain::specialty::Specialty;
use jiff::Timestamp;
use postgres::{Error, SqlDate, ToSql as _, Tx};
use sqlx::query;
use uuid::Uuid;

use crate::sealing::SealedRow;
use crate::store::known as must;
use crate::store::qualification::Stored;

/// Those of documents, each with the index it is found by.
pub(crate) async fn known(tx: &mut Tx, indices: &[Vec<u8>]) -> Result<Vec<(Vec<u8>, Stored)>, Error> {
    let rows = query!(
        "SELECT known.document_index, id, wrapped_key, sealed_facts, specialty, issued_on
         FROM (SELECT DISTINCT unnest($1::bytea[]) AS document_index) AS asked
         JOIN registration.qualification AS known ON known.document_index = asked.document_index",
        indices,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let specialty = Specialty::from_text(&row.specialty);
            let stored = Stored {
                id: row.id,
                specialty: must(specialty, "registration.qualification", "specialty", row.id)?,
                issued_on: row.issued_on.to_jiff(),
                sealed: SealedRow {
                    wrapped_key: row.wrapped_key,
                    sealed: row.sealed_facts,
                },
            };
            Ok((row.document_index, stored))
        })
        .collect()
}

/// Adds those that are not on record; returns how many.
pub(crate) async fn insert(tx: &mut Tx, new: &[(Stored, Vec<u8>)], at: Timestamp) -> Result<usize, Error> {
    let ids: Vec<Uuid> = new.iter().map(|(stored, _)| stored.id).collect();
    let bytes =
        |of: fn(&(Stored, Vec<u8>)) -> &Vec<u8>| new.iter().map(|one| of(one).clone()).collect::<Vec<_>>();
    let specialties: Vec<String> = new
        .iter()
        .map(|(stored, _)| stored.specialty.code().to_owned())
        .collect();
    let issued: Vec<SqlDate> = new.iter().map(|(stored, _)| stored.issued_on.to_sql()).collect();
    let result = query!(
        "INSERT INTO registration.qualification
             (id, document_index, wrapped_key, sealed_facts, specialty, issued_on, imported_at)
         SELECT id, document_index, wrapped_key, sealed_facts, specialty, issued_on, $7
         FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::bytea[], $5::text[], $6::date[])
             AS new (id, document_index, wrapped_key, sealed_facts, specialty, issued_on)
         ON CONFLICT (document_index, specialty) DO NOTHING",
        &ids,
        &bytes(|(_, index)| index),
        &bytes(|(stored, _)| &stored.sealed.wrapped_key),
        &bytes(|(stored, _)| &stored.sealed.sealed),
        &specialties,
        &issued as _,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(usize::try_from(result.rows_affected()).unwrap_or_default())
}
