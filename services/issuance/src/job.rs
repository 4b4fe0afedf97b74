//! Background work, each with its own loop.

mod follow;
mod housekeeping;
pub(crate) mod issue;
mod notify;
mod sequence;

use std::sync::Arc;

use service_runtime::Lifecycle;

use crate::deps::Deps;

/// Starts every job of the rooms register, exchange and log.
pub(crate) fn start(life: &Lifecycle, deps: &Arc<Deps>) {
    life.spawn("sequence", sequence::run(life.clone(), Arc::clone(deps)));
    life.spawn("follow_positions", follow::run(life.clone(), Arc::clone(deps)));
    life.spawn("notify", notify::run(life.clone(), Arc::clone(deps)));
    life.spawn("housekeeping", housekeeping::run(life.clone(), Arc::clone(deps)));
}
