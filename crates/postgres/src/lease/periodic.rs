//! The loop of a leased background job. It spawns nothing: the service's task tracker runs it.

use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;
use tracing::warn;

use super::Lease;
use crate::Database;
use crate::error::TransactionError;
use crate::work::Work;

/// A background job that at most one process works on.
#[derive(Debug, Clone)]
pub struct Periodic {
    /// Name of the lease and audit verb of the job.
    pub name: &'static str,
    /// This process, unique among those that compete.
    pub holder: String,
    /// How long others wait after this process vanished.
    pub term: Duration,
    /// Pause after a step that found nothing to do, and between attempts to get the lease.
    pub every: Duration,
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
    /// Runs `step` until `stop` completes: takes the lease, renews it before every step, gives it back at the
    /// end. A step that began is finished first. Failures are logged by name and tried again after a pause;
    /// steps call [`Tx::check_fence`](crate::Tx::check_fence) in each of their transactions.
    pub fn run<'a, E, F>(
        &'a self,
        database: &'a Database,
        clock: impl Fn() -> Timestamp + Send + Sync + 'a,
        stop: impl Future<Output = ()> + Send + 'a,
        step: F,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>
    where
        E: TransactionError + std::fmt::Display + 'a,
        F: AsyncFn(&Lease) -> Result<Step, E> + for<'t> Work<&'t Lease, Step, E> + 'a,
    {
        Box::pin(self.work_until(database, clock, stop, step))
    }

    async fn work_until<E>(
        &self,
        database: &Database,
        clock: impl Fn() -> Timestamp + Send + Sync,
        stop: impl Future<Output = ()> + Send,
        step: impl for<'t> Work<&'t Lease, Step, E>,
    ) where
        E: TransactionError + std::fmt::Display,
    {
        let mut stop = std::pin::pin!(stop);
        let mut lease = None;
        loop {
            let worked = self.turn(database, &clock, &mut lease, &step).await;
            let pause = if worked { Duration::ZERO } else { self.every };
            tokio::select! {
                biased;
                () = &mut stop => break,
                () = tokio::time::sleep(pause) => {}
            }
        }
        if let Some(lease) = lease
            && let Err(error) = database.release_lease(&lease, clock()).await
        {
            warn!(job = self.name, %error, "the lease was not given back; others wait for its end");
        }
    }

    /// One attempt to do something; true if it should be repeated at once.
    async fn turn<E>(
        &self,
        database: &Database,
        clock: &(impl Fn() -> Timestamp + Sync),
        lease: &mut Option<Lease>,
        step: &impl for<'t> Work<&'t Lease, Step, E>,
    ) -> bool
    where
        E: TransactionError + std::fmt::Display,
    {
        let held = match self.hold(database, clock(), lease.take()).await {
            Ok(Some(held)) => held,
            Ok(None) => return false,
            Err(error) => {
                warn!(job = self.name, %error, "the lease cannot be had");
                return false;
            }
        };
        let result = step.start(&held).await;
        *lease = Some(held);
        match result {
            Ok(done) => done == Step::Worked,
            Err(error) => {
                warn!(job = self.name, %error, "a step failed");
                false
            }
        }
    }

    async fn hold(
        &self,
        database: &Database,
        now: Timestamp,
        lease: Option<Lease>,
    ) -> Result<Option<Lease>, crate::Error> {
        if let Some(lease) = lease {
            match database.renew_lease(&lease, now, self.term).await {
                Ok(()) => return Ok(Some(lease)),
                Err(crate::Error::LeaseLost { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        database
            .acquire_lease(self.name, &self.holder, now, self.term)
            .await
    }
}
