//! Outgoing calls.

pub(crate) mod announcements;
pub(crate) mod desk;
pub(crate) mod verification;
