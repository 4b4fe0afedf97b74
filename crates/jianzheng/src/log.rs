//! `jianzheng log audit FOLDER`, `--url URL` or `--client DIR`: re-verifies everything that the transparency log publishes (design §5).
//!
//! Every checkpoint first, then every entry, every full tile and the partial ones at the edge: the tree is grown again and compared
//! with all that was ever said of it. Exit codes as those of `jianzheng audit verify`: 0 sound, 1 manipulated, 64 not readable.

mod auditing;
mod source;
#[cfg(test)]
mod tests;
mod web;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use tlog::{Note, Quorum};

use crate::verify::{USAGE, bundle};
pub use auditing::{Fault, Found, audit};
pub use source::Source;
pub use web::Web;

/// What can be done with the log.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// 全量核验透明日志 Re-verifies everything that the log publishes: 0 sound, 1 manipulated, 64 not readable.
    Audit(Arguments),
}

/// Which log, by whose word.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// 日志目录（C2SP 布局） A folder in the layout of C2SP tlog-tiles: checkpoint, tile/….
    #[arg(required_unless_present_any = ["client", "url"], conflicts_with_all = ["client", "url"])]
    pub folder: Option<PathBuf>,
    /// 在线核验：监督人读取的网址 The log as monitors read it over HTTP: `https://portal.example.cn/log`.
    #[arg(long, value_name = "URL", conflicts_with = "client")]
    pub url: Option<String>,
    /// https 网址的根证书（PEM） Roots for an https address (PEM); the log itself is believed by the trust bundle alone.
    #[arg(long, value_name = "FILE", requires = "url")]
    pub roots: Option<PathBuf>,
    /// 在线核验：演示留下的目录，或其中的 client.json The served log: the folder that `jianzheng demo` leaves, or its client.json.
    #[arg(long, value_name = "DIR|FILE")]
    pub client: Option<PathBuf>,
    /// 信任包目录 The trust bundle that names log, witnesses and quorum.
    #[arg(long, value_name = "DIR")]
    pub trust: PathBuf,
    /// 先前核验过的检查点文件；核验通过后更新 A checkpoint known from an earlier audit, which the log has to go on from; updated after success.
    #[arg(long, value_name = "FILE")]
    pub known: Option<PathBuf>,
}

/// Runs the command.
pub async fn run(command: &Command) -> ExitCode {
    let Command::Audit(arguments) = command;
    match examine(arguments).await {
        Ok(found) => {
            print!("{}", page(&found));
            if found.faults.is_empty() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            eprintln!("无法核验日志 The log cannot be audited: {error:#}");
            ExitCode::from(USAGE)
        }
    }
}

async fn examine(arguments: &Arguments) -> Result<Found> {
    let quorum = quorum(&arguments.trust)?;
    let source = source(arguments)?;
    let known = arguments.known.as_deref().map(read_known).transpose()?.flatten();
    let found = audit(&source, &quorum, known.as_ref()).await?;
    if let (Some(path), Some(newest), true) = (&arguments.known, &found.newest, found.faults.is_empty()) {
        let fresh = path.with_extension("tmp");
        std::fs::write(&fresh, newest.to_string())
            .and_then(|()| std::fs::rename(&fresh, path))
            .with_context(|| path.display().to_string())?;
    }
    Ok(found)
}

fn source(arguments: &Arguments) -> Result<Source> {
    match arguments {
        Arguments {
            folder: Some(folder), ..
        } => Ok(Source::Folder(folder.clone())),
        Arguments {
            client: Some(client), ..
        } => Source::served(client),
        Arguments {
            url: Some(url),
            roots,
            ..
        } => {
            let read = |path: &PathBuf| std::fs::read(path).with_context(|| path.display().to_string());
            let roots = roots.as_ref().map(read).transpose()?;
            let web = Web::new(url, roots.as_deref()).with_context(|| url.clone())?;
            Ok(Source::Web(web))
        }
        _ => anyhow::bail!("a folder, --url or --client"),
    }
}

/// The log, its witnesses and how many of them the trust bundle in a folder demands.
///
/// # Errors
/// The bundle cannot be read, or names no log.
pub fn quorum(trust: &Path) -> Result<Quorum> {
    let quorum = bundle::open(trust)?.log_quorum();
    quorum.context("信任包未列日志 the trust bundle names no log")
}

/// None where there is no file yet: the first audit makes it.
fn read_known(path: &Path) -> Result<Option<Note>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(
            Note::parse(&text).with_context(|| path.display().to_string())?,
        )),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

fn page(found: &Found) -> String {
    let mut page = format!(
        "日志 log            {}\n条目 entries        {}\n根 root             {}\n检查点 checkpoints  {}\n",
        found.origin, found.size, found.root, found.checkpoints
    );
    page.push_str(&match &found.witnessed {
        Some(witnessed) => format!(
            "见证 witnessed      {} 条以内，{} 个见证人 by {} witnesses\n",
            witnessed.checkpoint.size,
            witnessed.cosignatures.len(),
            witnessed.cosignatures.len()
        ),
        None => "见证 witnessed      无 none\n".to_owned(),
    });
    for fault in &found.faults {
        let (zh, en) = fault.text();
        page.push_str(&format!("异常 fault          {} {zh} ({en})\n", fault.code()));
    }
    page.push_str(if found.faults.is_empty() {
        "结论 verdict        日志完整 sound\n"
    } else {
        "结论 verdict        日志被改动 manipulated\n"
    });
    page
}
