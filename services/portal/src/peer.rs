//! Outgoing calls.

pub(crate) mod verification;
