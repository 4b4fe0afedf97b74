//! How a person's registration counted at an instant, as known at another, for `verification` (decision 0031).

use domain::ids::{PersonId, RegisterActId};
use domain::province::Province;
use domain::register::history::{KnownAct, entry_at};
use domain::register::{ActRecord, RegisterEntry};
use domain::standing::{Standing, judge};
use jiff::Timestamp;
use postgres::Tx;
use tracing::instrument;

use crate::command::certify::LEAP_DAY;
use crate::deps::Deps;
use crate::error::Error;
use crate::sealing::open_json;
use crate::store::register::column;
use crate::store::register::history::{self, ActRow};

/// What is answered.
pub(crate) struct History {
    /// None for somebody who was not registered then, or is not known.
    pub(crate) then: Option<Then>,
    /// When the register recorded its first act; none while it is empty.
    pub(crate) began_at: Option<Timestamp>,
}

/// A registration as it counted.
pub(crate) struct Then {
    pub(crate) entry: RegisterEntry,
    pub(crate) standing: Standing,
    pub(crate) province: Province,
    /// Of the version that counted.
    pub(crate) licence_identifier: Option<String>,
    pub(crate) acts: Vec<Act>,
}

/// An act that the answer rests on.
pub(crate) struct Act {
    pub(crate) id: RegisterActId,
    pub(crate) kind: String,
    pub(crate) at: Timestamp,
    pub(crate) recorded_at: Timestamp,
    pub(crate) position: Option<u64>,
    pub(crate) leaf: Option<u64>,
}

/// Everything from one snapshot. Of somebody erased nothing is answered any more.
#[instrument(name = "read_history", skip_all)]
pub(crate) async fn read_history(
    deps: &Deps,
    person: PersonId,
    at: Timestamp,
    known_at: Timestamp,
) -> Result<History, Error> {
    let read = async |tx: &mut Tx| {
        let began_at = history::began_at(tx).await?;
        let wrapped = history::wrapped_key(tx, person).await?;
        let rows = match wrapped {
            Some(_) => history::acts(tx, person).await?,
            None => Vec::new(),
        };
        Ok::<_, Error>((began_at, wrapped, rows))
    };
    let (began_at, wrapped, rows) = deps.read.snapshot("read history", read).await?;
    let then = match wrapped {
        Some(wrapped) => {
            let key = deps.sealing.key(person, wrapped)?;
            let known = rows.iter().map(|row| {
                let record: ActRecord = open_json(&key, column::ACT, row.record.clone())?;
                Ok::<_, Error>(KnownAct {
                    record,
                    recorded_at: row.recorded_at,
                })
            });
            then(&rows, &known.collect::<Result<Vec<_>, _>>()?, at, known_at)
        }
        None => None,
    };
    Ok(History { then, began_at })
}

fn then(rows: &[ActRow], known: &[KnownAct], at: Timestamp, known_at: Timestamp) -> Option<Then> {
    let found = entry_at(known, at, known_at)?;
    let standing = judge(&found.entry, None, None, at, LEAP_DAY);
    let rests_on: Vec<_> = rows
        .iter()
        .zip(known)
        .filter(|(_, act)| found.acts.contains(&act.record.id))
        .collect();
    let province = rests_on.last().map(|(row, _)| row.province)?;
    let made = rests_on
        .iter()
        .rev()
        .find_map(|(row, _)| row.licence_identifier.clone());
    let acts = rests_on.iter().map(|(row, act)| Act {
        id: act.record.id,
        kind: row.kind.clone(),
        at: act.record.at,
        recorded_at: row.recorded_at,
        position: row.position,
        leaf: row.leaf,
    });
    Some(Then {
        province,
        licence_identifier: made.filter(|_| !found.entry.is_ended()),
        acts: acts.collect(),
        entry: found.entry,
        standing,
    })
}
