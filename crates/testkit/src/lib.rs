//! Synthetic people, employers and pictures for tests and the demonstration.

#[cfg(feature = "actors")]
pub mod access;
#[cfg(feature = "actors")]
pub mod actors;
#[cfg(feature = "actors")]
pub mod batch;
#[cfg(feature = "actors")]
pub mod double;
#[cfg(feature = "actors")]
pub mod materials;
#[cfg(feature = "actors")]
pub mod methods;
pub mod people;
pub mod picture;
#[cfg(feature = "actors")]
pub mod program;
#[cfg(feature = "actors")]
pub mod realm;
#[cfg(feature = "actors")]
pub mod stage;
#[cfg(feature = "actors")]
pub mod story;
#[cfg(feature = "actors")]
pub mod time_stamping;
#[cfg(feature = "actors")]
pub mod tokens;
