//! `jianzheng admin restore-nation`: an operator says that issuance's database was restored from a backup, before it serves again.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Args;
use issuance::{App, Config};

/// Where, and who says so.
#[derive(Debug, Args)]
pub struct Arguments {
    /// issuance 服务的配置文件 The configuration of issuance.
    #[arg(long)]
    config: PathBuf,
    /// 操作人，记入审计 Who answers for it, for the audit.
    #[arg(long)]
    operator: String,
}

/// Closes the nation until what was rebuilt agrees with what others hold.
///
/// # Errors
/// Configuration or database.
pub async fn command(arguments: &Arguments) -> Result<ExitCode> {
    let config = Config::load(&arguments.config).map_err(|faults| anyhow::anyhow!("{faults}"))?;
    let app = App::build(config).await.context("issuance")?;
    app.restore_nation(&format!("operators/{}", arguments.operator))
        .await?;
    println!("全国系统已关闭，启动 issuance 后自动恢复；进度见 RestorationService.GetRestoration");
    println!(
        "The nation is closed. Start issuance: it restores itself, and GetRestoration shows how far it is."
    );
    Ok(ExitCode::SUCCESS)
}
