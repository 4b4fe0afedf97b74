//! The services that this one calls, answering in the domain's words.

pub(crate) mod issuance;
