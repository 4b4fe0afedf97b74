//! Changes of state, one a file; the file's name is the RPC's, the span's and the audit's.

pub(crate) mod apply_act;
pub(crate) mod apply_envelope;
pub(crate) mod approve_copy_request;
pub(crate) mod certify;
pub(crate) mod claim_application;
pub(crate) mod clear_migration;
pub(crate) mod clear_succession;
pub(crate) mod create_use_copy;
pub(crate) mod decline_copy_request;
mod deem_renewed;
pub(crate) mod grant_standing_consent;
mod holder_after;
pub(crate) mod issue_documents;
pub(crate) mod make_copy;
pub(crate) mod notify;
pub(crate) mod package_employer_certificates;
pub(crate) mod propose_national_act;
pub(crate) mod read_register_entry;
mod reinstate;
pub(crate) mod release_claim;
pub(crate) mod request_clearance;
pub(crate) mod resume_province;
pub(crate) mod revoke_standing_consent;
pub(crate) mod revoke_use_copy;
pub(crate) mod settle_national_act;
pub(crate) mod stop_issuance;
pub(crate) mod write;
