//! Persons, their data keys, and the documents that identify them.

use domain::document_number::DocumentKind;
use domain::ids::PersonId;
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::{query, query_scalar};
use uuid::Uuid;

use super::known;
use crate::sealing::Index;

/// A document as stored: everything personal in it is sealed under the person's data key.
#[derive(Debug, Clone)]
pub(crate) struct SealedDocument {
    /// Row id.
    pub(crate) id: Uuid,
    /// Whose it is.
    pub(crate) person: PersonId,
    /// What kind of document.
    pub(crate) kind: DocumentKind,
    /// Its number.
    pub(crate) number: Vec<u8>,
    /// The name on it.
    pub(crate) name: Vec<u8>,
    /// Sex and birth date.
    pub(crate) facts: Vec<u8>,
}

/// Adds a person who has nothing yet.
pub(crate) async fn insert(tx: &mut Tx, person: PersonId, at: Timestamp) -> Result<(), Error> {
    query!(
        "INSERT INTO identity.person (id, created_at) VALUES ($1, $2)",
        person.as_uuid(),
        at.to_sql()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Keeps the wrapped data key of a person or of a line of the real-name record.
pub(crate) async fn insert_data_key(
    tx: &mut Tx,
    owner: Uuid,
    wrapped: &[u8],
    at: Timestamp,
) -> Result<(), Error> {
    query!(
        "INSERT INTO identity.data_key (owner_id, wrapped, created_at) VALUES ($1, $2, $3)",
        owner,
        wrapped,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The wrapped data key of an owner; none after erasure.
pub(crate) async fn data_key(tx: &mut Tx, owner: Uuid) -> Result<Option<Vec<u8>>, Error> {
    Ok(
        query_scalar!("SELECT wrapped FROM identity.data_key WHERE owner_id = $1", owner)
            .fetch_optional(tx.conn())
            .await?,
    )
}

/// Adds a document. `identity_document_number` refuses one that another person carries.
pub(crate) async fn insert_document(
    tx: &mut Tx,
    document: &SealedDocument,
    number: &Index,
    valid_from: Timestamp,
) -> Result<(), Error> {
    query!(
        "INSERT INTO identity.identity_document
             (id, person_id, kind, number_index, sealed_number, sealed_name, sealed_facts, valid_from)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        document.id,
        document.person.as_uuid(),
        document.kind.code(),
        number.current(),
        document.number,
        document.name,
        document.facts,
        valid_from.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Retires a document in favour of another, which is added next in the same transaction.
pub(crate) async fn supersede_document(tx: &mut Tx, document: Uuid, by: Uuid) -> Result<(), Error> {
    query!(
        "UPDATE identity.identity_document SET superseded_by = $2, updated_by = shared.transaction_name() WHERE id = $1",
        document,
        by,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Puts another name on a document and keeps the one before; [`SealedDocument::id`] names it.
pub(crate) async fn rename(tx: &mut Tx, renamed: &SealedDocument, at: Timestamp) -> Result<(), Error> {
    query!(
        "WITH former AS (
             INSERT INTO identity.former_name (document_id, until, sealed_name, sealed_facts)
             SELECT id, $2, sealed_name, sealed_facts FROM identity.identity_document WHERE id = $1
         )
         UPDATE identity.identity_document
         SET sealed_name = $3, sealed_facts = $4, updated_by = shared.transaction_name() WHERE id = $1",
        renamed.id,
        at.to_sql(),
        renamed.name,
        renamed.facts,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Locks a person against other changes of who they are.
pub(crate) async fn lock(tx: &mut Tx, person: PersonId) -> Result<(), Error> {
    query_scalar!(
        "SELECT id FROM identity.person WHERE id = $1 FOR UPDATE",
        person.as_uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(())
}

/// The document by which a person is known at present.
pub(crate) async fn current_document(tx: &mut Tx, person: PersonId) -> Result<Option<SealedDocument>, Error> {
    let row = query!(
        "SELECT id, kind, sealed_number, sealed_name, sealed_facts
         FROM identity.identity_document WHERE person_id = $1 AND superseded_by IS NULL",
        person.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| {
        Ok(SealedDocument {
            id: row.id,
            person,
            kind: known(
                DocumentKind::from_code(&row.kind),
                "identity_document",
                "kind",
                row.id,
            )?,
            number: row.sealed_number,
            name: row.sealed_name,
            facts: row.sealed_facts,
        })
    })
    .transpose()
}

/// Who carries the document with this blind index, now or formerly; of somebody merged away, who stands for them.
pub(crate) async fn find_by_number(tx: &mut Tx, number: &Index) -> Result<Option<PersonId>, Error> {
    let person = query_scalar!(
        r#"SELECT coalesce(person.survivor, person.id) AS "person!"
         FROM identity.identity_document AS document JOIN identity.person ON person.id = document.person_id
         WHERE document.number_index = ANY($1)"#,
        number.candidates(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(person.map(PersonId::from_uuid))
}

/// Lets `survivor` stand for a person, or nobody any more. False if one of the two is not on record.
pub(crate) async fn set_survivor(
    tx: &mut Tx,
    person: PersonId,
    survivor: Option<PersonId>,
) -> Result<bool, Error> {
    let result = query!(
        "UPDATE identity.person SET survivor = $2, updated_by = shared.transaction_name()
         WHERE id = $1 AND ($2::uuid IS NULL OR EXISTS (SELECT FROM identity.person AS other WHERE other.id = $2))",
        person.as_uuid(),
        survivor.map(PersonId::as_uuid),
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}
