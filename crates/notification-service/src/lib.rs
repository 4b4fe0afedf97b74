//! Notifications (通知) over schema `shared`: what a service tells of is stored in the transaction of what happened
//! ([`tell`]), put into the stream by a leased job ([`number`]), and read by its addressees ([`list`]) and by backends
//! that miss nothing ([`watch`]). Every service that tells people something does it through here.

mod read;
mod told;

use std::sync::Arc;

use api::types::v1 as types;
use domain::ids::PersonId;
use domain::notification::Addressee;
use futures_util::{Stream, StreamExt as _};
use jiff::Timestamp;
use postgres::lease::Lease;
use postgres::{Database, ReadDatabase, Tx, notification};
use service_runtime::{Refusal, Scope, page};
use tokio::sync::Notify;
use tonic::Status;
use uuid::Uuid;

pub use told::{Notification, tell, tell_all};

service_runtime::failures!(postgres);

/// Usual and greatest page.
const PAGE: (u32, u32) = (50, 200);
/// Numbered in one transaction.
const BATCH: i64 = 1_000;

/// A service that tells people something.
pub trait Source: Send + Sync + 'static {
    /// Where its notifications are.
    fn database(&self) -> &Database;

    /// The same, for reading.
    fn reader(&self) -> &ReadDatabase;

    /// Rung for every watcher once notifications have their positions.
    fn numbered(&self) -> &Notify;

    /// What its notifications are called: `provinces/32/notifications`, `notifications`.
    fn collection(&self) -> String;
}

/// Puts notifications into the stream and rings for those who watch it; true if there may be more. Positions are dense
/// and follow commits, so that no reader skips one.
///
/// # Errors
/// The database's; the lease is another's by now.
pub async fn number(source: &impl Source, lease: &Lease) -> Result<bool, postgres::Error> {
    let numbered = source
        .database()
        .run_tx("number notifications", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            notification::number(tx, BATCH).await
        })
        .await?;
    if numbered > 0 {
        source.numbered().notify_waiters();
    }
    Ok(numbered > 0)
}

/// One page of an addressee's notifications.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The newest first.
    pub notifications: Vec<types::Notification>,
    /// Empty on the last page.
    pub next_page_token: String,
}

/// An addressee's notifications: `persons/me` (or nothing) for the caller's own. Whom the scope does not cover has none
/// that can be seen.
///
/// # Errors
/// A malformed request, an addressee outside the scope, the database's.
pub async fn list(
    source: &impl Source,
    scope: &Scope,
    addressee: &str,
    (page_size, page_token): (i32, &str),
) -> Result<Page, Status> {
    let addressee = match addressee {
        "" | "persons/me" => Addressee::Person(PersonId::from_uuid(scope.require_person()?)),
        name => Addressee::parse(name).ok_or_else(|| {
            Refusal::invalid(
                "addressee",
                "must be persons/me, employers/{employer} or an authority",
            )
        })?,
    };
    let query = addressee.to_string();
    let size = page::size(page_size, PAGE.0, PAGE.1)?;
    let before: Option<(Timestamp, Uuid)> = page::cursor(&query, page_token)?;
    let found = read::of_addressee(source, scope, addressee, before, size)
        .await
        .map_err(status)?;
    let last = found.last().filter(|_| found.len() == size as usize);
    let next = last.map(|last| page::token(&query, &(last.recorded_at, last.id)));
    let collection = source.collection();
    Ok(Page {
        next_page_token: next.transpose()?.unwrap_or_default(),
        notifications: found
            .into_iter()
            .map(|one| told::encode(&collection, one))
            .collect::<Result<_, _>>()
            .map_err(status)?,
    })
}

/// Every notification after a position, in order and without gaps; a position alone is a heartbeat.
///
/// # Errors
/// What cannot be a position.
pub fn watch<S: Source>(
    source: Arc<S>,
    after: u64,
) -> Result<impl Stream<Item = Result<(u64, Option<types::Notification>), Status>> + Send, Status> {
    let after = i64::try_from(after).map_err(|_| Refusal::invalid("after", "must be a position"))?;
    let collection = source.collection();
    Ok(read::after(source, after).map(move |told| {
        let (position, one) = told.map_err(status)?;
        let one = one.map(|one| told::encode(&collection, one)).transpose();
        Ok((u64::try_from(position).unwrap_or_default(), one.map_err(status)?))
    }))
}

#[track_caller]
fn status(error: Error) -> Status {
    error.into_refusal().into_status()
}
