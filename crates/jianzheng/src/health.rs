//! `jianzheng health SERVICE --config FILE`: whether the service that runs with this configuration is fit to be called.
//!
//! For probes that run beside the service (a container's health check): it asks over loopback with the service's own
//! certificate, at the gate that this certificate opens, so that a probe needs no key of its own. The portal is asked
//! by HTTP.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use service_runtime::config::{Common, Peer};
use service_runtime::tls::{Gate, Outbound};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::serve::Service;

/// Whom to ask.
#[derive(Debug, Args)]
pub struct Arguments {
    /// 服务名 The service.
    service: Service,
    /// 配置文件 Its configuration.
    #[arg(long)]
    config: PathBuf,
}

/// A probe that waits longer than this has its answer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// More than the head of the portal's answer that matters: `HTTP/1.1 200`.
const HEAD: usize = 12;

/// Says nothing and succeeds when the service is SERVING; else says why not.
pub async fn run(arguments: &Arguments) -> Result<ExitCode> {
    let common = arguments.service.common(&arguments.config)?;
    let asked = async {
        match arguments.service {
            Service::Portal => page(address(&common, Gate::Public)?).await,
            service => call(&common, service.health_name()).await,
        }
    };
    tokio::time::timeout(TIMEOUT, asked)
        .await
        .context("no answer in time")??;
    Ok(ExitCode::SUCCESS)
}

async fn call(common: &Common, service: &str) -> Result<()> {
    let leaf = &common.tls.leaf;
    let identity = leaf.identity().context("tls.certificate carries no identity")?;
    let gate = identity.gate();
    let trust = common.tls.trust(gate).context("no authority for this gate")?;
    let peer = Peer {
        name: identity.name().to_owned(),
        address: address(common, gate)?.to_string(),
        identity,
        timeout: TIMEOUT,
        trust: Arc::clone(trust),
    };
    let channel = Outbound::new(Arc::clone(leaf)).channel(&peer);
    let request = HealthCheckRequest {
        service: service.to_owned(),
    };
    let answer = HealthClient::new(channel).check(request).await?.into_inner();
    match answer.status() {
        ServingStatus::Serving => Ok(()),
        other => bail!("{}", other.as_str_name()),
    }
}

async fn page(address: SocketAddr) -> Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await?;
    let mut head = [0; HEAD];
    stream.read_exact(&mut head).await?;
    if !head.ends_with(b" 200") {
        bail!("{}", String::from_utf8_lossy(&head));
    }
    Ok(())
}

/// Where this process's own host reaches a gate.
fn address(common: &Common, gate: Gate) -> Result<SocketAddr> {
    let found = common.listen.at.iter().find(|at| at.gate == gate);
    let mut address = found
        .with_context(|| {
            format!(
                "listen.{} is not opened; a probe needs it, on loopback at least",
                gate.name()
            )
        })?
        .address;
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    Ok(address)
}
