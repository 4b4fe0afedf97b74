//! The loop of a leased background job. It spawns nothing: the service's task tracker runs it.

use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tracing::warn;

use super::Lease;
use crate::Database;
use crate::error::TransactionError;
use crate::work::Work;

/// A background job that at most one process works on: the one loop that every leased job of every service runs in.
#[derive(Debug, Clone)]
pub struct Periodic {
    name: &'static str,
    holder: String,
    term: Duration,
    every: Duration,
    ask_every: Duration,
    renew_after: Duration,
    after_failure: Duration,
    drops_steps: bool,
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// There may be more: run again at once.
    Worked,
    /// Nothing was left to do.
    Idle,
}

impl Periodic {
    /// The job `name` (lease and audit verb) for the process `holder`, unique among those that compete. `term` is how
    /// long others wait after this process vanished; `every` the pause after a step that found nothing to do or failed,
    /// and between attempts to get the lease.
    #[must_use]
    pub fn new(name: &'static str, holder: impl ToString, term: Duration, every: Duration) -> Self {
        Self {
            name,
            holder: holder.to_string(),
            term,
            every,
            ask_every: every,
            renew_after: Duration::ZERO,
            after_failure: every,
            drops_steps: false,
        }
    }

    /// Renews the lease only when so much of its term has passed, instead of before every step.
    #[must_use]
    pub const fn renewing_after(mut self, passed: Duration) -> Self {
        self.renew_after = passed;
        self
    }

    /// Another pause after a step that failed.
    #[must_use]
    pub const fn after_failure(mut self, pause: Duration) -> Self {
        self.after_failure = pause;
        self
    }

    /// Another pause between attempts to get the lease.
    #[must_use]
    pub const fn asking_every(mut self, pause: Duration) -> Self {
        self.ask_every = pause;
        self
    }

    /// Drops the step under way when it has to stop, instead of finishing it: for steps that wait for others, each of
    /// whose transactions stands alone and can be repeated.
    #[must_use]
    pub const fn dropping_steps(mut self) -> Self {
        self.drops_steps = true;
        self
    }

    /// Runs `step` until `stop` completes: takes the lease, keeps it renewed, gives it back at the end. Failures are
    /// logged by name and tried again after a pause; steps call [`Tx::check_fence`](crate::Tx::check_fence) in each of
    /// their transactions. A ring of `wake` ends a pause.
    pub fn run<'a, E, F>(
        &'a self,
        database: &'a Database,
        clock: impl Fn() -> Timestamp + Send + Sync + 'a,
        stop: impl Future<Output = ()> + Send + 'a,
        wake: Option<&'a Notify>,
        step: F,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>
    where
        E: TransactionError + std::fmt::Display + 'a,
        F: AsyncFn(&Lease) -> Result<Step, E> + for<'t> Work<&'t Lease, Step, E> + 'a,
    {
        Box::pin(self.work_until(database, clock, stop, wake, step))
    }

    async fn work_until<E>(
        &self,
        database: &Database,
        clock: impl Fn() -> Timestamp + Send + Sync,
        stop: impl Future<Output = ()> + Send,
        wake: Option<&Notify>,
        step: impl for<'t> Work<&'t Lease, Step, E>,
    ) where
        E: TransactionError + std::fmt::Display,
    {
        let mut stop = std::pin::pin!(stop);
        let mut held = None;
        loop {
            let turn = self.turn(database, &clock, &mut held, &step);
            let pause = if self.drops_steps {
                tokio::select! {
                    biased;
                    () = &mut stop => break,
                    pause = turn => pause,
                }
            } else {
                turn.await
            };
            let rested = async {
                let woken = async {
                    match wake {
                        Some(bell) => bell.notified().await,
                        None => std::future::pending().await,
                    }
                };
                if !pause.is_zero() {
                    let _rung_or_not = tokio::time::timeout(pause, woken).await;
                }
            };
            tokio::select! {
                biased;
                () = &mut stop => break,
                () = rested => {}
            }
        }
        if let Some(Held { lease, .. }) = held
            && let Err(error) = database.release_lease(&lease, clock()).await
        {
            warn!(job = self.name, %error, "the lease was not given back; others wait for its end");
        }
    }

    /// One attempt to do something; how long to rest after it.
    async fn turn<E>(
        &self,
        database: &Database,
        clock: &(impl Fn() -> Timestamp + Sync),
        held: &mut Option<Held>,
        step: &impl for<'t> Work<&'t Lease, Step, E>,
    ) -> Duration
    where
        E: TransactionError + std::fmt::Display,
    {
        match self.hold(database, clock(), held.take()).await {
            Ok(Some(had)) => *held = Some(had),
            Ok(None) => return self.ask_every,
            Err(error) => {
                warn!(job = self.name, %error, "the lease cannot be had");
                return self.ask_every;
            }
        }
        let Some(Held { lease, .. }) = &*held else {
            return self.ask_every;
        };
        match step.start(lease).await {
            Ok(Step::Worked) => Duration::ZERO,
            Ok(Step::Idle) => self.every,
            Err(error) => {
                warn!(job = self.name, %error, "a step failed");
                if matches!(error.database(), Some(crate::Error::LeaseLost { .. })) {
                    *held = None;
                }
                self.after_failure
            }
        }
    }

    async fn hold(
        &self,
        database: &Database,
        now: Timestamp,
        held: Option<Held>,
    ) -> Result<Option<Held>, crate::Error> {
        if let Some(Held { lease, since }) = held {
            if now.duration_since(since).unsigned_abs() < self.renew_after {
                return Ok(Some(Held { lease, since }));
            }
            match database.renew_lease(&lease, now, self.term).await {
                Ok(()) => return Ok(Some(Held { lease, since: now })),
                Err(crate::Error::LeaseLost { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let lease = database
            .acquire_lease(self.name, &self.holder, now, self.term)
            .await?;
        Ok(lease.map(|lease| Held { lease, since: now }))
    }
}

/// A lease with when it was granted or last renewed.
struct Held {
    lease: Lease,
    since: Timestamp,
}
