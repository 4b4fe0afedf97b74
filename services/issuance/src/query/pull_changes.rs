//! What the nation has to tell a province, as it happens.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use domain::province::Province;
use futures_util::{Stream, stream};
use service_runtime::error::RESTORING;

use crate::deps::Deps;
use crate::error::Error;
use crate::store::exchange::downstream::{self, Numbered};

/// What a province gets.
pub(crate) enum Told {
    /// News.
    News(Numbered),
    /// Nothing after this number.
    Heartbeat(u64),
}

/// A province that hears nothing for longer is cut off.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// Another process may have written what no bell here rings for.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
const BATCH: i64 = 500;

struct Puller {
    deps: Arc<Deps>,
    province: Province,
    after: u64,
    waiting: VecDeque<Numbered>,
    told_at: tokio::time::Instant,
    greeted: bool,
}

/// Every piece of news of a province after a number, in order, with heartbeats between.
pub(crate) fn pull_changes(
    deps: Arc<Deps>,
    province: Province,
    after: u64,
) -> impl Stream<Item = Result<Told, Error>> + Send {
    let puller = Puller {
        deps,
        province,
        after,
        waiting: VecDeque::new(),
        told_at: tokio::time::Instant::now(),
        greeted: false,
    };
    stream::try_unfold(puller, async |mut puller| {
        let told = puller.next().await?;
        Ok(Some((told, puller)))
    })
}

impl Puller {
    async fn next(&mut self) -> Result<Told, Error> {
        loop {
            if !self.deps.gate.is_open() {
                return Err(RESTORING.into());
            }
            let bells = Arc::clone(&self.deps.bells.downstream);
            let mut rung = std::pin::pin!(bells.notified());
            rung.as_mut().enable();
            if self.waiting.is_empty() {
                self.waiting = downstream::after(&self.deps.read, self.province, self.after, BATCH)
                    .await?
                    .into();
            }
            if let Some(news) = self.waiting.pop_front() {
                self.after = news.number;
                self.told_at = tokio::time::Instant::now();
                return Ok(Told::News(news));
            }
            if !self.greeted || self.told_at.elapsed() >= HEARTBEAT {
                self.greeted = true;
                self.told_at = tokio::time::Instant::now();
                return Ok(Told::Heartbeat(self.after));
            }
            let _ = tokio::time::timeout(LOOK_AGAIN, rung).await;
        }
    }
}
