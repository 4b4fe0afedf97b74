//! Daily work over registrations, resumed where it stopped: table `registration.daily_run`.

use domain::ids::{EmployerId, PersonId};
use domain::specialty::Specialty;
use domain::validity::Validity;
use jiff::civil::Date;
use postgres::{Error, SqlDate, ToSql as _, Tx};
use serde_json::Value;
use sqlx::query;
use uuid::Uuid;

use super::read;

/// How far a daily job got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) day: Date,
    /// The last row done; none once all are.
    pub(crate) after: Option<Uuid>,
}

/// A registration whose terms may end soon.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    pub(crate) person: PersonId,
    pub(crate) employer: EmployerId,
    pub(crate) specialties: Vec<(Specialty, Validity)>,
    /// A renewal of theirs is with the authority.
    pub(crate) renewing: bool,
}

/// How far a job got, if it ever ran.
pub(crate) async fn run_of(tx: &mut Tx, job: &str) -> Result<Option<Run>, Error> {
    let row = query!(
        r#"SELECT day AS "day: SqlDate", after FROM registration.daily_run WHERE job = $1"#,
        job,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Run {
        day: row.day.to_jiff(),
        after: row.after,
    }))
}

/// Notes how far a job got.
pub(crate) async fn set_run(tx: &mut Tx, job: &str, run: Run) -> Result<(), Error> {
    query!(
        "INSERT INTO registration.daily_run (job, day, after) VALUES ($1, $2, $3)
         ON CONFLICT (job) DO UPDATE SET day = excluded.day, after = excluded.after,
             updated_by = shared.transaction_name()",
        job,
        run.day.to_sql(),
        run.after,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Registrations of this province that no act has ended, in the order of their persons, after one of them.
pub(crate) async fn registrations(
    tx: &mut Tx,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Ending>, Error> {
    struct Row {
        person_id: Uuid,
        employer_id: Uuid,
        specialties: Value,
        renewing: bool,
    }
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT person_id, employer_id, specialties,
                EXISTS (SELECT FROM registration.application AS filed
                        WHERE filed.person_id = registered.person_id AND filed.open AND filed.type = 'RENEWAL'
                          AND filed.state NOT IN ('DRAFT', 'EMPLOYER_PENDING', 'EMPLOYER_CONFIRMED', 'EMPLOYER_REJECTED'))
                    AS "renewing!"
         FROM registration.active_registration AS registered
         WHERE moved_to IS NULL AND ended_at IS NULL AND ($1::uuid IS NULL OR person_id > $1) ORDER BY person_id LIMIT $2"#,
        after,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Ending {
                person: PersonId::from_uuid(row.person_id),
                employer: EmployerId::from_uuid(row.employer_id),
                specialties: read(
                    row.specialties,
                    "registration.active_registration",
                    "specialties",
                    row.person_id,
                )?,
                renewing: row.renewing,
            })
        })
        .collect()
}
