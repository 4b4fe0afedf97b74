//! Registrations that come with an existing register.

use domain::ids::{EmployerId, ImportId, PersonId};
use domain::specialty::Specialty;
use domain::validity::Validity;
use jiff::Timestamp;
use postgres::{Error, SqlTimestamp, ToSql as _, Tx, ensure_affected};
use serde_json::Value;
use sqlx::query;
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

/// Adds registrations; the first has the position `first`, the others follow. Returns how many were added: fewer if
/// somebody was registered meanwhile.
pub(crate) async fn insert(
    tx: &mut Tx,
    (import, piece): (ImportId, i32),
    entries: &[Entry],
    first: i64,
) -> Result<usize, Error> {
    let ids: Vec<Uuid> = entries.iter().map(|one| one.row_id).collect();
    let rows: Vec<i32> = entries
        .iter()
        .map(|one| i32::try_from(one.row).unwrap_or(i32::MAX))
        .collect();
    let persons: Vec<Uuid> = entries.iter().map(|one| one.person.as_uuid()).collect();
    let text = |of: fn(&Entry) -> &String| entries.iter().map(|one| of(one).clone()).collect::<Vec<_>>();
    query!(
        "INSERT INTO registration.imported_registration
             (row_id, import_id, row_number, piece, person_id, number_as_given, certificate_number)
         SELECT row_id, $1, row_number, $7, person, given, certificate
         FROM unnest($2::uuid[], $3::integer[], $4::uuid[], $5::text[], $6::text[])
             AS new (row_id, row_number, person, given, certificate)",
        import.as_uuid(),
        &ids,
        &rows,
        &persons,
        &text(|one| &one.number_as_given),
        &text(|one| &one.certificate_number),
        piece,
    )
    .execute(tx.conn())
    .await?;
    let employers: Vec<Uuid> = entries.iter().map(|one| one.employer.as_uuid()).collect();
    let specialties: Vec<Value> = entries.iter().map(|one| write(&one.specialties)).collect();
    let at: Vec<SqlTimestamp> = entries.iter().map(|one| one.registered_at.to_sql()).collect();
    let positions: Vec<i64> = (first..).take(entries.len()).collect();
    let sealed: Vec<Vec<u8>> = entries.iter().map(|one| one.sealed_facts.clone()).collect();
    let result = query!(
        "INSERT INTO registration.active_registration
             (person_id, registration_number, employer_id, specialties, announced_at, imported_row, position,
              employer_title, sealed_facts)
         SELECT person, number, employer, specialties, at, row_id, position, title, sealed
         FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::jsonb[], $5::timestamptz[], $6::uuid[], $7::bigint[],
                     $8::text[], $9::bytea[])
             AS new (person, number, employer, specialties, at, row_id, position, title, sealed)
         ON CONFLICT DO NOTHING",
        &persons,
        &text(|one| &one.number),
        &employers,
        &specialties,
        &at as _,
        &ids,
        &positions,
        &text(|one| &one.employer_title),
        &sealed,
    )
    .execute(tx.conn())
    .await?;
    Ok(usize::try_from(result.rows_affected()).unwrap_or_default())
}

/// The nation refused a row after all: the registration goes, and its import and row are told.
pub(crate) async fn withdraw(tx: &mut Tx, row: Uuid) -> Result<Option<(ImportId, u32, i32)>, Error> {
    let gone = query!(
        "DELETE FROM registration.active_registration WHERE imported_row = $1",
        row
    )
    .execute(tx.conn())
    .await?;
    if gone.rows_affected() == 0 {
        return Ok(None);
    }
    ensure_affected("withdraw an imported registration", 1, &gone)?;
    let of = query!(
        "SELECT import_id, row_number, piece FROM registration.imported_registration WHERE row_id = $1",
        row
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Some((
        ImportId::from_uuid(of.import_id),
        u32::try_from(of.row_number).unwrap_or_default(),
        of.piece,
    )))
}
