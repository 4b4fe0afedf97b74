//! Notifications, stored with what they tell of; a job then puts them into the stream.

use domain::application::{Act, Application, ApplicationEvent, ApplicationState};
use domain::authority::Authority;
use domain::calendar::day_of;
use domain::ids::{EmployerId, PersonId};
use domain::notification::{Addressee, NotificationKind, Particulars};
use domain::province::Jurisdiction;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::Tx;

use crate::deps::Deps;
use crate::error::Error;
use crate::store::application::Record;

pub(crate) use notification_service::Notification;

/// About an application, to those whom its kind concerns.
pub(crate) fn of(
    deps: &Deps,
    kind: NotificationKind,
    application: &Application,
    authority: Option<Authority>,
    at: Timestamp,
) -> Notification {
    Notification {
        kind,
        to: addressees(kind, application.person, application.employer, authority),
        person: Some(application.person),
        subject: deps.application_name(application.id),
        particulars: Particulars::default(),
        at,
        once: None,
    }
}

/// About a registration, to the person and their employer as its kind concerns them.
pub(crate) fn of_registration(
    deps: &Deps,
    kind: NotificationKind,
    person: PersonId,
    employer: EmployerId,
    at: Timestamp,
) -> Notification {
    Notification {
        kind,
        to: addressees(kind, person, employer, None),
        person: Some(person),
        subject: format!("provinces/{}/registrations/{person}", deps.province),
        particulars: Particulars::default(),
        at,
        once: None,
    }
}

fn addressees(
    kind: NotificationKind,
    person: PersonId,
    employer: EmployerId,
    authority: Option<Authority>,
) -> Vec<Addressee> {
    let audience = kind.audience();
    let person = audience.person.then_some(Addressee::Person(person));
    let employer = audience.employer.then_some(Addressee::Employer(employer));
    let authority = authority.filter(|_| audience.authority).map(Addressee::Authority);
    [person, employer, authority].into_iter().flatten().collect()
}

/// Stores a notification for every addressee, in the transaction of what it tells of, and wakes the job that numbers it.
/// Returns how many were told: what is told once and was told before is left out.
pub(crate) async fn push(deps: &Deps, tx: &mut Tx, told: &Notification) -> Result<usize, Error> {
    let count = notification_service::tell(tx, told).await?;
    deps.wake.number.notify_one();
    Ok(count)
}

/// Tells what a move of an application means to those concerned.
pub(super) async fn tell_move(
    deps: &Deps,
    tx: &mut Tx,
    record: &Record,
    moved: &ApplicationEvent,
    until: Option<Date>,
) -> Result<(), Error> {
    let application = &record.application;
    let state = application.state();
    let policy = deps.policy_of(application, moved.at)?;
    let charged = match moved.act {
        Act::DeemAccepted => policy.accepting_authority,
        Act::DeemRenewed => policy.deciding_authority,
        _ => policy.announcing_authority,
    };
    let authority = charged.of(Jurisdiction::Province(deps.province));
    let about = |kind| of(deps, kind, application, Some(authority), moved.at);
    if let Some(kind) = NotificationKind::of_move(moved) {
        let day = match (state, moved.act) {
            (_, Act::PauseClock) => Some(day_of(moved.at)),
            (_, Act::ResumeClock | Act::ExtendLimit)
            | (ApplicationState::Submitted(_) | ApplicationState::Publicized { .. }, _) => {
                record.due.map(|due| due.day)
            }
            _ => until,
        };
        push(deps, tx, &about(kind).on(day)).await?;
    }
    if let Some(previous) = application
        .previous_employer
        .filter(|previous| *previous != application.employer)
    {
        let kind = match moved.act {
            Act::RequestEmployment if application.termination.is_none() => {
                Some(NotificationKind::TerminationConfirmationRequested)
            }
            Act::Announce => Some(NotificationKind::EmployeeLeft),
            _ => None,
        };
        if let Some(kind) = kind {
            let to = vec![Addressee::Employer(previous)];
            push(deps, tx, &Notification { to, ..about(kind) }).await?;
        }
    }
    let claim = state.acceptance().map(|acceptance| acceptance.claim);
    if moved.act == Act::SettleClaim && matches!(claim, Some(domain::application::Claim::Conflict { .. })) {
        push(deps, tx, &about(NotificationKind::ClaimConflict)).await?;
    }
    Ok(())
}
