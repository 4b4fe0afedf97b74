//! Reads.

pub(crate) mod bulks;
pub(crate) mod download_document;
pub(crate) mod fetch_checkpoint;
pub(crate) mod get_certificate;
pub(crate) mod get_register_entry;
pub(crate) mod get_restoration;
pub(crate) mod issuances;
pub(crate) mod list_copy_requests;
pub(crate) mod list_my_certificates;
pub(crate) mod list_standing_consents;
pub(crate) mod list_use_copies;
pub(crate) mod log_proof;
pub(crate) mod national_acts;
pub(crate) mod prove_document;
pub(crate) mod province_streams;
pub(crate) mod pull_changes;
pub(crate) mod read_history;
pub(crate) mod read_log;
pub(crate) mod read_standing;
pub(crate) mod read_status;
pub(crate) mod registered;
pub(crate) mod store_check;
pub(crate) mod suspension;
pub(crate) mod watch_changes;
