//! Services that this one calls. Generated clients stop here: what comes back is the domain's.

pub(crate) mod identity;
pub(crate) mod seal;
