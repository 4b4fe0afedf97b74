//! Outgoing calls.

pub(crate) mod announcements;
pub(crate) mod verification;
