//! Where a person's registration and its certificate stand, for a province that explains it to somebody. Status and
//! province only; every reading is audited.

use domain::ids::PersonId;
use domain::register::{EndCause, RegistrationState, StatusCode};
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::Tx;
use postgres::audit::{Read, Reader};
use service_runtime::Scope;
use service_runtime::auth::JobName;
use tracing::instrument;

use super::registered::registered;
use crate::command::certify::LEAP_DAY;
use crate::deps::Deps;
use crate::error::Error;
use crate::store::issuing::making::{self, Making};

const JOB: JobName = JobName::new("read_standing");

/// What a province is told.
pub(crate) struct NationalStanding {
    pub(crate) province: &'static str,
    pub(crate) status: StatusCode,
    pub(crate) since: Timestamp,
    pub(crate) suspended_until: Option<Date>,
    pub(crate) term_over: bool,
    pub(crate) renewal_pending: bool,
    pub(crate) end_cause: Option<&'static str>,
    /// How far the documents of the current version have got; none without one.
    pub(crate) making: Option<Making>,
}

/// None for somebody who was never registered, and for an erased person.
#[instrument(name = "read_standing", skip_all)]
pub(crate) async fn read_standing(
    deps: &Deps,
    actor: &str,
    person: PersonId,
    today: Date,
) -> Result<Option<NationalStanding>, Error> {
    let subject = person.resource_name();
    let reader = Reader {
        at: deps.now(),
        actor,
        verb: "read_standing",
        purpose: "explain_availability",
    };
    deps.database
        .run_tx("read_standing", async |tx: &mut Tx| {
            tx.audit_read(reader, &subject, &[Read::new("standing", &subject)])
                .await?;
            let scope = Scope::for_job(&JOB);
            let Some(found) = registered(tx, &deps.sealing, person, &scope).await? else {
                return Ok(None);
            };
            let entry = &found.entry;
            let suspended_until = match entry.state {
                RegistrationState::Suspended { until, .. } => until,
                _ => None,
            };
            let over_age = today > entry.last_day_of_age(LEAP_DAY);
            let end_cause = match entry.state {
                RegistrationState::Ended { cause, .. } => Some(cause.name()),
                _ if over_age => Some(EndCause::OverAge.name()),
                _ => None,
            };
            let terms_over = entry
                .specialties
                .iter()
                .all(|known| known.validity.is_over(today));
            Ok::<_, Error>(Some(NationalStanding {
                province: found.province.code(),
                status: entry.status(today, LEAP_DAY),
                since: entry.since,
                suspended_until,
                term_over: terms_over && end_cause.is_none(),
                renewal_pending: entry.renewal_pending,
                end_cause,
                making: making::of_person(tx, person, &scope).await?,
            }))
        })
        .await
}
