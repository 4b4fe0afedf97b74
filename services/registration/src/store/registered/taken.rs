//! The nation's row in place of the mirror's, for a repair.

use domain::ids::{EmployerId, PersonId};
use domain::register::EndCause;
use domain::specialty::Specialty;
use domain::validity::Validity;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::{Error, ToSql as _, Tx};
use sqlx::query;

use super::{cause_code, write};

/// A registration as the nation holds it, to be taken into the mirror.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) person: PersonId,
    pub(crate) number: String,
    pub(crate) employer: EmployerId,
    pub(crate) specialties: Vec<(Specialty, Validity)>,
    pub(crate) ended: Option<(Timestamp, EndCause)>,
    pub(crate) suspended: Option<(Timestamp, Option<Date>)>,
}

/// Takes it in place of what the mirror says. False if the mirror knows nobody of whom it could be.
pub(crate) async fn take(tx: &mut Tx, taken: &Taken) -> Result<bool, Error> {
    let result = query!(
        "UPDATE registration.active_registration AS mirror SET registration_number = $2, employer_id = $3,
             employer_title = coalesce((SELECT title FROM registration.employer WHERE id = $3 AND id <> mirror.employer_id),
                 mirror.employer_title),
             specialties = $4, ended_at = CASE WHEN $6::text IS NOT NULL THEN coalesce(mirror.ended_at, $5) END, end_cause = $6,
             suspended_at = CASE WHEN $8 THEN coalesce(mirror.suspended_at, $7) END,
             suspended_until = CASE WHEN $8 THEN $9::date END, moved_to = NULL,
             lapse_row = CASE WHEN $6::text IS NOT DISTINCT FROM mirror.end_cause THEN mirror.lapse_row END,
             updated_by = shared.transaction_name()
         WHERE person_id = $1",
        taken.person.as_uuid(),
        taken.number,
        taken.employer.as_uuid(),
        write(&taken.specialties),
        taken.ended.map(|(at, _)| at).to_sql() as _,
        taken.ended.map(|(_, cause)| cause_code(cause)),
        taken.suspended.map(|(at, _)| at).to_sql() as _,
        taken.suspended.is_some(),
        taken.suspended.and_then(|(_, until)| until).to_sql() as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(result.rows_affected() == 1)
}
