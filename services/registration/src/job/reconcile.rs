//! Compares the mirror with the nation's register, once a day and when an officer orders it.

use postgres::Tx;
use postgres::lease::{Lease, Step};

use crate::command::reconcile_register::{reconcile, schedule};
use crate::deps::Deps;
use crate::error::Error;
use crate::store::reconciliation;

/// The oldest that waits; one that fails is tried again.
pub(super) async fn step(deps: &Deps, _lease: &Lease) -> Result<Step, Error> {
    if let Some(hour) = deps.reconcile_at {
        schedule(deps, hour).await?;
    }
    let read = async |tx: &mut Tx| reconciliation::waiting(tx).await;
    match deps.reader.snapshot("waiting reconciliation", read).await? {
        Some(run) => {
            reconcile(deps, &run).await?;
            Ok(Step::Worked)
        }
        None => Ok(Step::Idle),
    }
}
