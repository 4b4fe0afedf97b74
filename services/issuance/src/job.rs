//! Background work, each with its own loop.

pub(crate) mod check_stores;
mod follow;
mod housekeeping;
pub(crate) mod issue;
mod notify;
mod publish_status;
pub(crate) mod restore;
mod sequence;
mod transitions;

use std::sync::Arc;

use service_runtime::Lifecycle;

use crate::deps::Deps;

/// Starts every job of the rooms register, exchange and log.
pub(crate) fn start(life: &Lifecycle, deps: &Arc<Deps>) {
    life.spawn("sequence", sequence::run(life.clone(), Arc::clone(deps)));
    life.spawn("follow_positions", follow::run(life.clone(), Arc::clone(deps)));
    life.spawn("notify", notify::run(life.clone(), Arc::clone(deps)));
    if let Some(lists) = &deps.status {
        let lists = Arc::clone(lists);
        life.spawn(
            "publish_status",
            publish_status::run(life.clone(), Arc::clone(deps), lists),
        );
    }
    life.spawn("transitions", transitions::run(life.clone(), Arc::clone(deps)));
    life.spawn("housekeeping", housekeeping::run(life.clone(), Arc::clone(deps)));
}
