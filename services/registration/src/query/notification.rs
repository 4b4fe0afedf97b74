//! Notifications: an addressee's own, and the whole stream for backends.

use std::sync::Arc;

use domain::notification::Addressee;
use futures_util::Stream;
use jiff::Timestamp;
use postgres::Tx;
use service_runtime::Scope;
use service_runtime::error::NOT_FOUND;
use service_runtime::subscription::{Numbered, subscribe};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::deps::Deps;
use crate::error::Error;
use crate::store::notification::{self, Notification};

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

/// The stream of notifications as [`subscribe`] reads it.
struct Notifications(Arc<Deps>);

#[service_runtime::subscription::numbered]
impl Numbered for Notifications {
    type Item = Notification;
    type Error = Error;

    async fn read(&self, after: i64) -> Result<(i64, Vec<Notification>), Error> {
        let read = async |tx: &mut Tx| {
            let head = notification::head(tx).await?;
            Ok::<_, Error>((head, notification::after(tx, after, BATCH).await?))
        };
        self.0.reader.snapshot("watch notifications", read).await
    }

    fn number(&self, one: &Notification) -> Option<i64> {
        one.position
    }

    fn bell(&self) -> &Notify {
        &self.0.wake.numbered
    }
}

/// Every notification after a position, in order and without gaps; a position alone is a heartbeat.
pub(crate) fn watch(
    deps: Arc<Deps>,
    after: i64,
) -> impl Stream<Item = Result<(i64, Option<Notification>), Error>> + Send {
    subscribe(Arc::new(Notifications(deps)), after)
}
