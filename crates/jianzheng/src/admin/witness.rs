//! `jianzheng admin witness`: the two acts of an operator by which a province's witness begins, or begins again.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use registration::{App, Config};
use tlog::Note;

use crate::verify::bundle;

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// 接入透明日志（仅一次） Takes up the log, once and for good.
    Enrol(Common),
    /// 丢失记忆后，以他省已见证的检查点重新锚定 Anchors a witness that lost its memory at a checkpoint that others have cosigned.
    Anchor {
        /// Of the province.
        #[command(flatten)]
        common: Common,
        /// 检查点文件 The checkpoint with its cosignatures.
        #[arg(long)]
        checkpoint: PathBuf,
        /// 信任包目录 The trust bundle that names the other witnesses.
        #[arg(long)]
        trust: PathBuf,
    },
}

/// Whose witness, and who answers for the act.
#[derive(Debug, Args)]
pub struct Common {
    /// registration 服务的配置文件 The configuration of the province's registration service.
    #[arg(long)]
    config: PathBuf,
    /// 操作人，记入审计 Who answers for it, for the audit.
    #[arg(long)]
    operator: String,
}

impl Common {
    async fn open(&self) -> Result<(App, String)> {
        let config = Config::load(&self.config).map_err(|faults| anyhow::anyhow!("{faults}"))?;
        let app = App::build(config).await.context("registration")?;
        Ok((app, format!("operators/{}", self.operator)))
    }
}

/// Runs the command.
///
/// # Errors
/// Configuration or database, or what the witness may not do.
pub async fn run(command: &Command) -> Result<ExitCode> {
    match command {
        Command::Enrol(common) => {
            let (app, actor) = common.open().await?;
            app.enrol_witness(&actor).await?;
            println!("已接入 enrolled");
        }
        Command::Anchor {
            common,
            checkpoint,
            trust,
        } => {
            let (app, actor) = common.open().await?;
            let own = app
                .witness_key()
                .context("没有 [witness] no witness is configured")?;
            let quorum = bundle::open(trust)?.log_quorum();
            let others = quorum.and_then(|quorum| quorum.without(own));
            let others = others.context("信任包未列其他见证人 the trust bundle names no other witness")?;
            let text =
                std::fs::read_to_string(checkpoint).with_context(|| checkpoint.display().to_string())?;
            let note = Note::parse(&text).with_context(|| checkpoint.display().to_string())?;
            let size = app.anchor_witness(&actor, &note, &others).await?;
            println!("已锚定 anchored at {size}");
        }
    }
    Ok(ExitCode::SUCCESS)
}
