//! Charging attempts at guessing before they are checked.

use postgres::Tx;
use service_runtime::Refusal;

use super::{Write, until};
use crate::deps::Deps;
use crate::error::{ATTEMPTS_LOCKED, Error};
use crate::store::attempt::{self, Charge, Guess};

/// Counts an attempt as failed; the command clears it when it succeeds. What does not exist locks like what does.
///
/// # Errors
/// `ATTEMPTS_LOCKED` with the delay.
pub(super) async fn charge(deps: &Deps, write: &Write, guess: Guess, subject: &[u8]) -> Result<(), Error> {
    let charged = deps
        .database
        .run_tx("charge attempt", async |tx: &mut Tx| {
            attempt::charge(tx, guess, subject, write.at).await
        })
        .await?;
    match charged {
        Charge::Allowed => Ok(()),
        Charge::LockedUntil(end) => Err(Refusal::new(ATTEMPTS_LOCKED)
            .retry_after(until(end, write.at))
            .into()),
    }
}
