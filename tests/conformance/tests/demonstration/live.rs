//! The demonstration as a process that goes on serving.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use conformance::{Objection, Verdict};

/// What it prints when the story is over and everything is still up.
const SERVES: &str = "serving until interrupted";

/// A running demonstration; interrupted with this value.
pub(crate) struct Demonstration {
    folder: tempfile::TempDir,
    process: Child,
    said: BufReader<ChildStdout>,
    cluster: PathBuf,
}

impl Demonstration {
    /// Runs the story and leaves the system serving.
    pub(crate) fn run(program: &Path) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("jianzheng-judged-")
            .tempdir()
            .unwrap();
        let mut command = Command::new(program);
        command.args(["demo", "--keep", "--dir"]).arg(folder.path());
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut demonstration = Self {
            folder,
            process,
            said,
            cluster: PathBuf::new(),
        };
        let mut told = String::new();
        while !told.contains(SERVES) {
            let read = demonstration.said.read_line(&mut told).unwrap();
            assert!(
                read > 0,
                "the demonstration ended before it served:\n{told}{}",
                demonstration.logs()
            );
        }
        println!("{told}");
        let endpoints = demonstration.out().join("endpoints.json");
        assert!(endpoints.exists(), "it serves, but says not where");
        demonstration.cluster = PathBuf::from(demonstration.setting("socket"));
        demonstration
    }

    /// What it left.
    pub(crate) fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// Where the services keep their things.
    pub(crate) fn deployment(&self) -> PathBuf {
        self.folder.path().join("deployment")
    }

    /// Where the private PostgreSQL keeps its own.
    pub(crate) fn cluster(&self) -> &Path {
        &self.cluster
    }

    /// A setting of the database section of a service.
    pub(crate) fn setting(&self, name: &str) -> String {
        let path = self.deployment().join("nation/identity/config.toml");
        let config: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
        match &config["database"][name] {
            toml::Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }

    /// Interrupts it: it ends well, and no process of it is left.
    pub(crate) fn interrupt(mut self) -> Verdict {
        let status = self.end();
        let mut rest = String::new();
        self.said.read_to_string(&mut rest)?;
        if !status.success() {
            return Err(Objection::Fault(format!("it ended with {status}: {rest}")));
        }
        let left = self.processes()?;
        match left.as_slice() {
            [] => Ok(()),
            left => Err(Objection::Fault(format!("still there: {}", left.join(", ")))),
        }
    }

    fn end(&mut self) -> ExitStatus {
        if let Ok(Some(status)) = self.process.try_wait() {
            return status;
        }
        let pid = self.process.id().to_string();
        Command::new("kill")
            .args(["-s", "INT", "--", &pid])
            .status()
            .expect("a process of ours can be signalled");
        self.process.wait().expect("a process of ours can be waited for")
    }

    /// Command lines that name the deployment or its cluster.
    fn processes(&self) -> Result<Vec<String>, Objection> {
        let places = [
            self.folder.path().to_string_lossy(),
            self.cluster.to_string_lossy(),
        ];
        let mut found = Vec::new();
        for entry in std::fs::read_dir("/proc")? {
            let Ok(line) = std::fs::read(entry?.path().join("cmdline")) else {
                continue;
            };
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            if places.iter().any(|place| line.contains(place.as_ref())) {
                found.push(line);
            }
        }
        Ok(found)
    }

    fn logs(&self) -> String {
        let Ok(entries) = std::fs::read_dir(self.deployment().join("logs")) else {
            return String::new();
        };
        let logs = entries
            .flatten()
            .filter_map(|entry| std::fs::read_to_string(entry.path()).ok());
        let last = logs.map(|log| {
            log.lines()
                .rev()
                .take(5)
                .map(|line| format!("\n{line}"))
                .collect::<String>()
        });
        last.collect()
    }
}

impl Drop for Demonstration {
    fn drop(&mut self) {
        self.end();
        if self.cluster.starts_with("/var/tmp") {
            std::fs::remove_dir_all(&self.cluster).expect("the private cluster's folder is ours");
        }
    }
}
