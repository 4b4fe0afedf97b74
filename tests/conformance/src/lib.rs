//! Judges written by others.
