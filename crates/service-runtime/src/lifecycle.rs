//! Start, drain, stop; and the only place where tasks are spawned.
//!
//! Two tokens: `soft` asks everything to finish what it has begun and take nothing new, `hard` ends it. The first
//! SIGTERM or SIGINT pulls `soft`; a second one, or the end of the grace period, pulls `hard`. A service task that
//! ends or panics before `soft` is a crash: it pulls `soft` itself and the run reports it.

use std::{any::Any, fmt, future::Future, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::{FutureExt, Stream, StreamExt};
use parking_lot::Mutex;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::error::{DRAINING, Refusal};

/// After `hard`, how long tasks may take to notice.
const ABORT_GRACE: Duration = Duration::from_secs(2);

/// The life of one process or, in tests, of one service in it. Cheap to clone; all clones are one life.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    soft: CancellationToken,
    hard: CancellationToken,
    tasks: TaskTracker,
    crash: Mutex<Option<Crash>>,
}

/// A task that ended by itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("task {task} {how}")]
pub struct Crash {
    /// The name under which it was spawned.
    pub task: &'static str,
    /// How it ended: returned, failed or panicked.
    pub how: String,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Every task finished within its grace.
    Drained,
    /// Some had to be cut off.
    Aborted,
}

impl Lifecycle {
    /// A life that has just begun.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancelled when draining begins.
    pub fn soft(&self) -> &CancellationToken {
        &self.0.soft
    }

    /// Cancelled when what still runs must end at once.
    pub fn hard(&self) -> &CancellationToken {
        &self.0.hard
    }

    /// Spawns a task that belongs to the service as long as it lives: a listener, a job loop, a feed. It must end
    /// only after `soft`; ending, failing or panicking earlier is a crash. Dropped at `hard`.
    pub fn spawn<F, E>(&self, task: &'static str, future: F)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: fmt::Display + Send + 'static,
    {
        let life = self.clone();
        self.0.tasks.spawn(async move {
            let guarded = AssertUnwindSafe(future).catch_unwind();
            let how = tokio::select! {
                () = life.0.hard.cancelled() => return,
                ended = guarded => match ended {
                    Ok(Ok(())) if life.0.soft.is_cancelled() => return,
                    Ok(Ok(())) => "ended by itself".to_owned(),
                    Ok(Err(error)) => format!("failed: {error}"),
                    Err(panic) => format!("panicked: {}", panic_text(panic.as_ref())),
                },
            };
            life.crashed(Crash { task, how });
        });
    }

    /// Spawns a task that ends by itself (answering one call, pushing one batch). A panic is a crash. Draining waits
    /// for it; dropped at `hard`.
    pub fn spawn_brief(&self, task: &'static str, future: impl Future<Output = ()> + Send + 'static) {
        let life = self.clone();
        self.0.tasks.spawn(async move {
            tokio::select! {
                () = life.0.hard.cancelled() => {}
                ended = AssertUnwindSafe(future).catch_unwind() => if let Err(panic) = ended {
                    life.crashed(Crash { task, how: format!("panicked: {}", panic_text(panic.as_ref())) });
                }
            }
        });
    }

    /// Ends a response stream that has no end of its own (a change feed) once draining begins: the subscriber gets
    /// `DRAINING` and resumes elsewhere by position.
    pub fn until_draining<S, T>(
        &self,
        stream: S,
    ) -> impl Stream<Item = Result<T, tonic::Status>> + Send + use<S, T>
    where
        S: Stream<Item = Result<T, tonic::Status>> + Send,
        T: Send,
    {
        let drained = self.0.soft.clone().cancelled_owned();
        let farewell = futures_util::stream::once(async { Err(Refusal::new(DRAINING).into_status()) });
        let ends = self.0.soft.clone();
        stream
            .take_until(drained)
            .chain(farewell.filter(move |_| std::future::ready(ends.is_cancelled())))
    }

    /// Waits for SIGTERM, SIGINT or a crash, then drains. Returns how it went, or the crash that began it.
    pub async fn run_until_signalled(&self, grace: Duration) -> Result<Ending, RunError> {
        let mut stop = Stop::listen()?;
        tokio::select! {
            name = stop.recv() => tracing::info!(signal = name, "draining"),
            () = self.0.soft.cancelled() => {}
        }
        let ending = tokio::select! {
            ending = self.drain(grace) => ending,
            name = stop.recv() => {
                tracing::warn!(signal = name, "aborting");
                self.abort().await
            }
        };
        match self.crash() {
            Some(crash) => Err(crash.into()),
            None => Ok(ending),
        }
    }

    /// Pulls `soft`, waits up to `grace` for every task, then pulls `hard`.
    pub async fn drain(&self, grace: Duration) -> Ending {
        self.0.soft.cancel();
        self.0.tasks.close();
        if tokio::time::timeout(grace, self.0.tasks.wait()).await.is_ok() {
            self.0.hard.cancel();
            return Ending::Drained;
        }
        tracing::warn!(count = self.0.tasks.len(), "tasks outlived the grace period");
        self.abort().await
    }

    /// The crash that ended this life, if one did.
    pub fn crash(&self) -> Option<Crash> {
        self.0.crash.lock().clone()
    }

    async fn abort(&self) -> Ending {
        self.0.soft.cancel();
        self.0.hard.cancel();
        self.0.tasks.close();
        if tokio::time::timeout(ABORT_GRACE, self.0.tasks.wait())
            .await
            .is_err()
        {
            tracing::error!(count = self.0.tasks.len(), "tasks did not end when aborted");
        }
        Ending::Aborted
    }

    fn crashed(&self, crash: Crash) {
        tracing::error!(task = crash.task, error = crash.how, "crash");
        self.0.crash.lock().get_or_insert(crash);
        self.0.soft.cancel();
    }
}

/// Why a run did not end well.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A task ended by itself.
    #[error(transparent)]
    Crash(#[from] Crash),
    /// The signal handlers could not be installed.
    #[error("cannot listen for signals: {0}")]
    Signals(#[from] std::io::Error),
}

struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn recv(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

/// What a panic said, if it said it in text.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a text")
}

#[cfg(test)]
mod tests;
