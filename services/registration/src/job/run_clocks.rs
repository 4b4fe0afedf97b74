//! What the clock does by itself: silence counts, undecided renewals count as granted, authorities are warned; and
//! provisional due days are computed anew once the official calendar has grown.

use std::pin::Pin;

use domain::calendar::{Coverage, HolidayCalendar, day_of, plus_days};
use domain::ids::ApplicationId;
use jiff::civil::Date;
use postgres::Tx;
use postgres::lease::{Lease, Step};
use service_runtime::clock::Clock as _;
use uuid::Uuid;

use crate::command::{deem_accepted, deem_renewed, raise_alarm};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::{clock, reminder};

pub(super) const VERB: &str = "run_clocks";
const BATCH: i64 = 200;
/// Days before the end of a term that an undecided renewal is an alarm (domain §1.4).
const ALARM_DAYS: i32 = 10;

type Done<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;

pub(super) async fn step(deps: &Deps, lease: &Lease) -> Result<Step, Error> {
    let today = day_of(deps.clock.now());
    keep_calendar(deps, lease, today).await?;
    let found = deps
        .reader
        .snapshot("what the clock has to do", async |tx: &mut Tx| {
            Ok::<_, Error>(Due {
                silent: clock::silent(tx, today, BATCH).await?,
                ended: clock::renewals_ended(tx, today, BATCH).await?,
                ending: clock::renewals_ending(tx, plus_days(today, ALARM_DAYS), BATCH).await?,
                overdue: clock::overdue(tx, today, BATCH).await?,
            })
        })
        .await?;
    each(&found.silent, |id| {
        Box::pin(deem_accepted::deem_accepted(deps, lease, id))
    })
    .await?;
    each(&found.ended, |id| {
        Box::pin(deem_renewed::deem_renewed(deps, lease, id))
    })
    .await?;
    each(&found.ending, |id| {
        Box::pin(raise_alarm::renewal_undecided(deps, lease, id))
    })
    .await?;
    each(&found.overdue, |id| {
        Box::pin(raise_alarm::overdue(deps, lease, id))
    })
    .await?;
    Ok(Step::Idle)
}

/// Ids of what is to be done today.
struct Due {
    silent: Vec<Uuid>,
    ended: Vec<Uuid>,
    ending: Vec<Uuid>,
    overdue: Vec<Uuid>,
}

/// One file after the other; what one of them fails for keeps no other waiting, except a lost lease.
async fn each<'a>(ids: &[Uuid], act: impl Fn(ApplicationId) -> Done<'a>) -> Result<(), Error> {
    for id in ids {
        match act(ApplicationId::from_uuid(*id)).await {
            Ok(()) => {}
            Err(Error::Database(lost @ postgres::Error::LeaseLost { .. })) => return Err(lost.into()),
            Err(error) => tracing::warn!(application = %id, %error, "the clock could not act on a file"),
        }
    }
    Ok(())
}

/// Computes provisional due days anew after the calendar has grown; says once a day if it should have grown and has not.
async fn keep_calendar(deps: &Deps, lease: &Lease, today: Date) -> Result<(), Error> {
    let calendar = HolidayCalendar::official();
    let left = today
        .until(calendar.covered_to())
        .map_or(0, |left| left.get_days());
    deps.calendar_left.record(f64::from(left), &[]);
    let (computed_to, run) = deps
        .reader
        .snapshot("state of the calendar", async |tx: &mut Tx| {
            Ok::<_, Error>((clock::computed_to(tx).await?, reminder::run_of(tx, VERB).await?))
        })
        .await?;
    if computed_to != Some(calendar.covered_to()) {
        recompute(deps, lease, calendar).await?;
    }
    if run.is_some_and(|run| run.day >= today) {
        return Ok(());
    }
    match calendar.coverage(today) {
        Coverage::NextYear | Coverage::ThisYear => {}
        Coverage::NextYearMissing => {
            tracing::warn!(
                "the official calendar does not cover next year: due days beyond it are provisional"
            );
        }
        Coverage::Ended => {
            tracing::error!(
                "the official calendar has ended: every due day is provisional, nothing is deemed"
            );
        }
    }
    let run = reminder::Run {
        day: today,
        after: None,
    };
    deps.database
        .run_tx("look at the calendar", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            reminder::set_run(tx, VERB, run).await
        })
        .await?;
    Ok(())
}

async fn recompute(deps: &Deps, lease: &Lease, calendar: &HolidayCalendar) -> Result<(), Error> {
    let mut after = None;
    loop {
        let last = deps
            .database
            .run_tx("compute due days anew", async |tx: &mut Tx| {
                tx.check_fence(lease).await?;
                let found = clock::provisional(tx, after, BATCH).await?;
                for (application, running) in &found {
                    if let Some(due) = running.deadline(calendar) {
                        clock::set_due(tx, *application, due).await?;
                    }
                }
                if found.is_empty() {
                    clock::set_computed_to(tx, calendar.covered_to()).await?;
                }
                Ok::<_, Error>(found.last().map(|(application, _)| application.as_uuid()))
            })
            .await?;
        match last {
            Some(last) => after = Some(last),
            None => return Ok(()),
        }
    }
}
