//! Signs the status lists anew: each that does not hold every change that is derived by now, and each that is halfway through its
//! `ttl`, so that nobody ever fetches a stale one.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;
use postgres::Tx;
use postgres::lease::Lease;
use service_runtime::clock::day_of;
use status_list::{Decoy, Shard, StatusListToken};

use crate::deps::Deps;
use crate::error::Error;
use crate::status::{SealedShard, StatusLists};
use crate::store::issuing::status::{self, Published};

/// Decoys by shard, which take a million hashes to find.
pub(crate) type Decoys = Mutex<BTreeMap<u32, Arc<Vec<Decoy>>>>;

/// What a list is made of, as one transaction read it.
struct Draft {
    shard: Arc<Shard>,
    changed_at: Timestamp,
    position: u64,
    not_valid: Vec<(u32, u8)>,
}

/// Signs what is due at `now`, and says whether a list was due by the time alone.
pub(crate) async fn publish_status(
    deps: &Deps,
    lists: &Arc<StatusLists>,
    decoys: &Decoys,
    lease: &Lease,
    now: Timestamp,
) -> Result<bool, Error> {
    let published = status::lists(&deps.read, 0, i64::from(i32::MAX)).await?;
    let known: BTreeMap<u32, Published> = published.into_iter().map(|list| (list.shard, list)).collect();
    let drafts = draft(deps, lists, &known, now).await?;
    let mut by_time = false;
    for draft in drafts {
        let before = known.get(&draft.shard.number());
        by_time |= before.is_none_or(|list| is_halfway(list, now));
        let (list, token) = sign(Arc::clone(lists), decoys, draft, now).await?;
        deps.database
            .run_tx("publish status", async |tx: &mut Tx| {
                tx.check_fence(lease).await?;
                status::publish(tx, &list, &token).await
            })
            .await?;
    }
    if let Some(position) = status::reached(&deps.read).await? {
        deps.positions.statuses().advance(position);
    }
    Ok(by_time)
}

/// Reads what the due lists are made of. Only the holder of the lease writes statuses, so what is read together stays together until
/// the lease is lost; then the publishing fails.
async fn draft(
    deps: &Deps,
    lists: &StatusLists,
    known: &BTreeMap<u32, Published>,
    now: Timestamp,
) -> Result<Vec<Draft>, Error> {
    deps.database
        .run_tx("draft status lists", async |tx: &mut Tx| {
            let position = status::head(tx).await?;
            // A list of today says what is so today.
            if !status::turning(tx, day_of(now), 1).await?.is_empty() {
                return Ok(Vec::new());
            }
            let mut drafts = Vec::new();
            for (sealed, changed_at) in status::shards(tx).await? {
                let number = sealed.number;
                if known
                    .get(&number)
                    .is_some_and(|list| is_current(list, lists, position, now))
                {
                    continue;
                }
                drafts.push(Draft {
                    shard: shard(deps, lists, sealed)?,
                    changed_at,
                    position,
                    not_valid: status::not_valid(tx, number).await?,
                });
            }
            Ok::<_, Error>(drafts)
        })
        .await
}

fn shard(deps: &Deps, lists: &StatusLists, sealed: SealedShard) -> Result<Arc<Shard>, Error> {
    lists.shard(sealed, &deps.sealing)
}

fn is_current(list: &Published, lists: &StatusLists, position: u64, now: Timestamp) -> bool {
    list.position >= position && list.uri == lists.uri(list.shard) && !is_halfway(list, now)
}

fn is_halfway(list: &Published, now: Timestamp) -> bool {
    let ttl = list.stale_at.as_second() - list.issued_at.as_second();
    now.as_second() >= list.issued_at.as_second() + ttl / 2
}

/// Compressing a list takes some hundredths of a second, finding its decoys longer.
async fn sign(
    lists: Arc<StatusLists>,
    decoys: &Decoys,
    draft: Draft,
    now: Timestamp,
) -> Result<(Published, String), Error> {
    let number = draft.shard.number();
    let known = decoys.lock().get(&number).cloned();
    let work = move || {
        let decoys = known.unwrap_or_else(|| Arc::new(draft.shard.decoys()));
        let mut list = Shard::list(&decoys, draft.changed_at);
        for (index, status) in draft.not_valid {
            if !list.set_value(index, status) {
                return Err(Error::internal("a status has no place in its list"));
            }
        }
        let uri = lists.uri(number);
        let named = (uri.as_str(), Some(draft.position));
        let token = StatusListToken::sign_at(&list, named, lists.terms, now, &lists.key);
        let (stale, expires) = lists.terms.ends(now);
        let at = |seconds: i64| Timestamp::from_second(seconds).map_err(Error::internal);
        let published = Published {
            shard: number,
            position: draft.position,
            issued_at: at(now.as_second())?,
            stale_at: at(stale)?,
            expires_at: at(expires)?,
            uri,
        };
        Ok((published, token.map_err(Error::internal)?, decoys))
    };
    let (list, token, found) = tokio::task::spawn_blocking(work)
        .await
        .map_err(Error::internal)??;
    decoys.lock().entry(number).or_insert(found);
    Ok((list, token))
}
