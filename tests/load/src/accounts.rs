//! What the kernel says that this process, and PostgreSQL's, have used of the cores.

use std::fs;

use anyhow::{Context as _, Result};

/// Ticks of a second in `/proc/*/stat`: fixed on Linux for all that user space sees.
const TICKS: f64 = 100.0;

/// Seconds of a core.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Accounts {
    pub(crate) own: f64,
    pub(crate) postgres: f64,
}

impl Accounts {
    /// As they stand, of this process and of the PostgreSQL whose main process that is: with its workers, and those that have
    /// ended and were waited for.
    pub(crate) fn read(server: u32) -> Result<Self> {
        let mut postgres = 0.0;
        for entry in fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let Some(pid) = name
                .to_str()
                .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
            else {
                continue;
            };
            // A process may end while it is looked at.
            let Ok(found) = stat(pid) else { continue };
            if found.pid == server {
                postgres += found.used + found.waited_for;
            } else if found.parent == server {
                postgres += found.used;
            }
        }
        Ok(Self {
            own: stat("self")?.used,
            postgres,
        })
    }

    pub(crate) fn since(self, before: &Self) -> Self {
        Self {
            own: self.own - before.own,
            postgres: self.postgres - before.postgres,
        }
    }

    pub(crate) fn total(self) -> f64 {
        self.own + self.postgres
    }
}

struct Stat {
    pid: u32,
    parent: u32,
    used: f64,
    waited_for: f64,
}

/// proc_pid_stat(5); the command stands in parentheses and may hold anything.
fn stat(process: &str) -> Result<Stat> {
    let text = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (head, rest) = text.rsplit_once(')').context("a command")?;
    let (pid, _) = head.split_once('(').context("a command")?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let seconds = |index: usize| -> Result<f64> {
        let ticks: f64 = fields.get(index).context("a field")?.parse()?;
        Ok(ticks / TICKS)
    };
    Ok(Stat {
        pid: pid.trim().parse()?,
        parent: fields.get(1).context("a parent")?.parse()?,
        used: seconds(11)? + seconds(12)?,
        waited_for: seconds(13)? + seconds(14)?,
    })
}
