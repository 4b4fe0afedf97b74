//! `jianzheng admin renew-archive`: stored PDF files get another time stamp before the proof of their time ends.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Args;
use domain::calendar::start_of;
use issuance::{App, Config};
use jiff::civil::Date;

/// What is renewed.
#[derive(Debug, Args)]
pub struct Arguments {
    /// issuance 服务的配置文件 The configuration of issuance.
    #[arg(long)]
    config: PathBuf,
    /// 时间戳证明早于此日到期的文件 Files whose time is proved until before this day.
    #[arg(long)]
    before: Date,
    /// 操作人，记入审计 Who answers for it, for the audit.
    #[arg(long)]
    operator: String,
}

/// Renews, and says how many; fails where a file could not be renewed.
///
/// # Errors
/// Configuration, database, or no authority to ask.
pub async fn command(arguments: &Arguments) -> Result<ExitCode> {
    let config = Config::load(&arguments.config).map_err(|faults| anyhow::anyhow!("{faults}"))?;
    let app = App::build(config).await.context("issuance")?;
    let actor = format!("operators/{}", arguments.operator);
    let done = app.renew_archive(&actor, start_of(arguments.before)).await?;
    println!(
        "已续期 renewed {}, 无需续期 left {}, 失败 failed {}",
        done.renewed, done.left, done.failed
    );
    Ok(if done.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
