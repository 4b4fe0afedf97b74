//! Reminds people and employers, once at each threshold, that a specialty's term ends; every day, also after downtime.

use domain::calendar::day_of;
use domain::notification::{NotificationKind, Particulars};
use domain::reminder::{BEFORE_TERM_END, days_left, due};
use jiff::Timestamp;
use postgres::Tx;
use postgres::lease::{Lease, Step};
use service_runtime::clock::Clock as _;

use crate::command::notify::{self, Notification};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::reminder::{self, Ending, Run};

pub(super) const VERB: &str = "remind";
const BATCH: i64 = 500;

/// One page of registrations; a crash or another process goes on from there.
pub(super) async fn step(deps: &Deps, lease: &Lease) -> Result<Step, Error> {
    let now = deps.clock.now();
    let today = day_of(now);
    deps.database
        .run_tx("remind", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            let run = reminder::run_of(tx, VERB).await?;
            let after = match run {
                Some(Run { day, after: None }) if day >= today => return Ok(Step::Idle),
                Some(Run { day, after }) if day >= today => after,
                Some(_) | None => None,
            };
            let found = reminder::registrations(tx, after, BATCH).await?;
            for ending in &found {
                remind(deps, tx, ending, now).await?;
            }
            let full = i64::try_from(found.len()).is_ok_and(|found| found == BATCH);
            let after = found.last().filter(|_| full).map(|last| last.person.as_uuid());
            reminder::set_run(tx, VERB, Run { day: today, after }).await?;
            Ok::<_, Error>(if full { Step::Worked } else { Step::Idle })
        })
        .await
}

/// A renewal that is with the authority needs no reminder any more.
async fn remind(deps: &Deps, tx: &mut Tx, ending: &Ending, now: Timestamp) -> Result<(), Error> {
    if ending.renewing {
        return Ok(());
    }
    for (specialty, term) in &ending.specialties {
        let Some(threshold) = due(BEFORE_TERM_END, term.to, day_of(now)) else {
            continue;
        };
        let kind = NotificationKind::TermEnding;
        let about = notify::of_registration(deps, kind, ending.person, ending.employer, now);
        let told = Notification {
            particulars: Particulars {
                day: Some(term.to),
                days: days_left(term.to, day_of(now)),
                specialty: Some(*specialty),
            },
            once: Some(format!(
                "{} {} {} {} {threshold}",
                kind.code(),
                ending.person,
                specialty.code(),
                term.to
            )),
            ..about
        };
        notify::push(deps, tx, &told).await?;
    }
    Ok(())
}
