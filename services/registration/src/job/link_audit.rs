//! Numbers and chains committed audit records.

use postgres::lease::{Lease, Step};
use postgres::{Tx, audit};

use crate::deps::Deps;
use crate::error::Error;

pub(super) const VERB: &str = "link_audit";
const BATCH: i64 = 500;

pub(super) async fn step(deps: &Deps, lease: &Lease) -> Result<Step, Error> {
    let linked = deps
        .database
        .run_tx("link audit", async |tx: &mut Tx| {
            tx.check_fence(lease).await?;
            Ok::<_, postgres::Error>(audit::link(tx, BATCH).await?.1)
        })
        .await?;
    Ok(if linked == 0 { Step::Idle } else { Step::Worked })
}
