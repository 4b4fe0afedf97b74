//! Synthetic people, employers and pictures for tests and the demonstration.

#[cfg(feature = "actors")]
pub mod actors;
pub mod people;
pub mod picture;
#[cfg(feature = "actors")]
#[cfg(feature = "actors")]
pub mod realm;
