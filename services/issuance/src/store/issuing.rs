//! Room `issuing`: versions, their document sets, intents and documents, and use copies.

pub(crate) mod apply;
pub(crate) mod archive;
pub(crate) mod bulk;
pub(crate) mod column;
pub(crate) mod consent;
pub(crate) mod copy_request;
pub(crate) mod document;
pub(crate) mod document_set;
pub(crate) mod intent;
pub(crate) mod job;
pub(crate) mod making;
pub(crate) mod notification;
pub(crate) mod package;
pub(crate) mod seal;
pub(crate) mod status;
pub(crate) mod store_check;
pub(crate) mod use_copy;
pub(crate) mod version;

/// After everything: where lists that go back in time start (year 9987).
pub(crate) const LATEST: jiff::Timestamp = jiff::Timestamp::constant(253_000_000_000, 0);
pub(crate) mod validation_data;
