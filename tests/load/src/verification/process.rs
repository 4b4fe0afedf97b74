//! The measured processes: this program again, as a replica or as the echo.

use std::fs::File;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use service_runtime::Lifecycle;
use service_runtime::config::Common;
use service_runtime::telemetry::Telemetry;
use verification::{App, Config};

use super::echo;

/// The first argument of a measured process.
pub(crate) const REPLICA: &str = "replica";
/// The same of an echo: size of its answers, and to have the layers of a service the key that verifies tokens.
pub(crate) const ECHO: &str = "echo";

/// The same of a province's registration.
pub(crate) const PROVINCE: &str = "province";

/// How long a process may take to listen.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
const GRACE: Duration = Duration::from_secs(30);

/// Runs as a measured process until the input ends, which is when whoever measures lets go.
pub(crate) fn run(kind: &str, arguments: &[String]) -> Result<()> {
    let config = PathBuf::from(arguments.first().context("a configuration")?);
    let life = Lifecycle::new();
    let ends = life.clone();
    std::thread::spawn(move || {
        let _ended = std::io::stdin().read_to_end(&mut Vec::new());
        ends.soft().cancel();
    });
    // As `jianzheng serve` does.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    service_runtime::tls::install_provider();
    runtime.block_on(async {
        if kind == ECHO {
            let common = service_runtime::config::load(&config, Common::read)
                .map_err(|faults| anyhow::anyhow!("{faults}"))?;
            let size = arguments.get(1).context("a size")?.parse()?;
            match arguments.get(2) {
                Some(key) => {
                    let _telemetry = Telemetry::start(&common.telemetry, "echo", &[])?;
                    let key = serde_json::from_str(key)?;
                    echo::serve_layered(&common, size, &key, &life).await?;
                }
                None => echo::serve_bare(&common, size, &life).await?,
            }
        } else if kind == PROVINCE {
            let config = registration::Config::load(&config).map_err(|faults| anyhow::anyhow!("{faults}"))?;
            let _telemetry = Telemetry::start(&config.common.telemetry, "registration", &[])?;
            Box::pin(registration::App::build(config))
                .await?
                .serve(&life)
                .await?;
        } else {
            let config = Config::load(&config).map_err(|faults| anyhow::anyhow!("{faults}"))?;
            let _telemetry = Telemetry::start(&config.common.telemetry, "verification", &[])?;
            Box::pin(App::build(config)).await?.serve(&life).await?;
        }
        life.run_until_signalled(GRACE).await?;
        Ok(())
    })
}

/// A measured process; it drains when this value is dropped.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
    pub(crate) address: SocketAddr,
}

impl Process {
    /// Starts it with a configuration written to `name.toml` in the folder, and waits until it listens.
    pub(crate) fn start(
        kind: &str,
        folder: &Path,
        name: &str,
        config: &str,
        more: &[String],
    ) -> Result<Self> {
        let path = |ending: &str| folder.join(format!("{name}{ending}"));
        let addresses = path(".addresses");
        let text = format!(
            "deployment = \"development\"\n[listen]\nclients = \"127.0.0.1:0\"\naddress_file = {addresses:?}\n{config}"
        );
        std::fs::write(path(".toml"), text)?;
        let program = std::env::current_exe().context("this program's own path")?;
        let mut child = Command::new(program)
            .arg(kind)
            .arg(path(".toml"))
            .args(more)
            .stdin(Stdio::piped())
            .stderr(File::create(path(".log"))?)
            .spawn()?;
        let begun = Instant::now();
        let log = path(".log");
        while !addresses.exists() {
            if child.try_wait()?.is_some() || begun.elapsed() > PATIENCE {
                bail!("{name} does not listen: {}", std::fs::read_to_string(&log)?);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let lines = std::fs::read_to_string(&addresses)?;
        let address = lines.lines().find_map(|line| line.strip_prefix("clients "));
        Ok(Self {
            child,
            log,
            address: address.context("the clients' gate")?.parse()?,
        })
    }

    /// Fails with the log of the process if there is anything in it that a healthy one would not say.
    pub(super) fn ensure_well(&self) -> Result<()> {
        let log = std::fs::read_to_string(&self.log)?;
        let fault = log
            .lines()
            .find(|line| line.contains("WARN") || line.contains("ERROR"));
        match fault {
            Some(line) => bail!("the measured process says: {line}"),
            None => Ok(()),
        }
    }

    /// Bytes of memory in use, as Linux counts them.
    pub(super) fn resident(&self) -> Result<u64> {
        self.status("VmRSS:")
    }

    /// The most that it ever was.
    pub(crate) fn peak(&self) -> Result<u64> {
        self.status("VmHWM:")
    }

    fn status(&self, name: &'static str) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        Ok(kilobytes.context(name)? * 1024)
    }

    /// Processor time used so far.
    pub(super) fn busy(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let after_name = stat.rsplit_once(')').context("a name")?.1;
        let ticks: u64 = after_name
            .split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|field| field.parse::<u64>().ok())
            .sum();
        // Linux counts for programs in hundredths of a second everywhere.
        Ok(Duration::from_millis(ticks * 10))
    }

    /// Lets it drain, and waits for its end.
    pub(crate) fn end(mut self) -> Result<()> {
        drop(self.child.stdin.take());
        let status = self.child.wait()?;
        if !status.success() {
            bail!("it ended with {status}: {}", std::fs::read_to_string(&self.log)?);
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // After an orderly end both have nothing to do.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}
