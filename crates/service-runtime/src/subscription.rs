//! The subscription side of a stream that is numbered in a table: resumable, in order, without gaps, with signs of life.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, stream};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::error::{ILLEGAL_STATE, Refusal};

/// How often a stream says that nothing happened.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// What another process numbered rings no bell here.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// For implementations of [`Numbered`]; the wire's own macro stays out of queries.
pub use tonic::async_trait as numbered;

/// Where numbered things are read from.
#[tonic::async_trait]
pub trait Numbered: Send + Sync + 'static {
    /// What is told.
    type Item: Send + Sync + 'static;
    /// Why it cannot be read.
    type Error: From<Refusal> + Send + 'static;

    /// The last number given, and what comes after `after` in order, as many as fit a page; in one snapshot.
    async fn read(&self, after: i64) -> Result<(i64, Vec<Self::Item>), Self::Error>;

    /// The number of one.
    fn number(&self, item: &Self::Item) -> Option<i64>;

    /// Rung once something has been numbered.
    fn bell(&self) -> &Notify;
}

struct Subscriber<N: Numbered> {
    source: Arc<N>,
    after: i64,
    waiting: VecDeque<N::Item>,
    told_at: Option<Instant>,
}

/// Everything after a number, in order and without gaps; a number alone is a heartbeat. Who has seen what is not there
/// (another database, or one restored from a backup) is refused with `ILLEGAL_STATE`.
pub fn subscribe<N: Numbered>(
    source: Arc<N>,
    after: i64,
) -> impl Stream<Item = Result<(i64, Option<N::Item>), N::Error>> + Send {
    let subscriber = Subscriber {
        source,
        after,
        waiting: VecDeque::new(),
        told_at: None,
    };
    stream::try_unfold(subscriber, async |mut subscriber| {
        let told = subscriber.next().await?;
        Ok(Some((told, subscriber)))
    })
}

impl<N: Numbered> Subscriber<N> {
    async fn next(&mut self) -> Result<(i64, Option<N::Item>), N::Error> {
        loop {
            if let Some(next) = self.waiting.pop_front() {
                self.after = self.source.number(&next).unwrap_or(self.after);
                self.told_at = Some(Instant::now());
                return Ok((self.after, Some(next)));
            }
            let source = Arc::clone(&self.source);
            // Registered before looking, so that nothing numbered meanwhile is slept over.
            let mut rung = std::pin::pin!(source.bell().notified());
            rung.as_mut().enable();
            let (head, found) = source.read(self.after).await?;
            if head < self.after {
                return Err(Refusal::new(ILLEGAL_STATE).into());
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
