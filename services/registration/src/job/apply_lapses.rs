//! Works off the rows of confirmed lapses beyond their first batch; a crash leaves the rest waiting.

use postgres::lease::{Lease, Step};

use crate::command::apply_lapse::apply_rows;
use crate::deps::Deps;
use crate::error::Error;

pub(super) async fn step(deps: &Deps, lease: &Lease) -> Result<Step, Error> {
    let done = apply_rows(deps, lease).await?;
    Ok(if done == 0 { Step::Idle } else { Step::Worked })
}
