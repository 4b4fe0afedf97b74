//! Works imports off, a piece in each transaction; a crash leaves the piece at hand to be done anew.

use postgres::lease::{Lease, Step};

use crate::command::run_import::run_pieces;
use crate::deps::Deps;
use crate::error::Error;

pub(super) async fn step(deps: &Deps, lease: &Lease) -> Result<Step, Error> {
    Ok(if run_pieces(deps, lease).await? {
        Step::Worked
    } else {
        Step::Idle
    })
}
