//! Channels into a deployment with one of its certificates.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use service_runtime::config::Peer;
use service_runtime::tls::{Gate, Leaf, Outbound, PeerChannel, PeerIdentity, Trust};

use crate::deployment::{Deployment, Role};

/// Whose certificate a channel presents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller<'a> {
    /// A backend or operator, by name.
    Client(&'a str),
    /// A service of the nation, by name: for tests and health only.
    Service(&'a str),
    /// The registration service of a province, by its code: for tests only.
    Province(&'a str),
}

/// A channel to a gate of a process.
pub fn channel(deployment: &Deployment, caller: &Caller<'_>, role: &Role, gate: Gate) -> Result<PeerChannel> {
    let (folder, name) = match caller {
        Caller::Client(name) => (deployment.clients(), (*name).to_owned()),
        Caller::Service(name) => (deployment.folder.join("nation").join(name), "tls".to_owned()),
        Caller::Province(code) => {
            let role = Role::Registration((*code).to_owned());
            (deployment.home(&role), "tls".to_owned())
        }
    };
    let leaf = Leaf::open(
        &folder.join(format!("{name}.pem")),
        &folder.join(format!("{name}-key.pem")),
    )
    .with_context(|| format!("certificate of {name}"))?;
    let identity: PeerIdentity = format!("spiffe://jianzheng/{}", role.identity()).parse()?;
    let trusted = identity.gate();
    let trust = Trust::open(trusted, &deployment.authority(trusted).join("ca.pem"))?;
    let peer = Peer {
        name: role.service().to_owned(),
        address: deployment.listen(role, gate).to_string(),
        identity,
        timeout: Duration::from_secs(30),
        trust: Arc::new(trust),
    };
    Ok(Outbound::new(Arc::new(leaf)).channel(&peer))
}
