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
use uuid::Uuid;

use crate::deps::Deps;
use crate::error::Error;
use crate::store::application::Record;
use crate::store::notification;

/// What is told, and to whom. Ids, kinds and days only.
#[derive(Debug, Clone)]
pub(crate) struct Notification {
    pub(crate) kind: NotificationKind,
    /// Each is told for itself.
    pub(crate) to: Vec<Addressee>,
    /// Whom it is about.
    pub(crate) person: Option<PersonId>,
    /// Resource name of what it is about.
    pub(crate) subject: String,
    pub(crate) particulars: Particulars,
    pub(crate) at: Timestamp,
    /// Names what is told once and never again, such as one reminder; the addressee is added to it.
    pub(crate) once: Option<String>,
}

impl Notification {
    /// About an application, to those whom its kind concerns.
    pub(crate) fn of(
        deps: &Deps,
        kind: NotificationKind,
        application: &Application,
        authority: Option<Authority>,
        at: Timestamp,
    ) -> Self {
        Self {
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
    ) -> Self {
        Self {
            kind,
            to: addressees(kind, person, employer, None),
            person: Some(person),
            subject: format!("provinces/{}/registrations/{person}", deps.province),
            particulars: Particulars::default(),
            at,
            once: None,
        }
    }

    /// With the day it is about.
    pub(crate) fn on(mut self, day: Option<Date>) -> Self {
        self.particulars.day = day;
        self
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

/// Stores a notification for every addressee, in the transaction of what it tells of. Returns how many were told: what
/// is told once and was told before is left out.
pub(crate) async fn push(deps: &Deps, tx: &mut Tx, told: &Notification) -> Result<usize, Error> {
    let mut count = 0;
    for addressee in &told.to {
        let row = notification::Notification {
            id: Uuid::now_v7(),
            position: None,
            kind: told.kind,
            addressee: *addressee,
            person: told.person,
            subject: told.subject.clone(),
            specialty: told.particulars.specialty,
            day: told.particulars.day,
            days_left: told.particulars.days,
            recorded_at: told.at,
            once: told.once.as_ref().map(|once| format!("{once} {addressee}")),
        };
        count += usize::from(notification::insert(tx, &row).await?);
    }
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
    let about = |kind| Notification::of(deps, kind, application, Some(authority), moved.at);
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
