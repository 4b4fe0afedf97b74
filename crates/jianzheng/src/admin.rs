//! What operators do: make the keys and certificates of a deployment, and its configurations.

pub mod availability;
pub mod bootstrap;
pub mod configure;
pub mod containers;
pub mod reasons;
pub mod renew_archive;
pub mod seal_picture;
mod trust;
