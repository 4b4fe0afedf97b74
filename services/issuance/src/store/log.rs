//! Room `log`: changes, their positions, the watermarks that go with them, and the transparency log.

pub(crate) mod change;
pub(crate) mod checkpoint;
pub(crate) mod cosignature;
pub(crate) mod leaf;
pub(crate) mod sequence;

use std::time::Duration;

use postgres::Database;
use service_runtime::Refusal;
use tokio::time::Instant;

use crate::error::Error;

/// The position of a change that is committed, as soon as the sequencer has given it; `MIN_POSITION_TIMEOUT` at the
/// deadline.
pub(crate) async fn position_of(database: &Database, change: i64, deadline: Instant) -> Result<u64, Error> {
    let mut pause = Duration::from_millis(2);
    loop {
        if let Some(position) = change::position(database, change).await? {
            return Ok(position);
        }
        if Instant::now() + pause >= deadline {
            let late = Refusal::new(service_runtime::error::MIN_POSITION_TIMEOUT).retry_after(pause);
            return Err(late.into());
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}
