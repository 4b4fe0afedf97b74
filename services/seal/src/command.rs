//! State changes, one a file.

pub(crate) mod destroy_seal;
pub(crate) mod file_seal;
pub(crate) mod make_seal;
pub(crate) mod renew_seal;
pub(crate) mod request_seal;
pub(crate) mod resume_seal;
pub(crate) mod rotate_key;
pub(crate) mod sign_documents;
pub(crate) mod suspend_seal;
pub(crate) mod withdraw_proposal;
