//! Whose hands take a step: asked of every act of an officer upon an application, whichever command it comes from.

use domain::application::{Act, Application, ApplicationEvent};
use domain::authority::{Actor, Officer};
use domain::calendar::day_of;
use domain::policy::{PolicyProfile, Step};
use domain::work::{Hand, Handling, Relations, WorkRefused, may_take, step_of};
use jiff::Timestamp;
use postgres::Tx;

use crate::error::Error;
use crate::store::application::Record;
use crate::store::{clock, work};

/// The application after an officer's act, with those in whose name it was done. Refused in other hands, in a conflict of
/// interest, or where one of these hands took a step that is kept apart. What stands next is in nobody's hands.
pub(super) async fn take(
    tx: &mut Tx,
    record: &Record,
    policy: &PolicyProfile,
    application: Application,
    moved: &ApplicationEvent,
) -> Result<Application, Error> {
    let elsewhere = moved.from != moved.to;
    let Actor::Officer(officer) = moved.actor else {
        if elsewhere {
            work::release(tx, record.application.id, None).await?;
        }
        return Ok(application);
    };
    let hand = of(tx, officer, record.actor.clone(), moved.at).await?;
    let handling = handling(tx, &record.application, officer).await?;
    let step = step_of(moved.act);
    may_take(&record.application, policy, step, &hand, &handling)?;
    if moved.act == Act::ExtendLimit {
        apart_from_request(tx, record, &hand).await?;
    }
    if elsewhere {
        work::release(tx, record.application.id, None).await?;
    } else if step.is_some() {
        work::release(tx, record.application.id, Some(officer.authority)).await?;
    }
    Ok(match step {
        Some(step) => application.acted(step, &hand),
        None => application,
    })
}

/// The officer and everybody whose powers they hold on that day.
pub(super) async fn of(
    tx: &mut Tx,
    officer: Officer,
    relations: Relations,
    at: Timestamp,
) -> Result<Hand, Error> {
    let day = day_of(at);
    let delegations = work::standing(tx, officer.authority, day, false).await?;
    Ok(Hand::of(officer, relations, &delegations, day))
}

/// What is recorded of a file's handling by the officer's authority.
pub(super) async fn handling(
    tx: &mut Tx,
    application: &Application,
    officer: Officer,
) -> Result<Handling, Error> {
    let claimed = work::claimed(tx, application.id, officer.authority).await?;
    Ok(Handling {
        claimed_by: claimed.map(|claim| claim.officer),
        declared: work::conflicts(tx, application.id).await?,
    })
}

/// Whoever asked for an extension does not approve it, nor does their delegate (行政许可法 art 42).
async fn apart_from_request(tx: &mut Tx, record: &Record, hand: &Hand) -> Result<(), Error> {
    let running = clock::find(tx, record.application.id).await?;
    let asked = running.and_then(|clock| clock.extension_requested);
    match asked {
        Some(asked) if hand.includes(asked.by.id) => Err(WorkRefused::SameHands {
            taken: Step::Decide,
            step: Step::Decide,
        }
        .into()),
        _ => Ok(()),
    }
}
