//! Reads the feed from the last position, for ever; keeps snapshots of what was read.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use service_runtime::error::ILLEGAL_STATE;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_stream::StreamExt as _;

use crate::deps::Deps;
use crate::error::Error;
use crate::model::Model;
use crate::peer::issuance::Issuance;
use crate::snapshots::Snapshots;

/// Before the feed is asked for again.
const PAUSE: Duration = Duration::from_millis(100);
/// A feed that has been silent for so long is dead: its heart beats every 300 ms.
const SILENCE: Duration = Duration::from_secs(5);
/// So often the register must say that it has another history before what was read of it is thrown away: it may be answering
/// from a copy of its database that lags a little.
const CERTAINTY: u32 = 10;

/// The one writer of the model.
pub(super) struct Follower {
    deps: Arc<Deps>,
    issuance: Issuance,
    keeper: Option<Keeper>,
}

/// Who keeps snapshots.
struct Keeper {
    snapshots: Arc<Snapshots>,
    /// The position of the latest.
    kept: u64,
    /// None until the register is read for the first time.
    due: Option<Instant>,
    writing: Option<JoinHandle<Option<u64>>>,
}

impl Follower {
    pub(super) fn new(deps: Arc<Deps>, issuance: Issuance, snapshots: Option<Snapshots>) -> Self {
        let keeper = snapshots.map(|snapshots| Keeper {
            snapshots: Arc::new(snapshots),
            kept: 0,
            due: None,
            writing: None,
        });
        Self {
            deps,
            issuance,
            keeper,
        }
    }

    /// Follows until dropped.
    pub(super) async fn follow(&mut self) {
        self.begin_from_snapshot().await;
        let mut contradicted = 0;
        loop {
            match self.follow_once().await {
                Err(Error::Refused(refusal)) if refusal.is(ILLEGAL_STATE) => contradicted += 1,
                Err(error) => {
                    contradicted = 0;
                    let position = self.deps.model().marks.position();
                    tracing::warn!(%error, position, job = "follow_register", "the feed of the register ended");
                }
                Ok(()) => contradicted = 0,
            }
            if contradicted >= CERTAINTY {
                contradicted = 0;
                self.begin_anew();
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn begin_from_snapshot(&mut self) {
        let Some(keeper) = &mut self.keeper else { return };
        let snapshots = Arc::clone(&keeper.snapshots);
        let deps = Arc::clone(&self.deps);
        let read = tokio::task::spawn_blocking(move || snapshots.read(&deps.model().indices, &deps.clock));
        if let Ok(Some(model)) = read.await {
            let position = model.marks.position();
            self.deps.replace_model(model);
            keeper.begun(position);
        }
    }

    /// The register has another history than the one that was read: it was restored, or is another.
    fn begin_anew(&mut self) {
        let position = self.deps.model().marks.position();
        tracing::warn!(
            position,
            "the register has another history: it is read from its beginning"
        );
        self.deps.forget_model();
        if let Some(keeper) = &mut self.keeper {
            keeper.forget();
        }
    }

    async fn follow_once(&mut self) -> Result<(), Error> {
        let model = self.deps.model();
        let (position, anchor) = (model.marks.position(), model.marks.anchor());
        let feed = self.issuance.watch_changes(position, &anchor).await?;
        let mut feed = pin!(feed.timeout(SILENCE));
        while let Some(message) = feed.next().await {
            let message = message.map_err(|_| Error::internal("the feed is silent"))??;
            model.apply(message).map_err(Error::internal)?;
            if let Some(keeper) = &mut self.keeper {
                keeper.tend(&model).await;
            }
        }
        Ok(())
    }

    /// Writes what was read since the last snapshot, so that the next start has little to read.
    pub(super) async fn leave_snapshot(mut self) {
        let model = self.deps.model();
        if let Some(keeper) = &mut self.keeper {
            keeper.collect().await;
            keeper.write(&model);
            keeper.collect().await;
        }
    }
}

impl Keeper {
    /// There is a snapshot of this position.
    fn begun(&mut self, position: u64) {
        self.kept = position;
        self.due = Some(Instant::now() + self.snapshots.every());
    }

    /// No snapshot counts any more.
    fn forget(&mut self) {
        (self.kept, self.due) = (0, None);
        self.snapshots.remove();
    }

    /// Begins a snapshot if one is due. The first is, once everything is read: that took the longest.
    async fn tend(&mut self, model: &Arc<Model>) {
        if self.writing.as_ref().is_some_and(JoinHandle::is_finished) {
            self.collect().await;
        }
        let due = match self.due {
            None => model.marks.is_caught_up(),
            Some(due) => due <= Instant::now(),
        };
        if due && self.writing.is_none() && self.write(model) {
            self.due = Some(Instant::now() + self.snapshots.every());
        }
    }

    /// Writes beside everything else. Between two messages, since only the follower calls it. False if there is nothing new.
    fn write(&mut self, model: &Arc<Model>) -> bool {
        if model.marks.position() == self.kept {
            return false;
        }
        let Some(capture) = model.capture() else {
            return false;
        };
        let snapshots = Arc::clone(&self.snapshots);
        self.writing = Some(tokio::task::spawn_blocking(move || snapshots.write(&capture)));
        true
    }

    /// Waits for what is being written.
    async fn collect(&mut self) {
        if let Some(writing) = self.writing.take()
            && let Ok(Some(position)) = writing.await
        {
            self.kept = position;
        }
    }
}
