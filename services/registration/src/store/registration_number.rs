//! Table `registration.registration_number`: the numbers that people have and had.

use domain::ids::PersonId;
use jiff::Timestamp;
use postgres::{Error, SqlTimestamp, ToSql as _, Tx};
use sqlx::{query, query_as, query_scalar};

use super::Within;

/// A number and while it held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeldNumber {
    pub(crate) number: String,
    /// None where it was brought from another province.
    pub(crate) from: Option<Timestamp>,
    /// None while it holds.
    pub(crate) to: Option<Timestamp>,
}

/// From `at` on the person has this number; one that came along from elsewhere, or held before, is kept beside it.
pub(crate) async fn hold(
    tx: &mut Tx,
    person: PersonId,
    number: &str,
    before: Option<&str>,
    at: Timestamp,
) -> Result<(), Error> {
    close(tx, person, Some(number), at).await?;
    if let Some(before) = before.filter(|before| *before != number) {
        query!(
            "INSERT INTO registration.registration_number (person_id, number, valid_to) VALUES ($1, $2, $3)
             ON CONFLICT (number, person_id) DO NOTHING",
            person.as_uuid(),
            before,
            at.to_sql(),
        )
        .execute(tx.conn())
        .await?;
    }
    query!(
        "INSERT INTO registration.registration_number AS held (person_id, number, valid_from) VALUES ($1, $2, $3)
         ON CONFLICT (number, person_id) DO UPDATE SET valid_to = NULL, updated_by = shared.transaction_name()
         WHERE held.valid_to IS NOT NULL",
        person.as_uuid(),
        number,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// From `at` on the person's number does not hold here, unless it is `except`.
pub(crate) async fn close(
    tx: &mut Tx,
    person: PersonId,
    except: Option<&str>,
    at: Timestamp,
) -> Result<(), Error> {
    query!(
        "UPDATE registration.registration_number
         SET valid_to = greatest($3, valid_from), updated_by = shared.transaction_name()
         WHERE person_id = $1 AND valid_to IS NULL AND number IS DISTINCT FROM $2",
        person.as_uuid(),
        except,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whose number it is or was, within the scope.
pub(crate) async fn owner(tx: &mut Tx, within: &Within, number: &str) -> Result<Option<PersonId>, Error> {
    let person = query_scalar!(
        "SELECT held.person_id FROM registration.registration_number AS held
         JOIN registration.active_registration AS registered USING (person_id)
         WHERE held.number = $1 AND ($2 OR held.person_id = $3 OR registered.employer_id = ANY($4))
         ORDER BY held.valid_to DESC NULLS FIRST LIMIT 1",
        number,
        within.all,
        within.person,
        &within.employers,
    );
    Ok(person.fetch_optional(tx.conn()).await?.map(PersonId::from_uuid))
}

/// The numbers of a person, the oldest first; for whoever has found the registration within their scope.
pub(crate) async fn of_person(tx: &mut Tx, person: PersonId) -> Result<Vec<HeldNumber>, Error> {
    struct Row {
        number: String,
        valid_from: Option<SqlTimestamp>,
        valid_to: Option<SqlTimestamp>,
    }
    let rows = query_as!(
        Row,
        "SELECT number, valid_from, valid_to FROM registration.registration_number
         WHERE person_id = $1 ORDER BY valid_to NULLS LAST, valid_from NULLS FIRST, number",
        person.as_uuid(),
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    let held = rows.into_iter().map(|row| HeldNumber {
        number: row.number,
        from: row.valid_from.map(SqlTimestamp::to_jiff),
        to: row.valid_to.map(SqlTimestamp::to_jiff),
    });
    Ok(held.collect())
}
