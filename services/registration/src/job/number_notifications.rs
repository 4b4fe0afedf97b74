//! Puts notifications into the stream.

use postgres::lease::{Lease, Step};

use crate::deps::Deps;
use crate::error::Error;

pub(super) const VERB: &str = "number_notifications";

pub(super) async fn step(deps: &Deps, lease: &Lease) -> Result<Step, Error> {
    let more = notification_service::number(deps, lease).await?;
    Ok(if more { Step::Worked } else { Step::Idle })
}
