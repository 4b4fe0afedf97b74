//! The mirror: a file of this process's own, in which what identity told outlives the process.

use std::{fs, io, io::Write as _, os::unix::fs::OpenOptionsExt as _};

use jiff::Timestamp;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    auth::PublicJwk,
    clock::{Clock as _, SystemClock},
    config,
};

const FORMAT: &str = "jianzheng.token-trust.v1";

pub(super) struct Mirror {
    settings: config::Mirror,
    clock: SystemClock,
    /// As identity told them last; empty until it did in this life.
    keys: Mutex<Vec<PublicJwk>>,
}

/// What the file holds. Public keys and random session ids: nothing secret, but nothing that others may change either.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    format: String,
    /// By the system clock: when identity told it.
    pub(super) kept_at: Timestamp,
    pub(super) keys: Vec<PublicJwk>,
    /// Sessions whose tokens may be alive, and when they were revoked.
    pub(super) sessions: Vec<(Uuid, Timestamp)>,
}

impl Mirror {
    pub(super) fn new(settings: config::Mirror, clock: SystemClock) -> Self {
        Self {
            settings,
            clock,
            keys: Mutex::default(),
        }
    }

    /// Notes keys for the next write.
    pub(super) fn note_keys(&self, keys: Vec<PublicJwk>) {
        *self.keys.lock() = keys;
    }

    /// Keeps what identity has told, atomically and for this process's user only. Nothing is written before identity has
    /// told its keys in this life: a mirror does not make itself younger.
    pub(super) fn write(&self, sessions: Vec<(Uuid, Timestamp)>) -> io::Result<()> {
        let keys = self.keys.lock().clone();
        if keys.is_empty() {
            return Ok(());
        }
        let kept = Kept {
            format: FORMAT.to_owned(),
            kept_at: self.clock.now(),
            keys,
            sessions,
        };
        let fresh = self.settings.path.with_extension("tmp");
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&fresh)?;
        file.write_all(&serde_json::to_vec(&kept)?)?;
        file.sync_all()?;
        fs::rename(&fresh, &self.settings.path)
    }

    /// What was kept, unless it is too old or cannot be read.
    pub(super) fn read(&self) -> Option<Kept> {
        let text = fs::read(&self.settings.path).ok()?;
        let kept: Kept = serde_json::from_slice(&text)
            .inspect_err(|error| tracing::warn!(%error, "the mirror of identity cannot be read"))
            .ok()?;
        let age = self.clock.now().duration_since(kept.kept_at);
        let counts = kept.format == FORMAT && !age.is_negative() && age.unsigned_abs() <= self.settings.lasts;
        counts.then_some(kept)
    }
}

#[cfg(test)]
mod tests;
