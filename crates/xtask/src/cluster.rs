//! The private PostgreSQL of the workspace's tasks.

use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use postgres::cluster::{Cluster, ClusterError, Durability};

use crate::shell;

/// Starts the server that belongs to the target directory. Waits while another task uses it.
pub(crate) fn start() -> Result<Cluster> {
    let directory = shell::target().join("sqlx");
    let mut told = false;
    loop {
        match Cluster::start(&directory, Durability::Fast) {
            Err(ClusterError::InUse(_)) => {
                if !told {
                    println!("waiting for another task that uses the private PostgreSQL");
                    told = true;
                }
                thread::sleep(Duration::from_millis(200));
            }
            started => return started.context("private PostgreSQL"),
        }
    }
}
