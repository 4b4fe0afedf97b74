//! Table `registration.active_registration`: the province's mirror.

use domain::ids::{ApplicationId, EmployerId, LapseRowId, PersonId};
use domain::lapse::Present;
use domain::register::EndCause;
use domain::specialty::Specialty;
use domain::validity::Validity;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::{Error, SqlDate, SqlTimestamp, ToSql as _, Tx, ensure_affected};
use serde_json::Value;
use sqlx::{query, query_as, query_scalar};
use uuid::Uuid;

use super::{Within, read, write};

mod taken;

pub(crate) use taken::{Taken, take};

/// A registration as the province last announced it.
#[derive(Debug, Clone)]
pub(crate) struct Registered {
    pub(crate) person: PersonId,
    pub(crate) number: String,
    pub(crate) employer: EmployerId,
    /// Its name as announced: a certificate keeps it until its next version.
    pub(crate) employer_title: String,
    pub(crate) specialties: Vec<(Specialty, Validity)>,
    pub(crate) announced_at: Timestamp,
    /// What it rests on: an application, or the row of an existing register.
    pub(crate) application: ApplicationId,
    /// It rests on the row of an existing register: no application has been announced on it since.
    pub(crate) imported: bool,
    pub(crate) position: i64,
    pub(crate) licence_identifier: Option<String>,
    /// Province that holds it now.
    pub(crate) moved_to: Option<String>,
    /// Province that has asked for it, while that is under way.
    pub(crate) moving_to: Option<String>,
    /// When and why an act ended it.
    pub(crate) ended: Option<(Timestamp, EndCause)>,
    /// 暂扣 by the nation: since when, and the last day where it is stated. Written by the nation's news alone.
    pub(crate) suspended: Option<(Timestamp, Option<Date>)>,
    /// The facts about the person that it stands under, sealed.
    pub(crate) sealed_facts: Option<Vec<u8>>,
}

struct Row {
    person_id: Uuid,
    registration_number: String,
    employer_id: Uuid,
    employer_title: String,
    specialties: Value,
    announced_at: SqlTimestamp,
    application_id: Uuid,
    imported: bool,
    position: i64,
    licence_identifier: Option<String>,
    moved_to: Option<String>,
    moving_to: Option<String>,
    ended_at: Option<SqlTimestamp>,
    end_cause: Option<String>,
    suspended_at: Option<SqlTimestamp>,
    suspended_until: Option<SqlDate>,
    sealed_facts: Option<Vec<u8>>,
}

const TABLE: &str = "registration.active_registration";

impl TryFrom<Row> for Registered {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let cause = row
            .end_cause
            .map(|code| read(Value::String(code), TABLE, "end_cause", row.person_id))
            .transpose()?;
        Ok(Self {
            person: PersonId::from_uuid(row.person_id),
            number: row.registration_number,
            employer: EmployerId::from_uuid(row.employer_id),
            employer_title: row.employer_title,
            specialties: read(row.specialties, TABLE, "specialties", row.person_id)?,
            announced_at: row.announced_at.to_jiff(),
            application: ApplicationId::from_uuid(row.application_id),
            imported: row.imported,
            position: row.position,
            licence_identifier: row.licence_identifier,
            moved_to: row.moved_to,
            moving_to: row.moving_to,
            ended: row.ended_at.map(SqlTimestamp::to_jiff).zip(cause),
            suspended: row
                .suspended_at
                .map(|at| (at.to_jiff(), row.suspended_until.map(SqlDate::to_jiff))),
            sealed_facts: row.sealed_facts,
        })
    }
}

/// Notes what an announcement made of a registration; the certificate is still to come, unless it ended.
pub(crate) async fn upsert(tx: &mut Tx, registered: &Registered) -> Result<(), Error> {
    query!(
        "INSERT INTO registration.active_registration
             (person_id, registration_number, employer_id, specialties, announced_at, application_id, position,
              employer_title, ended_at, end_cause, sealed_facts)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (person_id) DO UPDATE SET registration_number = excluded.registration_number,
             employer_id = excluded.employer_id, specialties = excluded.specialties,
             announced_at = excluded.announced_at, application_id = excluded.application_id,
             imported_row = NULL, import_id = NULL, import_piece = NULL,
             position = excluded.position, licence_identifier = NULL, moved_to = NULL,
             moving_to = NULL, employer_title = excluded.employer_title,
             ended_at = excluded.ended_at, end_cause = excluded.end_cause, sealed_facts = excluded.sealed_facts,
             lapse_row = NULL,
             -- What is registered anew after an end is not suspended any more.
             suspended_at = CASE WHEN active_registration.ended_at IS NULL THEN active_registration.suspended_at END,
             suspended_until = CASE WHEN active_registration.ended_at IS NULL THEN active_registration.suspended_until END,
             updated_by = shared.transaction_name()",
        registered.person.as_uuid(),
        registered.number,
        registered.employer.as_uuid(),
        write(&registered.specialties),
        registered.announced_at.to_sql(),
        registered.application.as_uuid(),
        registered.position,
        registered.employer_title,
        registered.ended.map(|(at, _)| at).to_sql() as _,
        registered.ended.map(|(_, cause)| cause_code(cause)),
        registered.sealed_facts,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The cause as stored.
pub(super) fn cause_code(cause: EndCause) -> String {
    match write(&cause) {
        Value::String(code) => code,
        other => other.to_string(),
    }
}

/// One person's, within the scope.
pub(crate) async fn find(
    tx: &mut Tx,
    within: &Within,
    person: PersonId,
) -> Result<Option<Registered>, Error> {
    let row = query_as!(
        Row,
        r#"SELECT person_id, registration_number, employer_id, specialties, announced_at,
                coalesce(application_id, imported_row) AS "application_id!",
                imported_row IS NOT NULL AS "imported!", position,
                licence_identifier, moved_to, employer_title, moving_to, ended_at, end_cause, sealed_facts,
                suspended_at, suspended_until AS "suspended_until: SqlDate"
         FROM registration.active_registration
         WHERE person_id = $1 AND ($2 OR person_id = $3 OR employer_id = ANY($4))"#,
        person.as_uuid(),
        within.all,
        within.person,
        &within.employers,
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(Registered::try_from).transpose()
}

/// As [`find`], locked.
pub(crate) async fn lock(
    tx: &mut Tx,
    within: &Within,
    person: PersonId,
) -> Result<Option<Registered>, Error> {
    query_scalar!(
        "SELECT person_id FROM registration.active_registration WHERE person_id = $1 FOR UPDATE",
        person.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    find(tx, within, person).await
}

/// The one of a number that is printed now.
pub(crate) async fn of_number(
    tx: &mut Tx,
    within: &Within,
    number: &str,
) -> Result<Option<Registered>, Error> {
    let person = query_scalar!(
        "SELECT person_id FROM registration.active_registration WHERE registration_number = $1",
        number,
    )
    .fetch_optional(tx.conn())
    .await?;
    match person {
        Some(person) => find(tx, within, PersonId::from_uuid(person)).await,
        None => Ok(None),
    }
}

/// Those within the scope, of one employer if given.
pub(crate) async fn list(
    tx: &mut Tx,
    within: &Within,
    employer: Option<EmployerId>,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Registered>, Error> {
    let rows = query_as!(
        Row,
        r#"SELECT person_id, registration_number, employer_id, specialties, announced_at,
                coalesce(application_id, imported_row) AS "application_id!",
                imported_row IS NOT NULL AS "imported!", position,
                licence_identifier, moved_to, employer_title, moving_to, ended_at, end_cause, sealed_facts,
                suspended_at, suspended_until AS "suspended_until: SqlDate"
         FROM registration.active_registration
         WHERE ($1 OR person_id = $2 OR employer_id = ANY($3)) AND ($4::uuid IS NULL OR employer_id = $4)
           AND ($5::uuid IS NULL OR person_id > $5) AND moved_to IS NULL AND ended_at IS NULL
         ORDER BY person_id LIMIT $6"#,
        within.all,
        within.person,
        &within.employers,
        employer.map(EmployerId::as_uuid),
        after,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Registered::try_from).collect()
}

/// The nation issued the certificate of an announced application.
pub(crate) async fn set_licence(
    tx: &mut Tx,
    application: ApplicationId,
    licence_identifier: &str,
) -> Result<(), Error> {
    query!(
        "UPDATE registration.active_registration SET licence_identifier = $2, updated_by = shared.transaction_name()
         WHERE application_id = $1",
        application.as_uuid(),
        licence_identifier,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Everybody registered with an employer here, in the order of their ids; for whoever may see every row.
pub(crate) async fn of_employer(
    tx: &mut Tx,
    within: &Within,
    employer: EmployerId,
) -> Result<Vec<PersonId>, Error> {
    let people = query_scalar!(
        "SELECT person_id FROM registration.active_registration
         WHERE $1 AND employer_id = $2 AND moved_to IS NULL AND ended_at IS NULL ORDER BY person_id",
        within.all,
        employer.as_uuid(),
    );
    let people = people.fetch_all(tx.conn()).await?;
    Ok(people.into_iter().map(PersonId::from_uuid).collect())
}

/// The employer's people go on with a successor; the certificate is still to come.
pub(crate) async fn succeed(
    tx: &mut Tx,
    person: PersonId,
    successor: EmployerId,
    title: &str,
    position: i64,
    at: Timestamp,
) -> Result<(), Error> {
    let result = query!(
        "UPDATE registration.active_registration SET employer_id = $2, employer_title = $3, position = $4,
             announced_at = $5, licence_identifier = NULL, updated_by = shared.transaction_name()
         WHERE person_id = $1",
        person.as_uuid(),
        successor.as_uuid(),
        title,
        position,
        at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    ensure_affected("succeed to a registration", 1, &result)
}

/// Another province has asked for the registration, or does no more.
pub(crate) async fn set_moving(tx: &mut Tx, person: PersonId, to: Option<&str>) -> Result<(), Error> {
    query!(
        "UPDATE registration.active_registration SET moving_to = $2, updated_by = shared.transaction_name()
         WHERE person_id = $1",
        person.as_uuid(),
        to,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The person is registered elsewhere now.
pub(crate) async fn set_moved(tx: &mut Tx, person: PersonId, to: &str) -> Result<(), Error> {
    query!(
        "UPDATE registration.active_registration SET moved_to = $2, moving_to = NULL, updated_by = shared.transaction_name()
         WHERE person_id = $1",
        person.as_uuid(),
        to,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What a lapse looks at.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(crate) person: PersonId,
    pub(crate) present: Present,
    /// The row by which it stands lapsed.
    pub(crate) lapse_row: Option<LapseRowId>,
}

/// How the registrations of several people stand, locked in the order of their ids.
pub(crate) async fn lock_standings(tx: &mut Tx, people: &[Uuid]) -> Result<Vec<Standing>, Error> {
    let rows = query!(
        r#"SELECT person_id, employer_id, specialties, moved_to, ended_at AS "ended_at: SqlTimestamp", end_cause, lapse_row,
                EXISTS (SELECT FROM registration.application AS filed
                        WHERE filed.person_id = registered.person_id AND filed.state = 'CLEARED') AS "cleared!"
         FROM (SELECT DISTINCT unnest($1::uuid[]) AS id) AS asked
             JOIN registration.active_registration AS registered ON person_id = asked.id
         ORDER BY person_id FOR UPDATE OF registered"#,
        people,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let cause: Option<EndCause> = row
                .end_cause
                .map(|code| read(Value::String(code), TABLE, "end_cause", row.person_id))
                .transpose()?;
            let terms: Vec<(Specialty, Validity)> =
                read(row.specialties, TABLE, "specialties", row.person_id)?;
            Ok(Standing {
                person: row.person_id.into(),
                present: Present {
                    employer: row.employer_id.into(),
                    valid_from: terms.iter().map(|(_, term)| term.from).min(),
                    ended: cause.map(EndCause::status),
                    moved_away: row.moved_to.is_some(),
                    cleared: row.cleared,
                },
                lapse_row: row.lapse_row.map(LapseRowId::from_uuid),
            })
        })
        .collect()
}

/// Whose registration here has a number, whatever has become of it; for what is told to nobody.
pub(crate) async fn person_of(tx: &mut Tx, number: &str) -> Result<Option<PersonId>, Error> {
    let found = query_scalar!(
        "SELECT person_id FROM registration.active_registration WHERE registration_number = $1 AND moved_to IS NULL",
        number,
    );
    Ok(found.fetch_optional(tx.conn()).await?.map(PersonId::from_uuid))
}

/// The nation has ended a registration: 撤销 or 吊销. What a lapse had ended before is not to be undone any more.
pub(crate) async fn end_by_nation(
    tx: &mut Tx,
    person: PersonId,
    cause: EndCause,
    at: Timestamp,
) -> Result<(), Error> {
    query!(
        "UPDATE registration.active_registration SET ended_at = $2, end_cause = $3, lapse_row = NULL,
             updated_by = shared.transaction_name()
         WHERE person_id = $1",
        person.as_uuid(),
        at.to_sql(),
        cause_code(cause),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The nation has suspended a registration, or lifted that.
pub(crate) async fn set_suspended(
    tx: &mut Tx,
    person: PersonId,
    suspended: Option<(Timestamp, Option<Date>)>,
) -> Result<(), Error> {
    query!(
        "UPDATE registration.active_registration SET suspended_at = $2, suspended_until = $3,
             updated_by = shared.transaction_name()
         WHERE person_id = $1",
        person.as_uuid(),
        suspended.map(|(at, _)| at).to_sql() as _,
        suspended.and_then(|(_, until)| until).to_sql() as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
