//! Reads.

pub(crate) mod export_journal;
pub(crate) mod seals;
