//! Promises of the whole system in the trade's words.
