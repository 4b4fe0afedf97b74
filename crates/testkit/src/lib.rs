//! Synthetic people, employers and pictures for tests and the demonstration.

pub mod actors;
pub mod people;
