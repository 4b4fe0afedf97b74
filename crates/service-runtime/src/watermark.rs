//! How far a replica has read: what `min_position` waits for.

use std::time::Duration;

use tokio::{sync::watch, time::Instant};

use crate::error::{MIN_POSITION_TIMEOUT, Refusal};

/// The position up to which this process has applied the feed. Cheap to clone; all clones are one watermark.
#[derive(Debug, Clone)]
pub struct Watermark(watch::Sender<u64>);

impl Watermark {
    /// Starts at `position`.
    pub fn at(position: u64) -> Self {
        Self(watch::Sender::new(position))
    }

    /// The position reached.
    pub fn position(&self) -> u64 {
        *self.0.borrow()
    }

    /// Records that everything up to `position` is applied. Going back is ignored: the mark only rises.
    pub fn advance(&self, position: u64) {
        self.0.send_if_modified(|reached| {
            let rises = position > *reached;
            if rises {
                *reached = position;
            }
            rises
        });
    }

    /// Waits until `position` is applied and returns the position then reached; `MIN_POSITION_TIMEOUT` with the
    /// reached position in its metadata when `deadline` comes first.
    pub async fn wait_for(&self, position: u64, deadline: Instant) -> Result<u64, Refusal> {
        let mut mark = self.0.subscribe();
        let reached = tokio::time::timeout_at(deadline, mark.wait_for(|reached| *reached >= position)).await;
        match reached {
            Ok(Ok(reached)) => Ok(*reached),
            _ => Err(Refusal::new(MIN_POSITION_TIMEOUT)
                .metadata("position", self.position().to_string())
                .retry_after(Duration::from_millis(100))),
        }
    }
}

#[cfg(test)]
mod tests;
