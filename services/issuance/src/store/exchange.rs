//! Room `exchange`.

pub(crate) mod act_count;
pub(crate) mod claim;
pub(crate) mod clearance;
pub(crate) mod downstream;
pub(crate) mod entry_reading;
pub(crate) mod migration;
pub(crate) mod register_tree;
pub(crate) mod reported_head;
pub(crate) mod stopped;
pub(crate) mod stream_repair;
pub(crate) mod succession;
pub(crate) mod watermark;

/// Column name that binds what was cleared to its place.
pub(crate) const CLEARED_FACTS: &str = "exchange.clearance.facts";
