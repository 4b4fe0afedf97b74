//! Works off rows of an announced succession: mirror and event of each person in one transaction, a hundred at a time.

use domain::ids::{EmployerId, SuccessionId};
use domain::succession::{Succession, SuccessionState};
use jiff::Timestamp;
use postgres::Tx;
use postgres::lease::Lease;
use postgres::outbox::Event;
use service_runtime::clock::Clock as _;

use super::check_head;
use super::follow_employer;
use crate::deps::Deps;
use crate::error::Error;
use crate::job;
use crate::peer::exchange::event::{self, SucceededRow};
use crate::store::registered::Registered;
use crate::store::succession::{self, Before, Row};
use crate::store::{Within, employer, registered};

/// The job's name: lease and scope.
pub(crate) const VERB: &str = "apply_successions";
const BATCH: i64 = 100;

/// Stable reasons of rows for which nothing is to be done.
const GONE: &str = "NO_LONGER_WITH_EMPLOYER";
const STAYS: &str = "STAYS_WITH_EMPLOYER";

/// A row whose event is to be pushed.
struct Due {
    row: Row,
    before: Before,
    title: String,
    at: Timestamp,
    payload: Vec<u8>,
}

/// Returns how many rows were worked off. Each row leaves `WAITING` in the transaction that pushes its event, so that a
/// repetition after a crash does it once.
pub(crate) async fn apply_rows(deps: &Deps, lease: &Lease) -> Result<usize, Error> {
    let within = Within::of(&job::scope(VERB), deps.province);
    let (within, now) = (&within, deps.clock.now());
    let done = deps
        .database
        .run_tx("apply successions", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            let rows = succession::waiting(tx, BATCH).await?;
            let Some(id) = rows.first().map(|row| row.succession) else {
                return Ok(0);
            };
            let announced = announced(tx, id).await?;
            let count = rows.len();
            let mut due = Vec::with_capacity(count);
            for row in rows {
                due.extend(prepare(deps, tx, within, &announced, row, now).await?);
            }
            push(
                deps,
                tx,
                within,
                (due, announced.succession.proposal.employer),
                now,
            )
            .await?;
            Ok::<_, Error>(count)
        })
        .await?;
    if done > 0 {
        deps.wake.push.notify_one();
    }
    Ok(done)
}

/// What every row of a succession says.
struct Announced {
    succession: Succession,
    at: Timestamp,
    number: String,
    by: String,
}

async fn announced(tx: &mut Tx, id: SuccessionId) -> Result<Announced, Error> {
    let found = succession::find(tx, id).await?;
    let found = found.ok_or_else(|| Error::internal("a row belongs to no succession"))?;
    let SuccessionState::Announced { by, at, number } = found.state() else {
        return Err(Error::internal("rows wait before their succession is announced"));
    };
    let (at, number, by) = (*at, number.clone(), by.authority.to_string());
    Ok(Announced {
        succession: found,
        at,
        number,
        by,
    })
}

/// The event of a row, or none where the person is not concerned any more.
async fn prepare(
    deps: &Deps,
    tx: &mut Tx,
    within: &Within,
    announced: &Announced,
    row: Row,
    now: Timestamp,
) -> Result<Option<Due>, Error> {
    let from = announced.succession.proposal.employer;
    let present = registered::find(tx, within, row.person).await?;
    let present = present.filter(|known| known.moved_to.is_none() && known.employer == from);
    let Some(present) = present else {
        succession::skipped(tx, row.id, GONE).await?;
        return Ok(None);
    };
    let renaming = announced.succession.proposal.kind == domain::succession::SuccessionKind::Renaming;
    if row.successor == from && !renaming {
        succession::skipped(tx, row.id, STAYS).await?;
        return Ok(None);
    }
    let title = employer::find(tx, row.successor).await?.map(|known| known.title);
    let title = title.ok_or_else(|| Error::internal("a successor is not on record"))?;
    let at = moment(announced.at, &present, now);
    let payload = event::succeeded(
        &SucceededRow {
            succession: &deps.succession_name(row.succession),
            row: row.id,
            person: row.person,
            successor: row.successor,
            announcement_number: &announced.number,
            announced_at: at,
            announced_by: &announced.by,
        },
        now,
    );
    Ok(Some(Due {
        before: Before::from(&present),
        title,
        at,
        payload,
        row,
    }))
}

/// The announcement is the legal moment, unless something newer was announced for the person meanwhile.
fn moment(announced_at: Timestamp, present: &Registered, now: Timestamp) -> Timestamp {
    if present.announced_at < announced_at {
        announced_at
    } else {
        now
    }
}

/// Events and mirror of all; then open applications of these people, which rest on the mirror.
async fn push(
    deps: &Deps,
    tx: &mut Tx,
    within: &Within,
    (due, from): (Vec<Due>, EmployerId),
    now: Timestamp,
) -> Result<(), Error> {
    if due.is_empty() {
        return Ok(());
    }
    let events: Vec<_> = due
        .iter()
        .map(|one| Event {
            format: event::FORMAT,
            payload: &one.payload,
            at: now,
        })
        .collect();
    check_head::agreed(deps)?;
    let last = tx.push_events(&deps.stream, &events).await?.sequence;
    let first = last - i64::try_from(due.len()).unwrap_or_default() + 1;
    for (position, one) in (first..).zip(&due) {
        succession::announced(tx, one.row.id, position, &one.before).await?;
        let (person, successor) = (one.row.person, one.row.successor);
        registered::succeed(tx, person, successor, &one.title, position, one.at).await?;
        if successor != from {
            follow_employer::follow(deps, tx, within, person, (from, successor), now).await?;
        }
    }
    Ok(())
}
