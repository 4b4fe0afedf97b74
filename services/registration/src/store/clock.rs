//! Tables `registration.step_clock`, `clock_event`, `pending_renewal`, `calendar_state`: the authorities' clocks.

use domain::application::{RenewalFiling, StepClock};
use domain::authority::Officer;
use domain::ids::ApplicationId;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::{Error, SqlDate, SqlTimestamp, ToSql as _, Tx};
use sqlx::{query, query_scalar};
use uuid::Uuid;

use super::{read, write};

/// What was done to a clock.
#[derive(Debug, Clone)]
pub(crate) struct ClockEvent {
    pub(crate) act: String,
    pub(crate) step: String,
    pub(crate) authority: String,
    pub(crate) article: String,
    pub(crate) notice: String,
    pub(crate) due_on: Option<Date>,
    pub(crate) recorded_at: Timestamp,
}

/// The clock of a file, if an authority's limit runs.
pub(crate) async fn find(tx: &mut Tx, application: ApplicationId) -> Result<Option<StepClock>, Error> {
    let id = application.as_uuid();
    let clock = query_scalar!(
        "SELECT clock FROM registration.step_clock WHERE application_id = $1",
        id
    )
    .fetch_optional(tx.conn())
    .await?
    .flatten();
    clock
        .map(|clock| read(clock, "registration.step_clock", "clock", id))
        .transpose()
}

/// Keeps the clock of a file.
pub(crate) async fn save(
    tx: &mut Tx,
    application: ApplicationId,
    clock: Option<&StepClock>,
) -> Result<(), Error> {
    query!(
        "INSERT INTO registration.step_clock (application_id, clock) VALUES ($1, $2)
         ON CONFLICT (application_id) DO UPDATE SET clock = excluded.clock, updated_by = shared.transaction_name()",
        application.as_uuid(),
        clock.map(write),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Adds what was done to a clock.
pub(crate) async fn record(
    tx: &mut Tx,
    application: ApplicationId,
    officer: Officer,
    event: &ClockEvent,
) -> Result<(), Error> {
    query!(
        "INSERT INTO registration.clock_event
             (application_id, act, step, officer_id, authority, article, notice, due_on, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        application.as_uuid(),
        event.act,
        event.step,
        officer.id.as_uuid(),
        event.authority,
        event.article,
        event.notice,
        event.due_on.to_sql() as _,
        event.recorded_at.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What was done to the clocks of a file, in order.
pub(crate) async fn events(tx: &mut Tx, application: ApplicationId) -> Result<Vec<ClockEvent>, Error> {
    let rows = query!(
        r#"SELECT act, step, authority, article, notice, due_on AS "due_on: SqlDate", recorded_at AS "recorded_at: SqlTimestamp"
         FROM registration.clock_event WHERE application_id = $1 ORDER BY id"#,
        application.as_uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ClockEvent {
            act: row.act,
            step: row.step,
            authority: row.authority,
            article: row.article,
            notice: row.notice,
            due_on: row.due_on.map(SqlDate::to_jiff),
            recorded_at: row.recorded_at.to_jiff(),
        })
        .collect())
}

/// Keeps whether a renewal filed in time is undecided.
pub(crate) async fn follow_renewal(
    tx: &mut Tx,
    application: ApplicationId,
    pending: Option<RenewalFiling>,
) -> Result<(), Error> {
    match pending {
        Some(filing) => {
            query!(
                "INSERT INTO registration.pending_renewal (application_id, ends_on) VALUES ($1, $2)
                 ON CONFLICT (application_id) DO NOTHING",
                application.as_uuid(),
                filing.ends_on.to_sql(),
            )
            .execute(tx.conn())
            .await?;
        }
        None => {
            query!(
                "DELETE FROM registration.pending_renewal WHERE application_id = $1",
                application.as_uuid(),
            )
            .execute(tx.conn())
            .await?;
        }
    }
    Ok(())
}

/// Whether an application is a renewal, filed in time, that keeps its registration.
pub(crate) async fn is_renewal_pending(tx: &mut Tx, application: ApplicationId) -> Result<bool, Error> {
    Ok(query_scalar!(
        "SELECT EXISTS (SELECT FROM registration.pending_renewal WHERE application_id = $1) AS \"pending!\"",
        application.as_uuid(),
    )
    .fetch_one(tx.conn())
    .await?)
}

/// Ids of submitted files whose limit on completeness ended before `today` for certain.
pub(crate) async fn silent(tx: &mut Tx, today: Date, limit: i64) -> Result<Vec<Uuid>, Error> {
    Ok(query_scalar!(
        "SELECT id FROM registration.application
         WHERE open AND state = 'SUBMITTED' AND due_on < $1 AND NOT due_provisional ORDER BY due_on, id LIMIT $2",
        today.to_sql(),
        limit,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Ids of accepted, undecided renewals filed in time whose term ended before `today`.
pub(crate) async fn renewals_ended(tx: &mut Tx, today: Date, limit: i64) -> Result<Vec<Uuid>, Error> {
    Ok(query_scalar!(
        "SELECT application_id FROM registration.pending_renewal
         JOIN registration.application ON application.id = application_id
         WHERE ends_on < $1 AND state <> 'SUBMITTED' ORDER BY ends_on, application_id LIMIT $2",
        today.to_sql(),
        limit,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Ids of undecided renewals filed in time whose term ends by a day, and of which the authority was not warned.
pub(crate) async fn renewals_ending(tx: &mut Tx, by: Date, limit: i64) -> Result<Vec<Uuid>, Error> {
    Ok(query_scalar!(
        "SELECT application_id FROM registration.pending_renewal
         WHERE ends_on <= $1 AND NOT alarmed ORDER BY ends_on, application_id LIMIT $2",
        by.to_sql(),
        limit,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Notes that the authority was warned.
pub(crate) async fn renewal_alarmed(tx: &mut Tx, application: ApplicationId) -> Result<(), Error> {
    query!(
        "UPDATE registration.pending_renewal SET alarmed = true, updated_by = shared.transaction_name()
         WHERE application_id = $1",
        application.as_uuid(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Ids of open files whose due day passed before `today` for certain, and of which the authority was not told.
pub(crate) async fn overdue(tx: &mut Tx, today: Date, limit: i64) -> Result<Vec<Uuid>, Error> {
    Ok(query_scalar!(
        "SELECT application.id FROM registration.application
         LEFT JOIN registration.step_clock ON step_clock.application_id = application.id
         WHERE open AND due_on < $1 AND NOT due_provisional AND state <> 'SUBMITTED'
           AND overdue_told IS DISTINCT FROM due_on
         ORDER BY due_on, application.id LIMIT $2",
        today.to_sql(),
        limit,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Notes that the authority was told.
pub(crate) async fn overdue_told(tx: &mut Tx, application: ApplicationId, due_on: Date) -> Result<(), Error> {
    query!(
        "INSERT INTO registration.step_clock (application_id, overdue_told) VALUES ($1, $2)
         ON CONFLICT (application_id) DO UPDATE SET overdue_told = excluded.overdue_told,
             updated_by = shared.transaction_name()",
        application.as_uuid(),
        due_on.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The end of the calendar that due days were last computed with.
pub(crate) async fn computed_to(tx: &mut Tx) -> Result<Option<Date>, Error> {
    let covered =
        query_scalar!(r#"SELECT covered_to AS "covered_to: SqlDate" FROM registration.calendar_state"#);
    Ok(covered.fetch_one(tx.conn()).await?.map(SqlDate::to_jiff))
}

/// Notes with which calendar all due days are computed.
pub(crate) async fn set_computed_to(tx: &mut Tx, covered_to: Date) -> Result<(), Error> {
    query!(
        "UPDATE registration.calendar_state SET covered_to = $1, updated_by = shared.transaction_name()",
        covered_to.to_sql(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Files whose due day is provisional, with their clocks, after one of them.
pub(crate) async fn provisional(
    tx: &mut Tx,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<(ApplicationId, StepClock)>, Error> {
    let rows = query!(
        r#"SELECT application.id, clock AS "clock!" FROM registration.application
         JOIN registration.step_clock ON step_clock.application_id = application.id
         WHERE open AND due_provisional AND clock IS NOT NULL AND ($1::uuid IS NULL OR application.id > $1)
         ORDER BY application.id LIMIT $2 FOR UPDATE OF application"#,
        after,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let clock = read(row.clock, "registration.step_clock", "clock", row.id)?;
            Ok((ApplicationId::from_uuid(row.id), clock))
        })
        .collect()
}

/// Puts a due day that was computed anew in place.
pub(crate) async fn set_due(
    tx: &mut Tx,
    application: ApplicationId,
    due: domain::calendar::Deadline,
) -> Result<(), Error> {
    query!(
        "UPDATE registration.application SET due_on = $2, due_provisional = $3, updated_by = shared.transaction_name()
         WHERE id = $1",
        application.as_uuid(),
        due.day.to_sql(),
        due.provisional,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
