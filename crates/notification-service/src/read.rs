//! An addressee's own, and the whole stream.

use std::sync::Arc;

use domain::notification::Addressee;
use futures_util::Stream;
use jiff::Timestamp;
use postgres::Tx;
use postgres::notification::{self, Notification};
use service_runtime::Scope;
use service_runtime::error::NOT_FOUND;
use service_runtime::subscription::{Numbered, subscribe};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::{Error, Source};

/// Read at once by a watcher.
const BATCH: i64 = 500;

/// The newest first. An addressee outside the scope is not there.
pub(crate) async fn of_addressee(
    source: &impl Source,
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
        return Err(NOT_FOUND.into());
    }
    let addressee = addressee.to_string();
    let read = async |tx: &mut Tx| notification::of_addressee(tx, &addressee, before, limit.into()).await;
    Ok(source.reader().snapshot("list notifications", read).await?)
}

/// The stream of notifications as [`subscribe`] reads it.
struct Notifications<S>(Arc<S>);

#[service_runtime::subscription::numbered]
impl<S: Source> Numbered for Notifications<S> {
    type Item = Notification;
    type Error = Error;

    async fn read(&self, after: i64) -> Result<(i64, Vec<Notification>), Error> {
        let read = async |tx: &mut Tx| {
            let head = notification::head(tx).await?;
            Ok::<_, Error>((head, notification::after(tx, after, BATCH).await?))
        };
        self.0.reader().snapshot("watch notifications", read).await
    }

    fn number(&self, one: &Notification) -> Option<i64> {
        one.position
    }

    fn bell(&self) -> &Notify {
        self.0.numbered()
    }
}

/// Every notification after a position; a position alone is a heartbeat.
pub(crate) fn after<S: Source>(
    source: Arc<S>,
    after: i64,
) -> impl Stream<Item = Result<(i64, Option<Notification>), Error>> + Send {
    subscribe(Arc::new(Notifications(source)), after)
}
