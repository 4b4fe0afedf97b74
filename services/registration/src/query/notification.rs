//! Notifications: an addressee's own, and the whole stream for backends.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use domain::notification::Addressee;
use futures_util::{Stream, stream};
use jiff::Timestamp;
use postgres::Tx;
use service_runtime::Scope;
use service_runtime::error::{ILLEGAL_STATE, NOT_FOUND};
use tokio::time::Instant;
use uuid::Uuid;

use crate::app::Deps;
use crate::error::Error;
use crate::store::notification::{self, Notification};

/// How often a stream says that nothing happened.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// Positions that another process gave ring no bell here.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
const BATCH: i64 = 500;

/// An addressee's notifications, the newest first. Whom the scope does not cover has none that can be seen.
pub(crate) async fn list(
    deps: &Deps,
    scope: &Scope,
    addressee: Addressee,
    before: Option<(Timestamp, Uuid)>,
    limit: u32,
) -> Result<Vec<Notification>, Error> {
    let covered = match addressee {
        Addressee::Person(person) => scope.may_see_person(person.as_uuid()),
        Addressee::Employer(employer) => scope.may_see_employer(employer.as_uuid()),
        Addressee::Authority(authority) => scope
            .grants()
            .iter()
            .any(|grant| grant.authority.parse() == Ok(authority)),
    };
    if !covered {
        return Err(NOT_FOUND.refusal().into());
    }
    let read = async |tx: &mut Tx| notification::of_addressee(tx, addressee, before, limit.into()).await;
    Ok(deps.reader.snapshot("list notifications", read).await?)
}

struct Watcher {
    deps: Arc<Deps>,
    after: i64,
    waiting: VecDeque<Notification>,
    told_at: Option<Instant>,
}

/// Every notification after a position, in order and without gaps; a position alone is a heartbeat.
pub(crate) fn watch(
    deps: Arc<Deps>,
    after: i64,
) -> impl Stream<Item = Result<(i64, Option<Notification>), Error>> + Send {
    let watcher = Watcher {
        deps,
        after,
        waiting: VecDeque::new(),
        told_at: None,
    };
    stream::try_unfold(watcher, async |mut watcher| {
        let told = watcher.next().await?;
        Ok(Some((told, watcher)))
    })
}

impl Watcher {
    async fn next(&mut self) -> Result<(i64, Option<Notification>), Error> {
        loop {
            if let Some(next) = self.waiting.pop_front() {
                self.after = next.position.unwrap_or(self.after);
                self.told_at = Some(Instant::now());
                return Ok((self.after, Some(next)));
            }
            let after = self.after;
            let deps = Arc::clone(&self.deps);
            // Registered before looking, so that nothing numbered meanwhile is slept over.
            let mut rung = std::pin::pin!(deps.wake.numbered.notified());
            rung.as_mut().enable();
            let read = async |tx: &mut Tx| {
                let head = notification::head(tx).await?;
                Ok::<_, Error>((head, notification::after(tx, after, BATCH).await?))
            };
            let (head, found) = deps.reader.snapshot("watch notifications", read).await?;
            if head < after {
                // The watcher has seen what is not there: another database, or one restored from a backup.
                return Err(ILLEGAL_STATE.refusal().into());
            }
            self.waiting = found.into();
            if !self.waiting.is_empty() {
                continue;
            }
            if self.told_at.is_none_or(|told| told.elapsed() >= HEARTBEAT) {
                self.told_at = Some(Instant::now());
                return Ok((self.after, None));
            }
            let _rung_or_not = tokio::time::timeout(LOOK_AGAIN, rung).await;
        }
    }
}
