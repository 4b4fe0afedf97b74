//! Changes of state, one a file; the file's name is the RPC's, the span's and the audit's.

pub(crate) mod apply_act;
pub(crate) mod apply_envelope;
pub(crate) mod certify;
pub(crate) mod claim_application;
pub(crate) mod clear_migration;
pub(crate) mod clear_succession;
pub(crate) mod create_use_copy;
mod deem_renewed;
mod holder_after;
pub(crate) mod issue_documents;
pub(crate) mod notify;
pub(crate) mod propose_national_act;
pub(crate) mod read_register_entry;
mod reinstate;
pub(crate) mod release_claim;
pub(crate) mod request_clearance;
pub(crate) mod resume_province;
pub(crate) mod revoke_use_copy;
pub(crate) mod settle_national_act;
pub(crate) mod stop_issuance;
pub(crate) mod write;
