//! Puts notifications into the stream, and reminds holders of use copies that end.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use domain::calendar::{day_of, plus_days};
use domain::notification::NotificationKind;
use domain::reminder::{BEFORE_COPY_END, days_left, due};
use futures_util::FutureExt as _;
use jiff::Timestamp;
use postgres::Tx;
use postgres::lease::{Lease, Periodic, Step};
use service_runtime::Lifecycle;
use service_runtime::clock::Clock as _;
use uuid::Uuid;

use crate::command::notify::{self, Notification};
use crate::deps::Deps;
use crate::store::issuing::notification::{self, EndingCopy};

const EVERY: Duration = Duration::from_millis(250);
const TERM: Duration = Duration::from_secs(15);
const BATCH: i64 = 1_000;
/// The first reminder of a copy is this many days before its end.
const FIRST: i32 = 30;

/// Works until the life drains.
pub(super) async fn run(life: Lifecycle, deps: Arc<Deps>) -> Result<(), Infallible> {
    let job = Periodic::new("notify", &Uuid::new_v4(), TERM, EVERY);
    let stop = life.soft().cancelled().map(|()| ());
    let clock = deps.system.clone();
    job.run(
        &deps.database,
        move || clock.now(),
        stop,
        None,
        async |lease: &Lease| turn(&deps, lease).await,
    )
    .await;
    Ok(())
}

async fn turn(deps: &Deps, lease: &Lease) -> Result<Step, postgres::Error> {
    if !deps.gate.is_open() {
        return Ok(Step::Idle);
    }
    let now = deps.now();
    let reminded = deps
        .database
        .run_tx("remind of use copies", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            remind(tx, now).await
        })
        .await?;
    let numbered = notification_service::number(deps, lease).await?;
    Ok(if reminded || numbered {
        Step::Worked
    } else {
        Step::Idle
    })
}

/// One page of the copies that end soon, once a day; true if there may be more.
async fn remind(tx: &mut Tx, now: Timestamp) -> Result<bool, postgres::Error> {
    let today = day_of(now);
    let (day, after) = notification::reminder_run(tx).await?;
    let begun = day.is_some_and(|day| day >= today);
    if begun && after.is_none() {
        return Ok(false);
    }
    let after = after.filter(|_| begun);
    let found = notification::ending_copies(tx, (today, plus_days(today, FIRST)), after, BATCH).await?;
    for copy in &found {
        if let Some(told) = reminder(copy, now) {
            notify::push(tx, &told).await?;
        }
    }
    let full = i64::try_from(found.len()).is_ok_and(|found| found == BATCH);
    let after = found.last().filter(|_| full).map(|last| last.id);
    notification::set_reminder_run(tx, today, after).await?;
    Ok(full)
}

/// The reminder of a copy that is due; none for a threshold that its whole life lies within.
fn reminder(copy: &EndingCopy, now: Timestamp) -> Option<Notification> {
    let today = day_of(now);
    let threshold = due(BEFORE_COPY_END, copy.use_until, today)?;
    let life = days_left(copy.use_until, copy.made_on)?;
    let kind = NotificationKind::CopyEnding;
    (threshold < life).then(|| Notification {
        kind,
        person: copy.person,
        employer: None,
        subject: format!("certificates/{}/copies/{}", copy.licence_identifier, copy.id),
        day: Some(copy.use_until),
        days_left: days_left(copy.use_until, today),
        at: now,
        once: Some(format!("{} {} {threshold}", kind.code(), copy.id)),
    })
}
