//! Derives what the status lists say from the register: of everybody about whom a change was numbered, and of everybody of whom
//! something turns by the day alone. Nothing else writes a status, so none is lost between two writers, and what is derived twice is
//! the same.

use std::collections::{BTreeSet, HashMap};

use domain::ids::PersonId;
use domain::register::RegisterEntry;
use domain::standing::{Listed, ListedStatus};
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::Tx;
use postgres::lease::Lease;
use service_runtime::Scope;
use service_runtime::auth::JobName;
use service_runtime::clock::day_of;
use status_list::{SHARD_CAPACITY, Status};
use uuid::Uuid;

use super::allot_status::allot_status;
use super::certify::LEAP_DAY;
use crate::deps::Deps;
use crate::error::Error;
use crate::sealing::open_json;
use crate::status::{SealedShard, StatusLists};
use crate::store::issuing::status::{self, Place};
use crate::store::register::{column, entry};

const JOB: JobName = JobName::new("derive_status");
/// Changes, and people, of one transaction.
const PIECE: i64 = 500;

/// One piece of what has changed; true if there may be more. The head of the statuses moves with them: whatever was committed
/// before a change got its number is read here after it, and whatever is committed later has a number after it.
pub(crate) async fn derive_status(deps: &Deps, lease: &Lease, now: Timestamp) -> Result<bool, Error> {
    let today = day_of(now);
    if !status::has_work(&deps.read, today).await? {
        return Ok(false);
    }
    deps.database
        .run_tx("derive status", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            let after = status::head(tx).await?;
            let (last, changed) = status::changed(tx, after, PIECE).await?;
            let turning = status::turning(tx, today, PIECE).await?;
            let worked = last > after || !turning.is_empty();
            derive(tx, deps, changed.into_iter().chain(turning), now).await?;
            if last > after {
                status::set_head(tx, last).await?;
            }
            Ok::<_, Error>(worked)
        })
        .await
}

/// Gives places to what is from before the lists; true if there may be more.
pub(crate) async fn allot_missing(
    deps: &Deps,
    lists: &StatusLists,
    lease: &Lease,
    now: Timestamp,
) -> Result<bool, Error> {
    deps.database
        .run_tx("allot missing status", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            let missing = status::without_place(tx, PIECE).await?;
            for (version, copy, _) in &missing {
                allot_status(tx, Some(lists), &deps.sealing, (*version, *copy), now).await?;
            }
            derive(tx, deps, missing.iter().map(|(.., person)| *person), now).await?;
            Ok::<_, Error>(!missing.is_empty())
        })
        .await
}

/// Opens the next shard once the open one has given away what it gives, and the first one.
pub(crate) async fn open_next_shard(deps: &Deps, lease: &Lease, now: Timestamp) -> Result<(), Error> {
    deps.database
        .run_tx("open status shard", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            let next = match status::open_shard(tx).await? {
                None => Some(0),
                Some(open) if status::given_away(tx, open.number).await? >= SHARD_CAPACITY => {
                    open.number.checked_add(1)
                }
                Some(_) => None,
            };
            if let Some(next) = next {
                status::add_shard(tx, &SealedShard::open(next, &deps.sealing, now)).await?;
            }
            Ok::<_, Error>(())
        })
        .await
}

/// The same few statements however many people it is about.
async fn derive(
    tx: &mut Tx,
    deps: &Deps,
    people: impl Iterator<Item = PersonId> + Send,
    now: Timestamp,
) -> Result<(), Error> {
    let today = day_of(now);
    let people: BTreeSet<PersonId> = people.collect();
    let people: Vec<Uuid> = people.into_iter().map(PersonId::as_uuid).collect();
    let places = status::places(tx, &people).await?;
    if places.is_empty() {
        return Ok(());
    }
    let entries = entries(tx, deps, &people).await?;
    let (mut said, mut touched) = (Vec::new(), BTreeSet::new());
    for (person, place) in places {
        let (status, turns_on) = listed(&place, entries.get(&person), today);
        if status != place.status {
            touched.insert(place.shard);
        }
        if (status, turns_on) != (place.status, place.turns_on) {
            said.push((place, status, turns_on));
        }
    }
    status::set_all(tx, &said).await?;
    for shard in touched {
        status::touch(tx, shard, now).await?;
    }
    Ok(())
}

/// What the register says of people; nothing of somebody who was erased.
async fn entries(
    tx: &mut Tx,
    deps: &Deps,
    people: &[Uuid],
) -> Result<HashMap<PersonId, RegisterEntry>, Error> {
    let sealed = entry::sealed_of(tx, people, &Scope::for_job(&JOB)).await?;
    sealed
        .into_iter()
        .map(|(person, sealed, wrapped)| {
            let key = deps.sealing.key(person, wrapped)?;
            Ok((person, open_json(&key, column::ENTRY, sealed)?))
        })
        .collect()
}

fn listed(place: &Place, entry: Option<&RegisterEntry>, today: Date) -> (u8, Option<Date>) {
    let listed = Listed {
        entry,
        current: place.current,
        copy: place.copy,
    };
    let status = match listed.status(today, LEAP_DAY) {
        ListedStatus::Valid => Status::Valid,
        ListedStatus::Invalid => Status::Invalid,
        ListedStatus::Suspended => Status::Suspended,
    };
    (status as u8, listed.turns_on(today, LEAP_DAY))
}
