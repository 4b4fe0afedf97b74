//! Table `exchange.migration`: rows of existing registers that the nation has cleared.

use std::collections::HashMap;

use domain::ids::{ImportId, PersonId};
use domain::province::Province;
use domain::registration_number::RegistrationDigits;
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx, column, ensure_affected};
use sqlx::query;
use uuid::Uuid;

/// Column name that binds what was cleared to its place.
pub(crate) const FACTS: &str = "exchange.migration.facts";
const TABLE: &str = "exchange.migration";

/// One row as cleared.
#[derive(Debug, Clone)]
pub(crate) struct Migration {
    pub(crate) id: Uuid,
    pub(crate) province: Province,
    pub(crate) import: ImportId,
    pub(crate) person: PersonId,
    /// Sealed, column [`FACTS`].
    pub(crate) facts: Vec<u8>,
    pub(crate) state: State,
}

/// Where a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Cleared,
    Used,
    Refused,
}

impl State {
    const fn code(self) -> &'static str {
        match self {
            Self::Cleared => "cleared",
            Self::Used => "used",
            Self::Refused => "refused",
        }
    }
}

/// Keeps new persons' wrapped keys; returns those that count, without those of erased persons.
pub(crate) async fn ensure_keys(
    tx: &mut Tx,
    persons: &[Uuid],
    wrapped: &[Vec<u8>],
    at: Timestamp,
) -> Result<HashMap<Uuid, Vec<u8>>, Error> {
    query!(
        "INSERT INTO register.person (person, wrapped_key, created_at)
         SELECT person, wrapped, $3 FROM unnest($1::uuid[], $2::bytea[]) AS new (person, wrapped) ORDER BY person
         ON CONFLICT (person) DO NOTHING",
        persons,
        wrapped,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    let rows = query!(
        "SELECT person, wrapped_key FROM register.person WHERE person = ANY($1) AND wrapped_key <> ''
         ORDER BY person FOR NO KEY UPDATE",
        persons,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.person, row.wrapped_key))
        .collect())
}

/// Who of these has an entry.
pub(crate) async fn with_entry(tx: &mut Tx, persons: &[Uuid]) -> Result<Vec<Uuid>, Error> {
    let rows = query!(
        "SELECT person FROM register.entry WHERE person = ANY($1)",
        persons
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.person).collect())
}

/// Reserves digits for persons who have none, and returns whose digits each person has after it.
pub(crate) async fn reserve(
    tx: &mut Tx,
    wanted: &[(PersonId, RegistrationDigits)],
    at: Timestamp,
) -> Result<HashMap<Uuid, String>, Error> {
    let persons: Vec<Uuid> = wanted.iter().map(|(person, _)| person.as_uuid()).collect();
    let digits: Vec<String> = wanted.iter().map(|(_, digits)| digits.to_string()).collect();
    query!(
        "INSERT INTO register.registration_number (number, person, reserved_at)
         SELECT number, person, $3 FROM unnest($1::text[], $2::uuid[]) AS new (number, person) ORDER BY number
         ON CONFLICT DO NOTHING",
        &digits,
        &persons,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    let rows = query!(
        "SELECT person, number FROM register.registration_number WHERE person = ANY($1)",
        &persons,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.person, row.number)).collect())
}

/// Keeps what was cleared.
pub(crate) async fn insert(tx: &mut Tx, rows: &[Migration], at: Timestamp) -> Result<(), Error> {
    let column = |of: fn(&Migration) -> Uuid| rows.iter().map(of).collect::<Vec<_>>();
    let provinces: Vec<String> = rows.iter().map(|row| row.province.code().to_owned()).collect();
    let facts: Vec<Vec<u8>> = rows.iter().map(|row| row.facts.clone()).collect();
    query!(
        "INSERT INTO exchange.migration (id, province, import, person, facts, state, cleared_at)
         SELECT id, province, import, person, facts, 'cleared', $6
         FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::bytea[])
             AS new (id, province, import, person, facts)",
        &column(|row| row.id),
        &provinces,
        &column(|row| row.import.as_uuid()),
        &column(|row| row.person.as_uuid()),
        &facts,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whose rows these are, of those that were cleared before.
pub(crate) async fn cleared(tx: &mut Tx, rows: &[Uuid]) -> Result<HashMap<Uuid, (String, Uuid)>, Error> {
    let rows = query!(
        "SELECT id, province, person FROM exchange.migration WHERE id = ANY($1)",
        rows
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, (row.province, row.person)))
        .collect())
}

/// Locks rows.
pub(crate) async fn lock_all(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Migration>, Error> {
    let rows = query!(
        "SELECT id, province, import, person, facts, state FROM exchange.migration WHERE id = ANY($1) ORDER BY id FOR UPDATE",
        ids
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Migration {
                id: row.id,
                province: crate::store::province(&row.province, TABLE, row.id)?,
                import: row.import.into(),
                person: row.person.into(),
                facts: row.facts,
                state: match row.state.as_str() {
                    "cleared" => State::Cleared,
                    "used" => State::Used,
                    "refused" => State::Refused,
                    _ => return Err(Error::inconsistent(TABLE, "state", row.id)),
                },
            })
        })
        .collect()
}

/// Ends cleared rows, each once.
pub(crate) async fn end_all(tx: &mut Tx, ended: &[(Uuid, State)], at: Timestamp) -> Result<(), Error> {
    if ended.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = column(ended, |(id, _)| *id);
    let states: Vec<String> = column(ended, |(_, state)| state.code().to_owned());
    let result = query!(
        "UPDATE exchange.migration SET state = new.state, ended_at = $3, updated_by = shared.transaction_name()
         FROM unnest($1::uuid[], $2::text[]) AS new (id, state)
         WHERE migration.id = new.id AND migration.state = 'cleared'",
        &ids,
        &states,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("end migrations", ended.len() as u64, &result)
}
