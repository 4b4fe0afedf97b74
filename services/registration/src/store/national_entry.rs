//! Table `registration.national_entry`: what the nation told of a registration that an application would move here.

use domain::ids::{ApplicationId, EmployerId, PersonId};
use domain::specialty::Specialty;
use domain::validity::Validity;
use jiff::Timestamp;
use postgres::{Error, ToSql as _, Tx};
use sqlx::{query, query_scalar};

use super::registered::Registered;
use super::{read, write};

const TABLE: &str = "registration.national_entry";

/// A registration as the nation told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NationalEntry {
    /// Two digits of who holds it.
    pub(crate) province: String,
    pub(crate) number: String,
    pub(crate) employer: EmployerId,
    pub(crate) employer_title: String,
    pub(crate) specialties: Vec<(Specialty, Validity)>,
}

impl NationalEntry {
    /// As a registration, for the rules of the application that it was read for.
    pub(crate) fn registered(
        &self,
        person: PersonId,
        application: ApplicationId,
        read_at: Timestamp,
    ) -> Registered {
        Registered {
            person,
            number: self.number.clone(),
            employer: self.employer,
            employer_title: self.employer_title.clone(),
            specialties: self.specialties.clone(),
            announced_at: read_at,
            application,
            imported: false,
            position: 0,
            licence_identifier: None,
            moved_to: None,
            moving_to: None,
            suspended: None,
            ended: None,
            sealed_facts: None,
        }
    }
}

/// Keeps what was read for a new application.
pub(crate) async fn insert(
    tx: &mut Tx,
    application: ApplicationId,
    person: PersonId,
    entry: &NationalEntry,
    at: Timestamp,
) -> Result<(), Error> {
    query!(
        "INSERT INTO registration.national_entry (application_id, person_id, province, registration_number, employer_id,
             employer_title, specialties, read_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        application.as_uuid(),
        person.as_uuid(),
        entry.province,
        entry.number,
        entry.employer.as_uuid(),
        entry.employer_title,
        write(&entry.specialties),
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The registration that a person's open application would move here; the caller may see the person.
pub(crate) async fn of_open(tx: &mut Tx, person: PersonId) -> Result<Option<Registered>, Error> {
    let row = query!(
        "SELECT entry.application_id, entry.province, entry.registration_number, entry.employer_id, entry.employer_title,
                entry.specialties, entry.read_at
         FROM registration.national_entry AS entry
         JOIN registration.application AS application ON application.id = entry.application_id AND application.open
         WHERE entry.person_id = $1 ORDER BY entry.read_at DESC LIMIT 1",
        person.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| {
        let entry = NationalEntry {
            province: row.province,
            number: row.registration_number,
            employer: row.employer_id.into(),
            employer_title: row.employer_title,
            specialties: read(row.specialties, TABLE, "specialties", row.application_id)?,
        };
        Ok(entry.registered(person, row.application_id.into(), row.read_at.to_jiff()))
    })
    .transpose()
}

/// The province that an application moves somebody from, if it does.
pub(crate) async fn province(tx: &mut Tx, application: ApplicationId) -> Result<Option<String>, Error> {
    Ok(query_scalar!(
        "SELECT province FROM registration.national_entry WHERE application_id = $1",
        application.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await?)
}
