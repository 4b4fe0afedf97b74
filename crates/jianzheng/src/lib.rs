//! The executable of Jianzheng as a library: services started from configuration, whole deployments on one machine,
//! the demonstration, and the operator's commands.

pub mod admin;
pub mod audit;
pub mod cli;
pub mod clients;
pub mod demo;
pub mod deployment;
pub mod fleet;
pub mod health;
mod inspect;
pub mod log;
mod render;
pub mod serve;
pub mod up;
pub mod verify;
mod verify_list;
