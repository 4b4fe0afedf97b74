//! Reads, on the read-only pool.

pub(crate) mod announcement;
pub(crate) mod announcement_correction;
pub(crate) mod application;
pub(crate) mod availability;
pub(crate) mod case_file;
pub(crate) mod eligibility;
pub(crate) mod fact;
pub(crate) mod import;
pub(crate) mod lapse;
pub(crate) mod material;
pub(crate) mod notice;
pub(crate) mod objection;
pub(crate) mod publicity;
pub(crate) mod qualification;
pub(crate) mod reconciliation;
pub(crate) mod registration;
pub(crate) mod succession;
pub(crate) mod termination_notice;
pub(crate) mod witness_evidence;
pub(crate) mod work;
