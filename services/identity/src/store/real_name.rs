//! The real-name record: keyed digests of number and name, and sealed facts.

use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::{query, query_scalar};
use uuid::Uuid;

use crate::sealing::Index;

/// One line of the record.
#[derive(Debug, Clone)]
pub(crate) struct RealNameRecord {
    /// Row id, and owner of the data key of its facts.
    pub(crate) id: Uuid,
    /// Blind index of the folded name.
    pub(crate) name_index: Vec<u8>,
    /// Sex and birth date, sealed.
    pub(crate) facts: Vec<u8>,
    /// Blind index of the number of the document that this one took the place of, where the authority told it.
    pub(crate) previous: Option<Vec<u8>>,
    /// The wrapped data key of the facts; none once erased.
    pub(crate) wrapped_key: Option<Vec<u8>>,
}

/// The line of a document, by the blind index of its number.
pub(crate) async fn find(tx: &mut Tx, number: &Index) -> Result<Option<RealNameRecord>, Error> {
    let row = query!(
        r#"SELECT line.id AS "id!", line.name_index AS "name_index!", line.sealed_facts AS "sealed_facts!",
                  line.previous_index AS "previous?", key.wrapped AS "wrapped?"
           FROM identity.real_name_record line LEFT JOIN identity.data_key key ON key.owner_id = line.id
           WHERE line.number_index = ANY($1)"#,
        number.candidates(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| RealNameRecord {
        id: row.id,
        name_index: row.name_index,
        facts: row.sealed_facts,
        previous: row.previous,
        wrapped_key: row.wrapped,
    }))
}

/// A line as the authority tells it.
#[derive(Debug, Clone)]
pub(crate) struct NewLine {
    /// Blind index of the number.
    pub(crate) number: Index,
    /// Blind index of the number of the document before, where it is told.
    pub(crate) previous: Option<Index>,
    /// Blind index of the folded name.
    pub(crate) name: Index,
    /// Owner id of a fresh data key.
    pub(crate) id: Uuid,
    /// That key, wrapped.
    pub(crate) wrapped_key: Vec<u8>,
    /// Sex and birth date sealed under it.
    pub(crate) facts: Vec<u8>,
}

/// Records a line; what was known of the same document before is replaced, its key destroyed.
pub(crate) async fn replace(tx: &mut Tx, line: &NewLine, at: Timestamp) -> Result<(), Error> {
    let former = query_scalar!(
        "DELETE FROM identity.real_name_record WHERE number_index = ANY($1) RETURNING id",
        line.number.candidates(),
    )
    .fetch_optional(tx.conn())
    .await?;
    if let Some(former) = former {
        query!("DELETE FROM identity.data_key WHERE owner_id = $1", former)
            .execute(tx.conn())
            .await?;
    }
    super::person::insert_data_key(tx, line.id, &line.wrapped_key, at).await?;
    query!(
        "INSERT INTO identity.real_name_record (id, number_index, name_index, sealed_facts, recorded_at, previous_index)
         VALUES ($1, $2, $3, $4, $5, $6)",
        line.id,
        line.number.current(),
        line.name.current(),
        line.facts,
        at.to_sql(),
        line.previous.as_ref().map(Index::current),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
