//! Reads.

pub(crate) mod export_journal;
pub(crate) mod read_journal;
pub(crate) mod seals;
