//! Registrations that come with an existing register.

use domain::ids::{EmployerId, ImportId, PersonId};
use domain::specialty::Specialty;
use domain::validity::Validity;
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx, copy};
use sqlx::{query, query_scalar};
use uuid::Uuid;

use crate::store::{read, write};

/// A registration to be added.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) row_id: Uuid,
    pub(crate) row: u32,
    pub(crate) person: PersonId,
    pub(crate) number: String,
    pub(crate) number_as_given: String,
    pub(crate) certificate_number: String,
    pub(crate) employer: EmployerId,
    pub(crate) employer_title: String,
    pub(crate) specialties: Vec<(Specialty, Validity)>,
    pub(crate) registered_at: Timestamp,
    pub(crate) sealed_facts: Vec<u8>,
}

/// Somebody registered here.
#[derive(Debug, Clone)]
pub(crate) struct Present {
    pub(crate) person: Uuid,
    /// What their document is found by.
    pub(crate) index: Vec<u8>,
    pub(crate) number: String,
    credit_code: String,
    pub(crate) specialties: Vec<(Specialty, Validity)>,
    /// Neither ended nor moved away.
    pub(crate) stands: bool,
}

impl Present {
    /// Whether the employer has this credit code or old organisation code.
    pub(crate) fn employer_code_is(&self, code: &str) -> bool {
        self.credit_code == code || self.credit_code.get(8..17) == Some(code)
    }
}

/// Whoever is registered here with one of these documents or numbers; for jobs, which see every row.
///
/// What is asked for is joined: of `= ANY` over an array that only the execution knows, a scan compares every row with
/// every element.
pub(crate) async fn present(
    tx: &mut Tx,
    indices: &[Vec<u8>],
    numbers: &[String],
) -> Result<Vec<Present>, Error> {
    let rows = query!(
        r#"SELECT registered.person_id, person.document_index, registered.registration_number, employer.credit_code,
                  registered.specialties,
                  registered.ended_at IS NULL AND registered.moved_to IS NULL AS "stands!"
           FROM (SELECT id FROM unnest($1::bytea[]) AS asked (document)
                     JOIN registration.person ON document_index = asked.document
                 UNION
                 SELECT person_id FROM unnest($2::text[]) AS asked (number)
                     JOIN registration.active_registration ON registration_number = asked.number) AS sought
           JOIN registration.active_registration AS registered ON registered.person_id = sought.id
           JOIN registration.person ON person.id = registered.person_id
           JOIN registration.employer ON employer.id = registered.employer_id"#,
        indices,
        numbers,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let table = "registration.active_registration";
            Ok(Present {
                person: row.person_id,
                index: row.document_index,
                number: row.registration_number,
                credit_code: row.credit_code,
                specialties: read(row.specialties, table, "specialties", row.person_id)?,
                stands: row.stands,
            })
        })
        .collect()
}

/// Adds registrations that rest on rows of one piece; the first has the position `first`, the others follow. Somebody who
/// is registered already, or a number that is taken, is a constraint violated.
pub(crate) async fn insert(
    tx: &mut Tx,
    (import, piece): (ImportId, i32),
    entries: &[Entry],
    first: i64,
) -> Result<(), Error> {
    let rows: Vec<Uuid> = entries.iter().map(|one| one.row_id).collect();
    let row_number = |one: &Entry| i32::try_from(one.row).unwrap_or(i32::MAX);
    let numbers: Vec<i32> = entries.iter().map(row_number).collect();
    let persons: Vec<Uuid> = entries.iter().map(|one| one.person.as_uuid()).collect();
    let text = |of: fn(&Entry) -> &String| entries.iter().map(|one| of(one).clone()).collect::<Vec<_>>();
    query!(
        "INSERT INTO registration.imported_piece
             (import_id, piece, row_ids, row_numbers, person_ids, numbers_as_given, certificate_numbers)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        import.as_uuid(),
        piece,
        &rows,
        &numbers,
        &persons,
        &text(|one| &one.number_as_given),
        &text(|one| &one.certificate_number),
    )
    .execute(tx.conn())
    .await?;
    let mut rows = copy::Rows::new(11, entries.len(), 640);
    for (entry, position) in entries.iter().zip(first..) {
        rows.row()
            .uuid(entry.person.as_uuid())
            .text(&entry.number)
            .uuid(entry.employer.as_uuid())
            .json(&write(&entry.specialties).to_string())
            .timestamp(entry.registered_at.to_sql())
            .uuid(entry.row_id)
            .uuid(import.as_uuid())
            .integer(piece)
            .bigint(position)
            .text(&entry.employer_title)
            .bytes(&entry.sealed_facts);
    }
    let into = "registration.active_registration
        (person_id, registration_number, employer_id, specialties, announced_at, imported_row, import_id, import_piece,
         position, employer_title, sealed_facts)";
    tx.copy_in(into, rows).await?;
    Ok(())
}

/// The nation refused a row after all: the registration goes, and its import and row are told.
pub(crate) async fn withdraw(tx: &mut Tx, row: Uuid) -> Result<Option<(ImportId, u32, i32)>, Error> {
    let gone = query!(
        r#"DELETE FROM registration.active_registration WHERE imported_row = $1
           RETURNING import_id AS "import_id!", import_piece AS "piece!""#,
        row
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(gone) = gone else { return Ok(None) };
    let number = query_scalar!(
        r#"SELECT row_numbers[array_position(row_ids, $3)] AS "number!" FROM registration.imported_piece
           WHERE import_id = $1 AND piece = $2"#,
        gone.import_id,
        gone.piece,
        row,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Some((
        ImportId::from_uuid(gone.import_id),
        u32::try_from(number).unwrap_or_default(),
        gone.piece,
    )))
}
