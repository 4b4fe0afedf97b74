//! Table `register.registration_number`: digits, reserved by the first clearance and never given to another.

use domain::ids::PersonId;
use domain::registration_number::RegistrationDigits;
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::{query, query_scalar};
use uuid::Uuid;

/// A person's digits.
pub(crate) async fn of_person(tx: &mut Tx, person: PersonId) -> Result<Option<RegistrationDigits>, Error> {
    let number = query_scalar!(
        "SELECT number FROM register.registration_number WHERE person = $1",
        person.as_uuid()
    );
    let number = number.fetch_optional(tx.conn()).await?;
    let read = |number: String| {
        RegistrationDigits::parse(&number)
            .map_err(|_| Error::inconsistent("register.registration_number", "number", person))
    };
    number.map(read).transpose()
}

/// Reserves digits for a person who has none. False if they belong to another.
pub(crate) async fn reserve(
    tx: &mut Tx,
    person: PersonId,
    digits: RegistrationDigits,
    at: Timestamp,
) -> Result<bool, Error> {
    let result = query!(
        "INSERT INTO register.registration_number (number, person, reserved_at) VALUES ($1, $2, $3)
         ON CONFLICT (number) DO NOTHING",
        digits.to_string(),
        person.as_uuid(),
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Frees the digits of people who were never registered and have no clearance any more.
pub(crate) async fn free_unused(tx: &mut Tx, people: &[Uuid]) -> Result<(), Error> {
    if people.is_empty() {
        return Ok(());
    }
    query!(
        "DELETE FROM register.registration_number AS digits WHERE person = ANY($1)
             AND NOT EXISTS (SELECT 1 FROM register.entry WHERE entry.person = digits.person)
             AND NOT EXISTS (SELECT 1 FROM exchange.clearance
                             WHERE clearance.person = digits.person AND state <> 'released')",
        people,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
