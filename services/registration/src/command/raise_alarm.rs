//! Alarms to the authority whose step is due: a limit that has passed, a renewal that will soon count as granted.

use domain::application::{ApplicationState, StepClock};
use domain::authority::Authority;
use domain::calendar::day_of;
use domain::ids::ApplicationId;
use domain::notification::{Addressee, NotificationKind, Particulars};
use domain::province::Jurisdiction;
use domain::reminder::days_left;
use jiff::civil::Date;
use postgres::Tx;
use postgres::audit::{Outcome, Record as AuditRecord};
use postgres::lease::Lease;
use serde_json::json;
use service_runtime::clock::Clock as _;

use super::notify::{self, Notification};
use crate::deps::Deps;
use crate::error::Error;
use crate::job;
use crate::store::application::Record;
use crate::store::{Within, application, clock};

/// Audit verb and scope.
pub(crate) const VERB: &str = "raise_alarm";

/// Tells the authority once for each due day that passes, counts it, and leaves it in the audit.
pub(crate) async fn overdue(deps: &Deps, lease: &Lease, id: ApplicationId) -> Result<(), Error> {
    let within = Within::of(&job::scope(VERB), deps.province);
    let now = deps.clock.now();
    let within = &within;
    let raised = deps
        .database
        .run_tx("raise alarm of a limit", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            let Some(record) = application::lock(tx, within, &[id.as_uuid()]).await?.pop() else {
                return Ok(false);
            };
            let passed = record.due.filter(|due| !due.provisional && due.day < day_of(now));
            let Some(due) = passed else { return Ok(false) };
            let running = clock::find(tx, id).await?;
            let to = charged(deps, &record, running.as_ref(), now)?;
            let alarm = Alarm {
                kind: NotificationKind::Overdue,
                article: "行政许可法 art 42, 44",
                day: due.day,
                days: None,
            };
            raise(deps, tx, &record, &to, &alarm, now).await?;
            clock::overdue_told(tx, id, due.day).await?;
            Ok::<_, Error>(true)
        })
        .await?;
    if raised {
        tracing::warn!(application = %id, monotonic_counter.limits_overdue = 1_u64, "a time limit has passed");
    }
    Ok(())
}

/// Warns the authority once that a renewal filed in time is undecided and its term about to end.
pub(crate) async fn renewal_undecided(deps: &Deps, lease: &Lease, id: ApplicationId) -> Result<(), Error> {
    let within = Within::of(&job::scope(VERB), deps.province);
    let now = deps.clock.now();
    let within = &within;
    let raised = deps
        .database
        .run_tx("raise alarm of a renewal", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            let Some(record) = application::lock(tx, within, &[id.as_uuid()]).await?.pop() else {
                return Ok(false);
            };
            let undecided = record.application.undecided_renewal();
            if let Some(filing) = undecided {
                let running = clock::find(tx, id).await?;
                let to = charged(deps, &record, running.as_ref(), now)?;
                let alarm = Alarm {
                    kind: NotificationKind::RenewalAlarm,
                    article: "行政许可法 art 50",
                    day: filing.ends_on,
                    days: days_left(filing.ends_on, day_of(now)),
                };
                raise(deps, tx, &record, &to, &alarm, now).await?;
            }
            clock::renewal_alarmed(tx, id).await?;
            Ok::<_, Error>(undecided.is_some())
        })
        .await?;
    if raised {
        tracing::warn!(
            application = %id,
            monotonic_counter.renewals_undecided = 1_u64,
            "an undecided renewal is about to count as granted"
        );
    }
    Ok(())
}

struct Alarm {
    kind: NotificationKind,
    article: &'static str,
    day: Date,
    days: Option<u16>,
}

/// Whose step it is; publicity has no clock, it waits for the announcing authority to close it.
fn charged(
    deps: &Deps,
    record: &Record,
    running: Option<&StepClock>,
    now: jiff::Timestamp,
) -> Result<Vec<Authority>, Error> {
    if let Some(running) = running.filter(|running| !running.authorities.is_empty()) {
        return Ok(running.authorities.clone());
    }
    let policy = deps.policy_of(&record.application, now)?;
    let charged = match record.application.state() {
        ApplicationState::Submitted(_) => policy.accepting_authority,
        _ => policy.announcing_authority,
    };
    Ok(vec![charged.of(Jurisdiction::Province(deps.province))])
}

async fn raise(
    deps: &Deps,
    tx: &mut Tx,
    record: &Record,
    to: &[Authority],
    alarm: &Alarm,
    now: jiff::Timestamp,
) -> Result<(), Error> {
    let subject = deps.application_name(record.application.id);
    let told = Notification {
        kind: alarm.kind,
        to: to.iter().copied().map(Addressee::Authority).collect(),
        person: Some(record.application.person),
        subject: subject.clone(),
        particulars: Particulars {
            day: Some(alarm.day),
            days: alarm.days,
            specialty: None,
        },
        at: now,
        once: Some(format!("{} {subject} {}", alarm.kind.code(), alarm.day)),
    };
    notify::push(deps, tx, &told).await?;
    let actor = job::actor(VERB, deps.province);
    let authorities: Vec<_> = to.iter().map(ToString::to_string).collect();
    tx.audit(AuditRecord {
        at: now,
        actor: &actor,
        verb: VERB,
        article: alarm.article,
        subject: &subject,
        outcome: Outcome::Done,
        evidence: json!({ "alarm": alarm.kind, "day": alarm.day, "authorities": authorities }),
    })
    .await?;
    Ok(())
}
