//! What operators do: make the keys and certificates of a deployment, and its configurations.

pub mod availability;
pub mod bootstrap;
pub mod callers;
pub mod configure;
pub mod containers;
pub mod fsck;
pub mod reasons;
pub mod renew_archive;
pub mod restore_nation;
pub mod seal_picture;
mod trust;
pub mod witness;
