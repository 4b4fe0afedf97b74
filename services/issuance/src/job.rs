//! Background work, each with its own loop.

mod follow;
mod housekeeping;
pub(crate) mod issue;
mod notify;
mod sequence;
mod tokens;

use std::sync::Arc;

use service_runtime::Lifecycle;
use service_runtime::auth::{Revocations, SharedKeySet};

use crate::deps::Deps;

/// Starts every job of the rooms register, exchange and log.
pub(crate) fn start(life: &Lifecycle, deps: &Arc<Deps>, keys: &SharedKeySet, revocations: &Revocations) {
    life.spawn("sequence", sequence::run(life.clone(), Arc::clone(deps)));
    life.spawn("follow_positions", follow::run(life.clone(), Arc::clone(deps)));
    life.spawn("notify", notify::run(life.clone(), Arc::clone(deps)));
    life.spawn("housekeeping", housekeeping::run(life.clone(), Arc::clone(deps)));
    life.spawn(
        "token_keys",
        tokens::follow_keys(life.clone(), Arc::clone(deps), keys.clone()),
    );
    life.spawn(
        "token_revocations",
        tokens::follow_revocations(life.clone(), Arc::clone(deps), revocations.clone()),
    );
}
