//! One process of a deployment.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use service_runtime::tls::Gate;
use tokio::process::{Child, Command};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::clients;
use crate::deployment::{Deployment, Role};

/// Pause between two questions after a process's health.
const PAUSE: Duration = Duration::from_millis(25);

/// The signals that a fleet sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignalName {
    /// Drain.
    Term,
    /// Crash.
    Kill,
}

impl SignalName {
    fn as_str(self) -> &'static str {
        match self {
            Self::Term => "TERM",
            Self::Kill => "KILL",
        }
    }
}

/// A running `jianzheng serve`.
pub struct Process {
    role: Role,
    child: Child,
}

impl Process {
    /// Starts it. It gets SIGTERM when this process dies, however it dies.
    pub fn spawn(program: &Path, deployment: &Deployment, role: &Role) -> Result<Self> {
        let log = deployment.log(role);
        if let Some(folder) = log.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let log = std::fs::OpenOptions::new().create(true).append(true).open(&log)?;
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "TERM", "--"])
            .arg(program)
            .args(["serve", role.service(), "--config"])
            .arg(deployment.config(role))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {role}"))?;
        Ok(Self {
            role: role.clone(),
            child,
        })
    }

    /// Waits until it reports SERVING; fails as soon as it has ended.
    pub async fn serving(&mut self, deployment: &Deployment) -> Result<()> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                bail!(
                    "{} ended with {status}; see {}",
                    self.role,
                    deployment.log(&self.role).display()
                );
            }
            if is_serving(deployment, &self.role).await {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends a signal.
    pub fn signal(&mut self, signal: SignalName) -> Result<()> {
        let Some(pid) = self.child.id() else { return Ok(()) };
        let arguments = ["-s", signal.as_str(), "--", &pid.to_string()];
        std::process::Command::new("kill").args(arguments).status()?;
        Ok(())
    }

    /// Waits until it has ended.
    pub async fn wait(mut self) -> Result<()> {
        self.child.wait().await?;
        Ok(())
    }

    /// Sends a signal and waits until it has ended.
    pub async fn end(mut self, signal: SignalName) -> Result<()> {
        self.signal(signal)?;
        self.wait().await
    }
}

/// Asks the health service over the gate that a client of this role has.
async fn is_serving(deployment: &Deployment, role: &Role) -> bool {
    if *role == Role::Portal {
        let address = deployment.listen(role, Gate::Public);
        return tokio::net::TcpStream::connect(address).await.is_ok();
    }
    let (caller, gate) = match role {
        Role::Seal => (clients::Caller::Service("issuance"), Gate::Services),
        _ => (clients::Caller::Client("operator"), Gate::Clients),
    };
    let Ok(channel) = clients::channel(deployment, &caller, role, gate) else {
        return false;
    };
    let request = HealthCheckRequest {
        service: role.kind().health_name().to_owned(),
    };
    let answer = HealthClient::new(channel).check(request).await;
    answer.is_ok_and(|answer| answer.into_inner().status == i32::from(ServingStatus::Serving))
}
