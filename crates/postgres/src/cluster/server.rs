//! Making, starting and stopping the server.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::layout::write_private;
use super::{ClusterError, Durability, Layout, io};

/// A running server, stopped on drop.
#[derive(Debug)]
pub(crate) struct Server {
    layout: Layout,
    pid: u32,
    // The kernel's death signal is sent when the *thread* that started a process ends, so one thread lives
    // as long as the server.
    keeper: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts the server, which first recovers where its predecessor was killed. Processes of that one hold its memory
    /// until they notice its end, and nothing can be started meanwhile.
    pub(crate) fn start(layout: &Layout) -> Result<Self, ClusterError> {
        let killed = layout.data().join(PID_FILE).exists();
        let attempts = if killed { RECOVERIES } else { 1 };
        for _ in 1..attempts {
            match Self::attempt(layout) {
                Err(ClusterError::NotReady { .. }) => thread::sleep(RECOVERY_PAUSE),
                started => return started,
            }
        }
        Self::attempt(layout)
    }

    fn attempt(layout: &Layout) -> Result<Self, ClusterError> {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(layout.log())
            .map_err(io("open the server's log"))?;
        layout.give_to_server(&layout.log())?;
        let mut command = layout.command("postgres", true);
        command
            .arg("-D")
            .arg(layout.data())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            // A Ctrl-C in the terminal is for the program, which stops the server last.
            .process_group(0);
        let (pid, keeper) = keep(command)?;
        let server = Self {
            layout: layout.clone(),
            pid,
            keeper: Some(keeper),
        };
        server.wait_until_ready()?;
        Ok(server)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// SIGKILL; returns when the process is gone.
    pub(crate) fn kill(&mut self) -> Result<(), ClusterError> {
        let Some(keeper) = self.keeper.take() else {
            return Ok(());
        };
        let pid = self.pid.to_string();
        let mut command = Command::new("kill");
        command.args(["-s", "KILL", "--", &pid]);
        let killed = run("kill", command);
        if killed.is_ok() || keeper.is_finished() {
            let _ = keeper.join();
        } else {
            self.keeper = Some(keeper);
        }
        killed
    }

    fn wait_until_ready(&self) -> Result<(), ClusterError> {
        for _ in 0..READY_CHECKS {
            if is_ready(&self.layout.data(), Some(self.pid)) {
                return Ok(());
            }
            if self.keeper.as_ref().is_none_or(JoinHandle::is_finished) {
                break;
            }
            thread::sleep(READY_PAUSE);
        }
        Err(ClusterError::NotReady {
            log: self.layout.log(),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let ended = self.keeper.as_ref().is_none_or(JoinHandle::is_finished);
        if !ended && stop(&self.layout, "fast").is_err() {
            // Recovery on the next start makes up for it.
            let _ = stop(&self.layout, "immediate");
        }
        if let Some(keeper) = self.keeper.take() {
            let _ = keeper.join();
        }
    }
}

/// Starts a process on a thread of its own that waits for its end.
fn keep(mut command: Command) -> Result<(u32, JoinHandle<()>), ClusterError> {
    let (report, started) = mpsc::channel();
    let keeper = thread::Builder::new()
        .name("postgres-keeper".to_owned())
        .spawn(move || match command.spawn() {
            Ok(mut child) => {
                let _ = report.send(Ok(child.id()));
                let _ = child.wait();
            }
            Err(error) => {
                let _ = report.send(Err(error));
            }
        })
        .map_err(io("start the server's keeper"))?;
    let pid = started
        .recv()
        .expect("the keeper reports before it ends")
        .map_err(io("start the server"))?;
    Ok((pid, keeper))
}

/// Whether the server of a data directory takes connections: the last line of its pid file says so.
pub(crate) fn is_ready(data: &Path, expected_pid: Option<u32>) -> bool {
    let Ok(text) = fs::read_to_string(data.join(PID_FILE)) else {
        return false;
    };
    let lines: Vec<&str> = text.lines().collect();
    let pid: Option<u32> = lines.first().and_then(|line| line.trim().parse().ok());
    let ready = lines.get(7).is_some_and(|line| line.trim() == "ready");
    let right = pid.is_some_and(|pid| expected_pid.is_none_or(|expected| expected == pid));
    ready && right
}

/// Whether a process of this data directory is running, whoever started it.
pub(crate) fn is_running(layout: &Layout) -> Result<bool, ClusterError> {
    let status = layout
        .command("pg_ctl", false)
        .args(["status", "-s", "-D"])
        .arg(layout.data())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(io("ask whether a server is running"))?;
    Ok(status.success())
}

pub(crate) fn stop_stale(layout: &Layout) -> Result<(), ClusterError> {
    if layout.data().is_dir() && is_running(layout)? {
        stop(layout, "fast")
    } else {
        Ok(())
    }
}

pub(crate) fn stop(layout: &Layout, mode: &str) -> Result<(), ClusterError> {
    let mut command = layout.command("pg_ctl", false);
    command
        .args(["stop", "-s", "-w", "-t", "60", "-m", mode, "-D"])
        .arg(layout.data());
    run("pg_ctl", command)
}

/// Makes the data directory if there is none, and writes the settings this version of the program wants.
pub(crate) fn prepare(layout: &Layout, durability: Durability) -> Result<(), ClusterError> {
    if !layout.data().is_dir() {
        initialize(layout, durability)?;
    }
    let settings = layout.root().join(SETTINGS_FILE);
    write_private(&settings, settings_text(layout, durability).as_bytes())
        .map_err(io("write the settings"))?;
    layout.give_to_server(&settings)?;
    let access = layout.data().join("pg_hba.conf");
    fs::write(&access, "local all all scram-sha-256\n").map_err(io("write the access rules"))
}

/// Complete or absent: made beside its place and moved there.
fn initialize(layout: &Layout, durability: Durability) -> Result<(), ClusterError> {
    let draft = layout.root().join("data.new");
    if draft.exists() {
        fs::remove_dir_all(&draft).map_err(io("remove an unfinished cluster"))?;
    }
    let password = layout.password(SUPERUSER)?;
    let handed_over = layout.root().join("initial-password");
    write_private(&handed_over, password.as_bytes()).map_err(io("hand the first password over"))?;
    layout.give_to_server(&handed_over)?;
    let mut command = layout.command("initdb", false);
    command.args([
        "-U",
        SUPERUSER,
        "-A",
        "scram-sha-256",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
    ]);
    command.arg("--pwfile").arg(&handed_over).arg("-D").arg(&draft);
    if durability != Durability::Durable {
        command.arg("--no-sync");
    }
    let made = run("initdb", command);
    fs::remove_file(&handed_over).map_err(io("remove the handed-over password"))?;
    made?;
    let configuration = draft.join("postgresql.conf");
    let own = format!("include '{}'\n", layout.root().join(SETTINGS_FILE).display());
    fs::write(&configuration, own).map_err(io("write the configuration"))?;
    fs::rename(&draft, layout.data()).map_err(io("put the cluster in its place"))
}

fn settings_text(layout: &Layout, durability: Durability) -> String {
    let disk = match durability {
        Durability::Durable => "fsync = on\nsynchronous_commit = on\nfull_page_writes = on\n",
        Durability::Fast => {
            "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nautovacuum = off\n\
             wal_level = minimal\nmax_wal_senders = 0\n"
        }
        Durability::SurvivesServer => {
            "fsync = off\nsynchronous_commit = on\nfull_page_writes = on\nautovacuum = off\n\
             wal_level = minimal\nmax_wal_senders = 0\n"
        }
    };
    format!(
        "unix_socket_directories = '{}'\n{SETTINGS}{disk}",
        layout.root().display()
    )
}

fn run(program: &'static str, mut command: Command) -> Result<(), ClusterError> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(io("run a program of PostgreSQL"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rev().take(5).collect::<Vec<_>>().join(" | ");
    Err(ClusterError::Program {
        program,
        output: last,
    })
}

/// Role of the cluster's administrator; no service ever uses it.
pub(crate) const SUPERUSER: &str = "postgres";
const SETTINGS_FILE: &str = "jianzheng.conf";
const PID_FILE: &str = "postmaster.pid";
/// How often, and how far apart, a killed server is tried to be started again.
const RECOVERIES: u32 = 200;
const RECOVERY_PAUSE: Duration = Duration::from_millis(25);
const READY_PAUSE: Duration = Duration::from_millis(10);
const READY_CHECKS: u32 = 6_000;

/// Personal data must not reach the log: client errors can quote values ("invalid input syntax for …"), so
/// nothing below LOG is written, no statement, no parameter, no DETAIL.
const SETTINGS: &str = "\
listen_addresses = ''
unix_socket_permissions = 0700
password_encryption = 'scram-sha-256'
max_connections = 200
shared_buffers = '128MB'
timezone = 'UTC'
log_timezone = 'UTC'
jit = off
logging_collector = off
log_destination = 'stderr'
log_line_prefix = '%m [%p] '
log_min_messages = 'log'
log_error_verbosity = 'terse'
log_min_error_statement = 'panic'
log_statement = 'none'
log_min_duration_statement = -1
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_lock_waits = off
log_autovacuum_min_duration = -1
";
