//! Tells what time alone did to registrations when a day began: terms that began or ended, the 65th birthday, the end of a
//! suspension. Each is a change of the feed, once per person and day, in the order of the days however long nobody worked
//! (decision 0031).

use domain::ids::PersonId;
use domain::notification::NotificationKind;
use domain::register::{StatusCode, TimeTransition};
use jiff::civil::Date;
use personal_data::DataKey;
use postgres::Tx;
use postgres::audit::{Outcome, Record};
use postgres::lease::Lease;
use serde_json::json;
use service_runtime::clock::day_of;
use tracing::instrument;

use super::certify::LEAP_DAY;
use super::notify::Notification;
use super::working_set::{Wanted, WorkingSet};
use crate::change::{Change, EntrySnapshot};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::exchange::downstream::News;
use crate::store::register::transition;

pub(crate) const VERB: &str = "tell_transitions";
/// People of one transaction.
const PIECE: i64 = 200;

/// What is left when a batch is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// People of the day, or of a later one, may be waiting.
    Some,
    /// Nobody waits, or all who do are in other hands just now.
    None,
}

/// One batch of the earliest day that is due by the register clock. Every transaction is of one day, so that days are told in
/// their order.
#[instrument(name = "tell_transitions", skip_all)]
pub(crate) async fn tell_transitions(deps: &Deps, lease: &Lease) -> Result<Told, Error> {
    let now = deps.now();
    let Some(day) = transition::earliest(&deps.read, day_of(now)).await? else {
        return Ok(Told::None);
    };
    let told = deps
        .database
        .run_tx("tell transitions", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            let people = transition::lock_due(tx, day, PIECE).await?;
            if people.is_empty() {
                return Ok(0);
            }
            let mut set = WorkingSet::read(deps, tx, Wanted::people(people.iter().copied()), now).await?;
            for person in &people {
                // Of somebody who was erased there is nothing to tell.
                let next = match set.key(*person).zip(set.snapshot(*person)) {
                    Some((key, known)) => {
                        tell(&mut set, &key, &known, day);
                        known.entry.next_transition(day, LEAP_DAY)
                    }
                    None => None,
                };
                set.schedule(*person, next);
            }
            let subject = format!("days/{day}");
            set.audit(&Record {
                at: now,
                actor: "nation/issuance",
                verb: VERB,
                article: "153号 art 16(5), (6); domain §0.9",
                subject: &subject,
                outcome: Outcome::Done,
                evidence: json!({ "people": people.len() }),
            });
            set.write(deps, tx).await?;
            Ok::<_, Error>(people.len())
        })
        .await?;
    if told == 0 {
        return Ok(Told::None);
    }
    deps.bells.changes.notify_one();
    deps.bells.downstream.notify_waiters();
    Ok(Told::Some)
}

/// Days that are over and not told yet are told before an act puts another entry in place, in the transaction of the act; then
/// the next day of the new entry is kept. `next` is what the new entry comes to.
pub(super) fn before_act(set: &mut WorkingSet, key: &DataKey, who: PersonId, next: Option<Date>) {
    let today = day_of(set.now());
    let mut due = set.schedule(who, next);
    if due.is_none_or(|day| day > today) {
        return;
    }
    let Some(known) = set.snapshot(who) else {
        return;
    };
    while let Some(day) = due.filter(|day| *day <= today) {
        tell(set, key, &known, day);
        due = known.entry.next_transition(day, LEAP_DAY);
    }
}

/// Writes what a day did to one person, and what the province is told of it. Nothing if the day was told before, which happens
/// where an act put a day back that was over.
fn tell(set: &mut WorkingSet, key: &DataKey, known: &EntrySnapshot, day: Date) {
    let person = known.entry.person;
    let Some(transition) = known.entry.transition_on(day, LEAP_DAY) else {
        return;
    };
    if set.was_told(person, day) {
        return;
    }
    let snapshot = EntrySnapshot {
        transition: Some(transition.clone()),
        ..known.clone()
    };
    let change = set.change(key, person, &Change::Entry(Box::new(snapshot)), None);
    set.tell_day(person, day, change);
    if !transition.changes_status() {
        return;
    }
    notify(set, known, &transition);
    let news = News::StatusChangedByTime {
        person,
        status: transition.after,
        day,
    };
    set.news(known.province, news);
}

/// Holder and employer hear that the registration lapsed, or that a suspension is over; once, whoever tells it.
fn notify(set: &mut WorkingSet, known: &EntrySnapshot, transition: &TimeTransition) {
    let kind = match (transition.before, transition.after) {
        (_, StatusCode::Lapsed) => NotificationKind::Lapsed,
        (StatusCode::Suspended, StatusCode::Valid) => NotificationKind::Restored,
        _ => return,
    };
    let person = known.entry.person;
    set.notify(Notification {
        kind,
        person,
        employer: Some(known.entry.employer.id),
        subject: person.resource_name(),
        day: Some(transition.day),
        days_left: None,
        at: set.now(),
        once: Some(format!("{} {person} {}", kind.code(), transition.day)),
    });
}

/// Keeps the next day of people who were registered before days were kept; harmless if repeated or done by two processes. Of
/// them only what is still to come is told: what time did before is in every answer already.
pub(crate) async fn schedule_missing(deps: &Deps) -> Result<(), Error> {
    let mut after = None;
    loop {
        let people = transition::missing(&deps.read, after, PIECE).await?;
        let Some(last) = people.last() else { return Ok(()) };
        after = Some(last.as_uuid());
        let (people, now) = (&people, deps.now());
        deps.database
            .run_tx("schedule transitions", async |tx: &mut Tx| {
                let mut set = WorkingSet::read(deps, tx, Wanted::people(people.iter().copied()), now).await?;
                for one in people {
                    let found = set.snapshot(*one);
                    let next = found.and_then(|known| known.entry.next_transition(day_of(now), LEAP_DAY));
                    set.schedule(*one, next);
                }
                set.write(deps, tx).await?;
                Ok::<_, Error>(())
            })
            .await?;
    }
}
