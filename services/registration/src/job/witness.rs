//! Cosigns the nation's transparency log, where the province is a witness.

use postgres::lease::{Lease, Step};

use crate::command::cosign_checkpoint::cosign_checkpoint;
use crate::deps::Deps;
use crate::error::Error;

pub(super) async fn step(deps: &Deps, lease: &Lease) -> Result<Step, Error> {
    let Some(observer) = &deps.witness else {
        return Ok(Step::Idle);
    };
    let cosigned = cosign_checkpoint(deps, observer, lease).await?;
    Ok(if cosigned { Step::Worked } else { Step::Idle })
}
