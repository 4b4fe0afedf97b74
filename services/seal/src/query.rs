//! Reads.

pub(crate) mod seals;
