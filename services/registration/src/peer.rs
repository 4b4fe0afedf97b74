//! Outgoing calls; what comes back is in the domain's words.

pub(crate) mod check;
pub(crate) mod exchange;
pub(crate) mod identity;
pub(crate) mod project_lock;
