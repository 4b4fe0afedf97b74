//! `jianzheng up`: a nation and its provinces on this machine until interrupted.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use jiff::Timestamp;
use postgres::cluster::Durability;
use service_runtime::clock::{Clock as _, SystemClock};
use tokio::signal::unix::{SignalKind, signal};

use crate::admin::bootstrap;
use crate::deployment::{Deployment, absolute};
use crate::fleet::Fleet;

/// Where and what.
#[derive(Debug, Args)]
pub struct Arguments {
    /// 部署目录 The deployment's folder; made if it is not there.
    #[arg(long, default_value = "jianzheng-dev")]
    dir: PathBuf,
    /// 监听地址 The address on which services listen.
    #[arg(long, default_value = "127.0.0.1")]
    address: IpAddr,
    /// 省代码 Province codes.
    #[arg(long, value_delimiter = ',', default_value = "32,33")]
    provinces: Vec<String>,
}

/// Runs until SIGINT or SIGTERM.
pub async fn run(arguments: Arguments) -> Result<ExitCode> {
    let now: Timestamp = SystemClock::new().now();
    let deployment = Deployment {
        folder: absolute(&arguments.dir)?,
        address: arguments.address,
        provinces: arguments.provinces,
        routes: BTreeMap::new(),
    };
    bootstrap::run(&deployment, now, now)?;
    let fleet = Fleet::start(deployment, &std::env::current_exe()?, Durability::Durable).await?;
    println!("全部服务已就绪 (all services are up); Ctrl-C 结束");
    interrupted().await?;
    fleet.stop().await?;
    Ok(ExitCode::SUCCESS)
}

/// Returns at SIGINT or SIGTERM.
pub(crate) async fn interrupted() -> Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
