//! Many persons and employers at once, in one statement each.

use domain::document_number::DocumentKind;
use domain::ids::{EmployerId, PersonId};
use jiff::Timestamp;
use postgres::{Error, SqlDate, SqlTimestamp, ToSql as _, Tx};
use sqlx::{query, query_as};
use uuid::Uuid;

use super::employer::Row;
use super::known;
use super::person::SealedDocument;
use crate::employer::{Employer, EmployerFact};

/// A document with the wrapped key of its person.
#[derive(Debug, Clone)]
pub(crate) struct KeyedDocument {
    /// What a look-up by number finds.
    pub(crate) number_index: Vec<u8>,
    /// The document.
    pub(crate) document: SealedDocument,
    /// Who stands for a carrier who was merged away.
    pub(crate) survivor: Option<PersonId>,
    /// None after erasure.
    pub(crate) wrapped: Option<Vec<u8>>,
}

struct DocumentRow {
    id: Uuid,
    person_id: Uuid,
    survivor: Option<Uuid>,
    kind: String,
    number_index: Vec<u8>,
    sealed_number: Vec<u8>,
    sealed_name: Vec<u8>,
    sealed_facts: Vec<u8>,
    wrapped: Option<Vec<u8>>,
}

impl TryFrom<DocumentRow> for KeyedDocument {
    type Error = Error;

    fn try_from(row: DocumentRow) -> Result<Self, Error> {
        Ok(Self {
            number_index: row.number_index,
            document: SealedDocument {
                id: row.id,
                person: PersonId::from_uuid(row.person_id),
                kind: known(
                    DocumentKind::from_code(&row.kind),
                    "identity_document",
                    "kind",
                    row.id,
                )?,
                number: row.sealed_number,
                name: row.sealed_name,
                facts: row.sealed_facts,
            },
            survivor: row.survivor.map(PersonId::from_uuid),
            wrapped: row.wrapped,
        })
    }
}

/// Whose documents have one of these blind indices, now or formerly.
pub(crate) async fn documents(tx: &mut Tx, indices: &[Vec<u8>]) -> Result<Vec<KeyedDocument>, Error> {
    let rows = query_as!(
        DocumentRow,
        r#"SELECT document.id AS "id!", document.person_id AS "person_id!", person.survivor AS "survivor?",
                  document.kind AS "kind!", document.number_index AS "number_index!",
                  document.sealed_number AS "sealed_number!", document.sealed_name AS "sealed_name!",
                  document.sealed_facts AS "sealed_facts!", key.wrapped AS "wrapped?"
           FROM identity.identity_document document
           JOIN identity.person ON person.id = document.person_id
           LEFT JOIN identity.data_key key ON key.owner_id = document.person_id
           WHERE document.number_index = ANY($1)"#,
        indices,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(KeyedDocument::try_from).collect()
}

/// The current documents of persons.
pub(crate) async fn current_documents(tx: &mut Tx, persons: &[Uuid]) -> Result<Vec<KeyedDocument>, Error> {
    let rows = query_as!(
        DocumentRow,
        r#"SELECT document.id AS "id!", document.person_id AS "person_id!", NULL::uuid AS "survivor?",
                  document.kind AS "kind!",
                  document.number_index AS "number_index!", document.sealed_number AS "sealed_number!",
                  document.sealed_name AS "sealed_name!", document.sealed_facts AS "sealed_facts!", key.wrapped AS "wrapped?"
           FROM identity.identity_document document LEFT JOIN identity.data_key key ON key.owner_id = document.person_id
           WHERE document.person_id = ANY($1) AND document.superseded_by IS NULL"#,
        persons,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(KeyedDocument::try_from).collect()
}

/// The names, as blind indices, that the real-name record has for these documents.
pub(crate) async fn record_names(tx: &mut Tx, indices: &[Vec<u8>]) -> Result<Vec<(Vec<u8>, Vec<u8>)>, Error> {
    let rows = query!(
        "SELECT number_index, name_index FROM identity.real_name_record WHERE number_index = ANY($1)",
        indices,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.number_index, row.name_index))
        .collect())
}

/// A person who has no account.
#[derive(Debug, Clone)]
pub(crate) struct NewPerson {
    /// With the id of the person.
    pub(crate) document: SealedDocument,
    /// Blind index of its number.
    pub(crate) number_index: Vec<u8>,
    /// Their data key, wrapped.
    pub(crate) wrapped: Vec<u8>,
}

/// Puts persons on record with key and document. `identity_document_number` refuses all of them if somebody was faster.
pub(crate) async fn insert_persons(tx: &mut Tx, persons: &[NewPerson], at: Timestamp) -> Result<(), Error> {
    let ids: Vec<Uuid> = persons.iter().map(|one| one.document.person.as_uuid()).collect();
    query!(
        "INSERT INTO identity.person (id, created_at) SELECT id, $2 FROM unnest($1::uuid[]) AS id",
        &ids,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    let wrapped: Vec<Vec<u8>> = persons.iter().map(|one| one.wrapped.clone()).collect();
    query!(
        "INSERT INTO identity.data_key (owner_id, wrapped, created_at)
         SELECT id, wrapped, $3 FROM unnest($1::uuid[], $2::bytea[]) AS new (id, wrapped)",
        &ids,
        &wrapped,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    let documents: Vec<Uuid> = persons.iter().map(|one| one.document.id).collect();
    let kinds: Vec<String> = persons
        .iter()
        .map(|one| one.document.kind.code().to_owned())
        .collect();
    let column =
        |of: fn(&NewPerson) -> &Vec<u8>| persons.iter().map(|one| of(one).clone()).collect::<Vec<_>>();
    query!(
        "INSERT INTO identity.identity_document
             (id, person_id, kind, number_index, sealed_number, sealed_name, sealed_facts, valid_from)
         SELECT document, person, kind, number_index, number, name, facts, $8
         FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[])
             AS new (document, person, kind, number_index, number, name, facts)",
        &documents,
        &ids,
        &kinds,
        &column(|one| &one.number_index),
        &column(|one| &one.document.number),
        &column(|one| &one.document.name),
        &column(|one| &one.document.facts),
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// One line of the access log for each person.
pub(crate) async fn record_access(
    tx: &mut Tx,
    (actor, method, purpose): (&str, &str, &str),
    persons: &[PersonId],
    at: Timestamp,
) -> Result<(), Error> {
    let subjects: Vec<String> = persons.iter().map(|person| person.resource_name()).collect();
    query!(
        "INSERT INTO identity.access_log (at, actor, method, subject, purpose)
         SELECT $1, $2, $3, subject, $4 FROM unnest($5::text[]) AS subject",
        at.to_sql(),
        actor,
        method,
        purpose,
        &subjects,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Employers with one of these ids, credit codes, or old organisation codes (characters 9 to 17 of the credit code).
pub(crate) async fn employers(
    tx: &mut Tx,
    ids: &[Uuid],
    codes: &[String],
    organisations: &[String],
) -> Result<Vec<Employer>, Error> {
    let rows = query_as!(
        Row,
        "SELECT id, title, credit_code, province, qualifications, created_at, standing, standing_from
         FROM identity.employer
         WHERE id = ANY($1) OR credit_code = ANY($2) OR substr(credit_code, 9, 9) = ANY($3)",
        ids,
        codes,
        organisations,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Employer::try_from).collect()
}

/// Adds employers with their first facts; those whose code is on record meanwhile are left out.
pub(crate) async fn insert_employers(
    tx: &mut Tx,
    employers: &[Employer],
    fact: &EmployerFact,
) -> Result<Vec<EmployerId>, Error> {
    let ids: Vec<Uuid> = employers.iter().map(|one| one.id.as_uuid()).collect();
    let titles: Vec<String> = employers.iter().map(|one| one.title.clone()).collect();
    let codes: Vec<String> = employers
        .iter()
        .map(|one| one.credit_code.as_str().to_owned())
        .collect();
    let provinces: Vec<String> = employers
        .iter()
        .map(|one| one.province.code().to_owned())
        .collect();
    let classes: Vec<String> = employers
        .iter()
        .map(|one| {
            one.qualifications
                .iter()
                .map(|it| it.code())
                .collect::<Vec<_>>()
                .join(",")
        })
        .collect();
    let from: SqlDate = fact.from.to_sql();
    let at: SqlTimestamp = fact.recorded_at.to_sql();
    let rows = query!(
        "WITH added AS (
             INSERT INTO identity.employer (id, title, credit_code, province, qualifications, created_at, standing, standing_from)
             SELECT id, title, credit_code, province, string_to_array(classes, ','), $6, $7, $8
             FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
                 AS new (id, title, credit_code, province, classes)
             ON CONFLICT (credit_code) DO NOTHING
             RETURNING id, title, credit_code)
         INSERT INTO identity.employer_fact (employer_id, valid_from, title, credit_code, standing, evidence, recorded_at)
         SELECT id, $8, title, credit_code, $7, $9, $6 FROM added
         RETURNING employer_id",
        &ids,
        &titles,
        &codes,
        &provinces,
        &classes,
        at,
        fact.standing.code(),
        from as _,
        fact.evidence,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| EmployerId::from_uuid(row.employer_id))
        .collect())
}
