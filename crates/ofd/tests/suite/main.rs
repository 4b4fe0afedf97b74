//! What the crate promises, in one binary: third-party files are read, what is written is read back, and nothing
//! changed goes unnoticed.

mod archive;
mod disguise;
mod fixture;
mod fonts;
mod golden;
mod round_trip;
mod samples;
mod tampering;
mod writer;
