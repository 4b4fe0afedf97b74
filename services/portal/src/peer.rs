//! Outgoing calls.

pub(crate) mod announcements;
pub(crate) mod desk;
pub(crate) mod log;
pub(crate) mod status_lists;
pub(crate) mod verification;
