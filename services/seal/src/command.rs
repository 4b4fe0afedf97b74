//! State changes, one a file.

pub(crate) mod sign_documents;
