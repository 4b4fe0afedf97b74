//! `jianzheng admin fsck`: the keeper's journal, the register, the log and the stored files are compared now.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Args;
use issuance::{App, Config};

/// Where, and who asks.
#[derive(Debug, Args)]
pub struct Arguments {
    /// issuance 服务的配置文件 The configuration of issuance.
    #[arg(long)]
    config: PathBuf,
    /// 操作人，记入审计 Who answers for it, for the audit.
    #[arg(long)]
    operator: String,
    /// 只读取轮到的文件，如每日核对 Reads only the files whose turn it is, as the daily run does; otherwise every file.
    #[arg(long)]
    in_turn: bool,
}

/// Compares, names every difference with what is to be done, and fails where there is one.
///
/// # Errors
/// Configuration, database, or the keeper of the seals cannot be asked.
pub async fn command(arguments: &Arguments) -> Result<ExitCode> {
    let config = Config::load(&arguments.config).map_err(|faults| anyhow::anyhow!("{faults}"))?;
    let app = App::build(config).await.context("issuance")?;
    let actor = format!("operators/{}", arguments.operator);
    let checked = app.check_stores(&actor, arguments.in_turn).await?;
    for (difference, subject) in &checked.named {
        let (text, advice) = (difference.text(), difference.advice());
        println!("{} {subject}", difference.code());
        println!("  {} {}", text.zh, text.en);
        println!("  处置 To do: {} {}", advice.zh, advice.en);
    }
    println!(
        "版本 versions {}, 文件 files {}, 已读 read {}, 印章日志 journal {}, 日志叶子 leaves {}, 差异 differences {}",
        checked.versions, checked.files, checked.documents, checked.acts, checked.leaves, checked.differences
    );
    Ok(if checked.differences == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
