//! `jianzheng serve SERVICE --config FILE`: configuration → build → serve → drain.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use service_runtime::Lifecycle;
use service_runtime::config::{Common, Faults};
use service_runtime::telemetry::Telemetry;

/// What to serve, and how.
#[derive(Debug, Args)]
pub struct Arguments {
    /// 服务名 The service.
    service: Service,
    /// 配置文件 Its configuration.
    #[arg(long)]
    config: PathBuf,
    /// 只检查配置 Only checks the configuration: prints every fault and exits.
    #[arg(long)]
    check_config: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Service {
    Identity,
    Registration,
    Issuance,
    Seal,
    Verification,
    Portal,
}

impl Service {
    /// The gRPC service whose health tells that the process is fit; the portal speaks HTTP and has none.
    pub(crate) fn health_name(self) -> &'static str {
        match self {
            Self::Identity => "jianzheng.identity.v1.AccountService",
            Self::Registration => "jianzheng.registration.v1.ApplicationService",
            Self::Issuance => "jianzheng.issuance.v1.CertificateService",
            Self::Seal => "jianzheng.seal.v1.SealService",
            Self::Verification => "jianzheng.verification.v1.VerificationService",
            Self::Portal => "",
        }
    }

    /// The common part of its configuration, when all of it is without fault.
    pub(crate) fn common(self, config: &Path) -> Result<Common, Faults> {
        Ok(match self {
            Self::Identity => identity::Config::load(config)?.common,
            Self::Registration => registration::Config::load(config)?.common,
            Self::Issuance => issuance::Config::load(config)?.common,
            Self::Seal => seal::Config::load(config)?.common,
            Self::Verification => verification::Config::load(config)?.common,
            Self::Portal => portal::Config::load(config)?.common,
        })
    }
}

/// Serves until a signal.
pub async fn run(arguments: &Arguments) -> Result<ExitCode> {
    match arguments.service {
        Service::Identity => {
            let Some(config) = checked(arguments, identity::Config::load(&arguments.config)) else {
                return faulty();
            };
            let life = begin(&config.common, "identity")?;
            if !arguments.check_config {
                identity::App::build(config).await?.serve(&life.life).await?;
            }
            life.end(arguments).await
        }
        Service::Registration => {
            let loaded = registration::Config::load(&arguments.config);
            let Some(config) = checked(arguments, loaded) else {
                return faulty();
            };
            let life = begin(&config.common, "registration")?;
            if !arguments.check_config {
                registration::App::build(config).await?.serve(&life.life).await?;
            }
            life.end(arguments).await
        }
        Service::Issuance => {
            let Some(config) = checked(arguments, issuance::Config::load(&arguments.config)) else {
                return faulty();
            };
            let life = begin(&config.common, "issuance")?;
            if !arguments.check_config {
                issuance::App::build(config).await?.serve(&life.life).await?;
            }
            life.end(arguments).await
        }
        Service::Seal => {
            let Some(config) = checked(arguments, seal::Config::load(&arguments.config)) else {
                return faulty();
            };
            let life = begin(&config.common, "seal")?;
            if !arguments.check_config {
                seal::App::build(config).await?.serve(&life.life).await?;
            }
            life.end(arguments).await
        }
        Service::Verification => {
            let loaded = verification::Config::load(&arguments.config);
            let Some(config) = checked(arguments, loaded) else {
                return faulty();
            };
            let life = begin(&config.common, "verification")?;
            if !arguments.check_config {
                verification::App::build(config).await?.serve(&life.life).await?;
            }
            life.end(arguments).await
        }
        Service::Portal => {
            let Some(config) = checked(arguments, portal::Config::load(&arguments.config)) else {
                return faulty();
            };
            let life = begin(&config.common, "portal")?;
            if !arguments.check_config {
                portal::App::build(config)?.serve(&life.life).await?;
            }
            life.end(arguments).await
        }
    }
}

/// Prints every fault of a configuration.
fn checked<C>(arguments: &Arguments, loaded: Result<C, Faults>) -> Option<C> {
    match loaded {
        Ok(config) => Some(config),
        Err(faults) => {
            eprintln!("{}:\n{faults}", arguments.config.display());
            None
        }
    }
}

fn faulty() -> Result<ExitCode> {
    Ok(ExitCode::from(2))
}

/// A life with its telemetry.
struct Begun {
    life: Lifecycle,
    telemetry: Telemetry,
    grace: std::time::Duration,
}

fn begin(common: &Common, service: &str) -> Result<Begun> {
    let telemetry = Telemetry::start(&common.telemetry, service, &[]).context("telemetry")?;
    Ok(Begun {
        life: Lifecycle::new(),
        telemetry,
        grace: common.limits.grace,
    })
}

impl Begun {
    async fn end(self, arguments: &Arguments) -> Result<ExitCode> {
        if !arguments.check_config {
            self.life.run_until_signalled(self.grace).await?;
        }
        self.telemetry.flush();
        Ok(ExitCode::SUCCESS)
    }
}
