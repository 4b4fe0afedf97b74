//! Gives a version, or a use copy, its place in a status list, in the transaction that makes it (decision 0027): drawn at random,
//! never a decoy's, never somebody's.

use domain::certificate::StatusListEntry;
use jiff::Timestamp;
use personal_data::OsRandom;
use postgres::Tx;
use rand_core::{CryptoRng, UnwrapErr};
use status_list::SHARD_PARTS;
use uuid::Uuid;

use crate::error::Error;
use crate::sealing::Sealing;
use crate::status::{SealedShard, StatusLists};
use crate::store::issuing::status;

/// More places than are ever found taken one after another in a shard that gives away half of what it has.
const MAX_DRAWS: u32 = 100;

/// The place, as the facts record names it; none where no lists are published.
pub(crate) async fn allot_status(
    tx: &mut Tx,
    lists: Option<&StatusLists>,
    sealing: &Sealing,
    (version, copy): (Uuid, Option<Uuid>),
    at: Timestamp,
) -> Result<Option<StatusListEntry>, Error> {
    let Some(lists) = lists else { return Ok(None) };
    for _ in 0..MAX_DRAWS {
        for place in free_places(tx, lists, sealing, 1, at).await? {
            if status::give(tx, place, version, copy).await? {
                return Ok(Some(as_named(lists, place)));
            }
        }
    }
    Err(Error::internal("no place of the open status shard is free"))
}

/// A place as the facts record names it.
pub(crate) fn as_named(lists: &StatusLists, (shard, index): (u32, u32)) -> StatusListEntry {
    StatusListEntry {
        uri: lists.uri(shard),
        index: index.into(),
    }
}

/// Places of the open shard that are nobody's now, from a part of it that no other transaction draws from while this one lasts. Only
/// where all parts are drawn from they may be somebody's in the end: whoever stores one first has it.
pub(crate) async fn free_places(
    tx: &mut Tx,
    lists: &StatusLists,
    sealing: &Sealing,
    count: usize,
    at: Timestamp,
) -> Result<Vec<(u32, u32)>, Error> {
    let open = match status::open_shard(tx).await? {
        Some(open) => open,
        None => first_shard(tx, sealing, at).await?,
    };
    let shard = lists.shard(open, sealing)?;
    let random = &mut UnwrapErr(OsRandom);
    let part = status::hold_part(tx, shard.number(), parts_from(random)).await?;
    let mut free: Vec<u32> = Vec::with_capacity(count);
    for _ in 0..MAX_DRAWS {
        if free.len() >= count {
            let number = shard.number();
            return Ok(free.into_iter().map(|index| (number, index)).collect());
        }
        // That a shard is full is noticed by the job, which opens the next one; until then it gives away a few more.
        let missing = u32::try_from(count - free.len()).map_err(Error::internal)?;
        let drawn = shard.allocate(random, missing, 0, part, |index| free.contains(&index));
        let drawn = drawn.map_err(Error::internal)?;
        let taken = status::taken(tx, shard.number(), &drawn).await?;
        free.extend(drawn.into_iter().filter(|index| !taken.contains(index)));
    }
    Err(Error::internal("no place of the open status shard is free"))
}

/// All parts of a shard, from a random one on.
fn parts_from(random: &mut impl CryptoRng) -> Vec<u8> {
    let first = random.next_u32() % u32::from(SHARD_PARTS);
    let mut parts: Vec<u8> = (0..SHARD_PARTS).collect();
    parts.rotate_left(first as usize);
    parts
}

/// Another transaction may open it meanwhile: there is one in the end, and all read that one.
async fn first_shard(tx: &mut Tx, sealing: &Sealing, at: Timestamp) -> Result<SealedShard, Error> {
    status::add_shard(tx, &SealedShard::open(0, sealing, at)).await?;
    let open = status::open_shard(tx).await?;
    open.ok_or_else(|| Error::internal("a status shard was opened and is not there"))
}
