//! Works off the rows of announced successions, some in each transaction; a crash leaves the rest waiting.

use postgres::lease::{Lease, Step};

use crate::command::apply_succession::apply_rows;
use crate::deps::Deps;
use crate::error::Error;

pub(super) async fn step(deps: &Deps, lease: &Lease) -> Result<Step, Error> {
    let done = apply_rows(deps, lease).await?;
    Ok(if done == 0 { Step::Idle } else { Step::Worked })
}
