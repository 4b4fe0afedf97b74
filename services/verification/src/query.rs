//! What is asked: one file for each RPC, and what they share.

mod answer;
pub(crate) mod history;
pub(crate) mod judge;
pub(crate) mod verify_certificate;
pub(crate) mod verify_document;
pub(crate) mod watch_registrations;

pub(crate) use answer::{Answer, CopyAnswer, Finding, Outcome, VersionAnswer};
pub(crate) use history::Instants;

use domain::province::Province;
use service_runtime::Refusal;
use service_runtime::clock::Clock as _;
use service_runtime::error::{OVERLOADED, STALE};
use tokio::time::Instant;

use crate::deps::Deps;
use crate::error::{Error, NOT_CAUGHT_UP};
use crate::model::{AsOf, Model};

/// Who asks, and on what terms.
#[derive(Debug, Clone)]
pub(crate) struct Asking {
    /// Stable name for limits and access records.
    pub(crate) caller: String,
    /// A backend with a token of its own, which states its purpose.
    pub(crate) is_backend: bool,
    /// May ask by document number without the name.
    pub(crate) by_number_alone: bool,
    pub(crate) purpose: String,
    pub(crate) awaited: Option<Awaited>,
    pub(crate) allow_stale: bool,
    pub(crate) deadline: Instant,
}

/// A position that the answer must have seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Awaited {
    Register(u64),
    Province(Province, u64),
}

/// Waits for the position asked for, and for freshness; says what the answer rests on.
pub(crate) async fn settle(deps: &Deps, model: &Model, asking: &Asking) -> Result<AsOf, Error> {
    match asking.awaited {
        Some(Awaited::Register(position)) => {
            model.marks.wait_for_register(position, asking.deadline).await?;
        }
        Some(Awaited::Province(province, sequence)) => {
            model
                .marks
                .wait_for_province(province, sequence, asking.deadline)
                .await?;
        }
        None => {}
    }
    let until = asking.deadline.min(Instant::now() + deps.freshness.patience);
    loop {
        let bound = deps.freshness.bound;
        let as_of = model
            .marks
            .as_of(deps.clock.now(), bound)
            .ok_or_else(|| retry(NOT_CAUGHT_UP))?;
        if !as_of.stale || asking.allow_stale {
            return Ok(as_of);
        }
        // A heartbeat comes thrice in the time that an answer stays fresh: after a leap of the clock the next one tells.
        if tokio::time::timeout_at(until, model.marks.next_message())
            .await
            .is_err()
        {
            return Err(retry(STALE)
                .metadata("fresh_until", as_of.fresh_until.to_string())
                .into());
        }
    }
}

fn retry(reason: service_runtime::Reason) -> Refusal {
    Refusal::new(reason).retry_after(std::time::Duration::from_millis(300))
}

/// No answer without its access record.
pub(crate) fn overloaded() -> Error {
    Refusal::new(OVERLOADED)
        .retry_after(std::time::Duration::from_secs(1))
        .into()
}
