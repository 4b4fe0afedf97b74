//! Table `registration.qualification`, found by document only: whoever knows the document may ask.

use domain::specialty::Specialty;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::{Error, ToSql as _, Tx};
use sqlx::query;
use uuid::Uuid;

use super::known;
use crate::sealing::SealedRow;

/// A qualification as stored.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) id: Uuid,
    pub(crate) specialty: Specialty,
    pub(crate) issued_on: Date,
    pub(crate) sealed: SealedRow,
}

/// Records one, or corrects the one that the document has for the specialty.
pub(crate) async fn upsert(
    tx: &mut Tx,
    stored: &Stored,
    document_index: &[u8],
    at: Timestamp,
) -> Result<(), Error> {
    query!(
        "INSERT INTO registration.qualification
             (id, document_index, wrapped_key, sealed_facts, specialty, issued_on, imported_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (document_index, specialty) DO UPDATE SET id = excluded.id, wrapped_key = excluded.wrapped_key,
             sealed_facts = excluded.sealed_facts, issued_on = excluded.issued_on,
             imported_at = excluded.imported_at, updated_by = shared.transaction_name()",
        stored.id,
        document_index,
        stored.sealed.wrapped_key,
        stored.sealed.sealed,
        stored.specialty.code(),
        stored.issued_on.to_sql(),
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Those of a document.
pub(crate) async fn of_document(tx: &mut Tx, candidates: &[Vec<u8>]) -> Result<Vec<Stored>, Error> {
    let rows = query!(
        "SELECT id, wrapped_key, sealed_facts, specialty, issued_on FROM registration.qualification
         WHERE document_index = ANY($1) ORDER BY specialty, id",
        candidates,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let specialty = Specialty::from_text(&row.specialty);
            Ok(Stored {
                id: row.id,
                specialty: known(specialty, "registration.qualification", "specialty", row.id)?,
                issued_on: row.issued_on.to_jiff(),
                sealed: SealedRow {
                    wrapped_key: row.wrapped_key,
                    sealed: row.sealed_facts,
                },
            })
        })
        .collect()
}
