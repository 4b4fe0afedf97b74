//! The command line.

use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::{admin, audit, demo, health, inspect, log, render, serve, up, verify, verify_list};

/// 一级建造师电子注册证书：签发与核验 (issue and verify the electronic registration certificate).
#[derive(Debug, Parser)]
#[command(name = "jianzheng", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 运行一个服务 Runs one service from its configuration.
    Serve(serve::Arguments),
    /// 探活 Asks the service that runs with a configuration for its health; for probes.
    Health(health::Arguments),
    /// 本机运行全部服务 Runs a nation and its provinces on this machine, with a private PostgreSQL.
    Up(up::Arguments),
    /// 演示：从开户到核验 Walks from an account to a verified certificate, on real parts.
    Demo(demo::Arguments),
    /// 核验证照文件 Verifies a certificate file, offline or with the register's answer.
    Verify(verify::Arguments),
    /// 显示文件结构、印章、签名、证书 Shows what stands in a document, a seal or a certificate, as a tree.
    Inspect(inspect::Arguments),
    /// 把页面绘成 PNG 或 PDF Draws pages, for people without an OFD reader.
    Render(render::Arguments),
    /// Draws one document of a stranger, in limits: started by services only (crates/document-preview).
    #[command(hide = true)]
    RenderWorker,
    /// 离线核验二维码 Verifies what a certificate's QR code says, offline, by the trust bundle alone.
    VerifyQr(verify::qr::Arguments),
    /// 核对公告名单或单行证明 Checks a signed list of an announcement, or the proof of one row, by the public key alone.
    VerifyList(verify_list::Arguments),
    /// 审计 Checks an exported audit.
    Audit {
        #[command(subcommand)]
        command: audit::Command,
    },
    /// 透明日志 Audits the transparency log.
    Log {
        #[command(subcommand)]
        command: log::Command,
    },
    /// 运维命令 The operator's commands.
    Admin {
        #[command(subcommand)]
        command: AdminCommand,
    },
}

#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// 生成开发环境的密钥和证书 Makes every key and certificate of a development deployment.
    Bootstrap {
        /// 部署目录 The deployment's folder.
        folder: PathBuf,
        /// 监听地址 The address on which services will listen.
        #[arg(long, default_value = "127.0.0.1")]
        address: IpAddr,
        /// 省代码 Province codes.
        #[arg(long, value_delimiter = ',', default_value = "32,33")]
        provinces: Vec<String>,
    },
    /// 为容器部署准备目录 Makes a development deployment for deploy/compose.yaml.
    Containers(admin::containers::Arguments),
    /// 绘制圆形部门印章 Draws the picture of a round departmental seal, as RequestSeal takes it.
    SealPicture(admin::seal_picture::Arguments),
    /// 归档续期：为已存 PDF 追加时间戳 Adds a time stamp to stored PDF files whose proof of time ends.
    RenewArchive(admin::renew_archive::Arguments),
    /// 透明日志见证人：接入日志，或在丢失记忆后重新锚定 Takes up the transparency log for a province's witness, or anchors one that lost its memory.
    Witness {
        #[command(subcommand)]
        command: admin::witness::Command,
    },
    /// 核对：印章日志、登记册、透明日志与存储文件是否一致 Compares the seal's journal, register, log and stored files.
    Fsck(admin::fsck::Arguments),
    /// 登记册由备份恢复：启动前声明，恢复一致之前不办理业务 Says that the register was restored from a backup, before it serves again.
    RestoreNation(admin::restore_nation::Arguments),
    /// 列出全部错误代码 Prints every reason code, as docs/errors.md.
    Reasons,
    /// 列出谁可以调用哪个方法 Prints who may call which method, as docs/callers.md.
    Callers,
    /// 列出证书查询的全部答复 Prints every answer of ExplainAvailability, as docs/availability.md.
    Availability,
}

/// A thread that looks up a name cannot be stopped, and a resolver that does not answer takes longer than whoever sent
/// SIGTERM waits; everything that matters was drained before.
const LINGER: Duration = Duration::from_secs(1);

/// Parses the command line and runs the command.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // 2 would say "authentic, standing unknown" of a file that was never read.
            let code = if error.use_stderr() {
                ExitCode::from(verify::USAGE)
            } else {
                ExitCode::SUCCESS
            };
            return error.print().map_or(code, |()| code);
        }
    };
    if matches!(arguments.command, Command::RenderWorker) {
        // Before there are threads: each would take from the memory that the worker leaves itself.
        return document_preview::worker::run();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    let ended = runtime.block_on(dispatch(arguments.command));
    runtime.shutdown_timeout(LINGER);
    match ended {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

async fn dispatch(command: Command) -> Result<ExitCode> {
    service_runtime::tls::install_provider();
    match command {
        Command::Serve(arguments) => Box::pin(serve::run(&arguments)).await,
        Command::Health(arguments) => health::run(&arguments).await,
        Command::Up(arguments) => up::run(arguments).await,
        Command::Demo(arguments) => Box::pin(demo::run(arguments)).await,
        Command::Verify(arguments) => Ok(verify::run(&arguments).await),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Render(arguments) => render::run(&arguments),
        Command::RenderWorker => Ok(document_preview::worker::run()),
        Command::VerifyQr(arguments) => Ok(verify::qr::run(&arguments)),
        Command::VerifyList(arguments) => Ok(verify_list::run(&arguments)),
        Command::Audit { command } => audit::run(&command),
        Command::Log { command } => Ok(log::run(&command).await),
        Command::Admin {
            command:
                AdminCommand::Bootstrap {
                    folder,
                    address,
                    provinces,
                },
        } => {
            admin::bootstrap::command(&folder, address, provinces)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Admin {
            command: AdminCommand::Containers(arguments),
        } => {
            admin::containers::command(&arguments)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Admin {
            command: AdminCommand::SealPicture(arguments),
        } => {
            admin::seal_picture::command(&arguments)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Admin {
            command: AdminCommand::RenewArchive(arguments),
        } => admin::renew_archive::command(&arguments).await,
        Command::Admin {
            command: AdminCommand::Witness { command },
        } => admin::witness::run(&command).await,
        Command::Admin {
            command: AdminCommand::Fsck(arguments),
        } => admin::fsck::command(&arguments).await,
        Command::Admin {
            command: AdminCommand::RestoreNation(arguments),
        } => admin::restore_nation::command(&arguments).await,
        Command::Admin {
            command: AdminCommand::Reasons,
        } => {
            print!("{}", admin::reasons::page());
            Ok(ExitCode::SUCCESS)
        }
        Command::Admin {
            command: AdminCommand::Callers,
        } => {
            print!("{}", admin::callers::page());
            Ok(ExitCode::SUCCESS)
        }
        Command::Admin {
            command: AdminCommand::Availability,
        } => {
            print!("{}", admin::availability::page());
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("jianzheng: {}", chain(error));
    ExitCode::FAILURE
}

/// An error with its causes, without those that it quotes already.
fn chain(error: &anyhow::Error) -> String {
    let mut said = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !said.contains(&cause) {
            said = format!("{said}: {cause}");
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_that_is_quoted_is_told_once() {
        let error = anyhow::anyhow!("no connection came free").context("database: no connection came free");
        assert_eq!(chain(&error), "database: no connection came free");
        let error = anyhow::anyhow!("no such file")
            .context("deploy/node")
            .context("public");
        assert_eq!(chain(&error), "public: deploy/node: no such file");
    }
}
