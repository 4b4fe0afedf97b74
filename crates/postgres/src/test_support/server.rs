//! The one server that all test processes of a work tree share.

use std::fs::{self, File};
use std::os::unix::process::{CommandExt, parent_id};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use crate::cluster::{ClusterError, Durability, Layout, io, is_ready, is_running, prepare, stop};

/// Registers this test run as a user of the server and starts it if nobody has; the second value is true for the
/// one call that started it. Blocking; cheap after the first call in a process.
pub(super) fn shared_layout() -> Result<(Layout, bool), ClusterError> {
    static READY: OnceLock<Layout> = OnceLock::new();
    if let Some(layout) = READY.get() {
        return Ok((layout.clone(), false));
    }
    // The work tree this was compiled in; another clone has another server.
    let layout = Layout::for_directory(&Path::new(env!("CARGO_MANIFEST_DIR")).join("test-server"))?;
    layout.create()?;
    let lock = lock(&layout)?;
    register(&layout)?;
    let missing = !(is_ready(&layout.data(), None) && is_running(&layout)?);
    if missing {
        start(&layout)?;
    }
    drop(lock);
    Ok((READY.get_or_init(|| layout).clone(), missing))
}

/// Held while the server is started, stopped, or a template is made.
pub(super) fn lock(layout: &Layout) -> Result<File, ClusterError> {
    let lock = File::create(layout.lock()).map_err(io("open the test server's lock"))?;
    lock.lock().map_err(io("lock the test server"))?;
    Ok(lock)
}

/// The runner, if there is one: it outlives this process, which may run a single test.
fn register(layout: &Layout) -> Result<(), ClusterError> {
    let runs_under_cargo = fs::read_to_string(format!("/proc/{}/comm", parent_id()))
        .is_ok_and(|name| name.trim_end().starts_with("cargo"));
    let user = if runs_under_cargo {
        parent_id()
    } else {
        std::process::id()
    };
    let users = layout.root().join("users");
    fs::create_dir_all(&users).map_err(io("make the list of users"))?;
    let Some(started) = start_time(user) else {
        return Ok(());
    };
    fs::write(users.join(user.to_string()), started).map_err(io("register as a user"))
}

/// Tells a process from a later one with the same id: clock ticks since boot at its start.
fn start_time(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything; field 22 is the 20th after it.
    stat.rsplit_once(')')?
        .1
        .split_whitespace()
        .nth(19)
        .map(str::to_owned)
}

fn start(layout: &Layout) -> Result<(), ClusterError> {
    for second_try in [false, true] {
        if is_running(layout)? {
            stop(layout, "immediate")?;
        }
        prepare(layout, Durability::Fast)?;
        spawn_watchdog(layout)?;
        if wait_until_ready(layout)? {
            return Ok(());
        }
        // A test server promises nothing across a crash of the machine: begin anew once.
        if !second_try {
            fs::remove_dir_all(layout.data()).map_err(io("remove a broken test server"))?;
        }
    }
    Err(ClusterError::NotReady { log: layout.log() })
}

/// A shell outside this process's session that starts the server as its child, so that the server dies with
/// it, and stops it once no registered user is alive.
fn spawn_watchdog(layout: &Layout) -> Result<(), ClusterError> {
    let log = File::create(layout.log()).map_err(io("open the test server's log"))?;
    layout.give_to_server(&layout.log())?;
    let server = layout.command("postgres", true);
    let stopper = layout.command("pg_ctl", false);
    let mut shell = Command::new("setsid");
    shell.args(["sh", "-c", WATCHDOG, "jianzheng-test-server"]);
    shell.arg(layout.root()).arg(words(&server)).arg(words(&stopper));
    shell
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .current_dir(layout.root());
    shell
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .process_group(0);
    shell.spawn().map_err(io("start the test server's watchdog"))?;
    Ok(())
}

/// A command as one shell line; its words are paths and options without blanks or quotes.
fn words(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for word in command.get_args() {
        line.push(' ');
        line.push_str(&word.to_string_lossy());
    }
    line
}

fn wait_until_ready(layout: &Layout) -> Result<bool, ClusterError> {
    for check in 0..READY_CHECKS {
        if is_ready(&layout.data(), None) && is_running(layout)? {
            return Ok(true);
        }
        // Soon after the start the process must be there, or it has given up.
        if check > GIVE_UP_CHECKS && !is_running(layout)? {
            return Ok(false);
        }
        thread::sleep(READY_PAUSE);
    }
    Ok(false)
}

const READY_PAUSE: Duration = Duration::from_millis(20);
const READY_CHECKS: u32 = 3_000;
const GIVE_UP_CHECKS: u32 = 250;

/// $1 the cluster's place, $2 the server's command, $3 pg_ctl's command. Users are files named by process id
/// that hold its start time, so a later process with the same id does not count. The same lock orders this
/// with starting processes: one that registered is seen, one that comes later finds no server.
const WATCHDOG: &str = r#"
cd "$1"
$2 -D "$1/data" &
server=$!
while kill -0 "$server" 2>/dev/null; do
    sleep 1
    exec 9>"$1/lock"
    flock 9
    alive=
    for user in "$1"/users/*; do
        [ -e "$user" ] || continue
        stat=$(cat "/proc/${user##*/}/stat" 2>/dev/null)
        set -- "$1" "$2" "$3" ${stat##*)}
        if [ -n "$stat" ] && [ "${23}" = "$(cat "$user")" ]; then alive=yes; else rm -f "$user"; fi
        set -- "$1" "$2" "$3"
    done
    [ -n "$alive" ] || $3 stop -s -w -m fast -D "$1/data" 9>&-
    exec 9>&-
done
"#;
