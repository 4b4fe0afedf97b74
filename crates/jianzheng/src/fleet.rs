//! All processes of a deployment on this machine, with a private PostgreSQL: for `up`, the demonstration and tests.
//!
//! Every service is a process of its own (`jianzheng serve …`) with its own listeners and mTLS; there is no in-process
//! shortcut. They end with the process that started them, however it ends.

mod process;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use postgres::cluster::{Cluster, Durability, Roles};

use crate::admin::configure;
use crate::deployment::{Deployment, Role};
pub use process::{Process, SignalName};

/// How long a process may take to serve.
const START: Duration = Duration::from_secs(60);

/// The running processes of a deployment.
pub struct Fleet {
    deployment: Deployment,
    program: PathBuf,
    cluster: Cluster,
    processes: BTreeMap<Role, Process>,
}

impl Fleet {
    /// As [`Self::start`], with empty databases.
    pub async fn start_anew(deployment: Deployment, program: &Path, durability: Durability) -> Result<Self> {
        let cluster = Self::cluster_of(&deployment, durability).await?;
        for name in deployment.roles().iter().filter_map(Role::database) {
            cluster.drop_database(&name).await?;
        }
        Self::start_on(cluster, deployment, program).await
    }

    /// Starts PostgreSQL, makes or finds the databases, writes the configurations and starts every process; returns when
    /// all report SERVING. `program` is the executable of this crate.
    pub async fn start(deployment: Deployment, program: &Path, durability: Durability) -> Result<Self> {
        let cluster = Self::cluster_of(&deployment, durability).await?;
        Self::start_on(cluster, deployment, program).await
    }

    async fn cluster_of(deployment: &Deployment, durability: Durability) -> Result<Cluster> {
        let folder = deployment.folder.clone();
        Ok(tokio::task::spawn_blocking(move || Cluster::start(&folder, durability)).await??)
    }

    async fn start_on(cluster: Cluster, deployment: Deployment, program: &Path) -> Result<Self> {
        let mut databases: BTreeMap<Role, Roles> = BTreeMap::new();
        for role in deployment.roles() {
            if let Some(name) = role.database() {
                databases.insert(role, cluster.database(&name).await?);
            }
        }
        configure::write(&deployment, &databases).context("configurations")?;
        let mut fleet = Self {
            program: program.to_owned(),
            deployment,
            cluster,
            processes: BTreeMap::new(),
        };
        for role in fleet.deployment.roles() {
            fleet.spawn(&role)?;
        }
        for role in fleet.deployment.roles() {
            fleet.ready(&role).await?;
        }
        Ok(fleet)
    }

    /// The deployment that runs.
    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// The private PostgreSQL.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The private PostgreSQL, to crash and recover it.
    pub fn cluster_mut(&mut self) -> &mut Cluster {
        &mut self.cluster
    }

    /// The executable that runs.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Sends a signal to one process and waits until it has ended: `KILL` for a crash, `TERM` for draining.
    pub async fn end(&mut self, role: &Role, signal: SignalName) -> Result<()> {
        match self.processes.remove(role) {
            Some(process) => process.end(signal).await,
            None => Ok(()),
        }
    }

    /// Starts a process that was ended, and waits until it serves.
    pub async fn restart(&mut self, role: &Role) -> Result<()> {
        self.spawn(role)?;
        self.ready(role).await
    }

    /// Starts a process without waiting.
    pub fn spawn(&mut self, role: &Role) -> Result<()> {
        let process = Process::spawn(&self.program, &self.deployment, role)?;
        self.processes.insert(role.clone(), process);
        Ok(())
    }

    /// Waits until a process reports SERVING.
    pub async fn ready(&mut self, role: &Role) -> Result<()> {
        let process = self
            .processes
            .get_mut(role)
            .with_context(|| format!("{role} was not started"))?;
        let serving = tokio::time::timeout(START, process.serving(&self.deployment)).await;
        serving.with_context(|| format!("{role} did not serve in time; see its log"))?
    }

    /// Whether a process still runs.
    pub fn is_running(&mut self, role: &Role) -> bool {
        self.processes.get_mut(role).is_some_and(Process::is_running)
    }

    /// Drains every process and stops PostgreSQL.
    pub async fn stop(mut self) -> Result<()> {
        let mut ending: Vec<(Role, Process)> = std::mem::take(&mut self.processes).into_iter().collect();
        ending.reverse();
        for (role, process) in &mut ending {
            process
                .signal(SignalName::Term)
                .with_context(|| format!("{role}"))?;
        }
        for (_, process) in ending {
            process.wait().await?;
        }
        tokio::task::spawn_blocking(move || drop(self.cluster)).await?;
        Ok(())
    }
}
