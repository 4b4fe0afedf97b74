use std::{
    fs, io,
    io::Write,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicI64, AtomicU64, Ordering},
};

use jiff::Timestamp;
use parking_lot::RwLock;

use super::machine_now;

/// The file through which a harness moves the register clock: one line, the offset from the machine's clock in
/// nanoseconds, never positive (the register is never ahead of the present) and never falling.
///
/// Readers look at the file's identity on every reading of the clock (one `stat`) and at its content when it
/// changed, so that a finished [`ClockFile::set`] is in force everywhere without any further message.
#[derive(Debug)]
pub struct ClockFile {
    path: PathBuf,
    seen: RwLock<Option<Stamp>>,
    offset: AtomicI64,
}

/// What changes when another file is renamed over this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// Why a clock file cannot be used or set.
#[derive(Debug, thiserror::Error)]
pub enum ClockFileError {
    /// It cannot be read or written.
    #[error("cannot use the clock file {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It does not hold one offset.
    #[error("the clock file {} does not hold one offset in nanoseconds that is not positive", .0.display())]
    Unreadable(PathBuf),
    /// The register clock never goes back.
    #[error("the register clock stands at {now} and cannot go back to {asked}")]
    Backwards {
        /// Where it stands.
        now: Timestamp,
        /// Where it was to go.
        asked: Timestamp,
    },
    /// The register clock is never ahead of the present.
    #[error("the register clock cannot be ahead of the present")]
    Ahead,
}

impl ClockFile {
    /// Makes a control file whose clock starts at `start`; replaces whatever is there.
    pub fn create(path: &Path, start: Timestamp) -> Result<Self, ClockFileError> {
        let offset = offset_to(start)?;
        write(path, offset)?;
        Self::open(path)
    }

    /// Opens an existing control file.
    pub fn open(path: &Path) -> Result<Self, ClockFileError> {
        let file = Self {
            path: path.to_owned(),
            seen: RwLock::new(None),
            offset: AtomicI64::new(i64::MIN),
        };
        file.refresh()?;
        Ok(file)
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Moves the clock of every process forward so that it stands at `instant` now.
    pub fn set(&self, instant: Timestamp) -> Result<(), ClockFileError> {
        let offset = offset_to(instant)?;
        let present = self.offset();
        if offset < present {
            let now = machine_now().saturating_add(present);
            return Err(ClockFileError::Backwards {
                now: instant_of(now),
                asked: instant,
            });
        }
        write(&self.path, offset)
    }

    /// Moves the clock of every process forward by `by`.
    pub fn advance(&self, by: std::time::Duration) -> Result<(), ClockFileError> {
        let by = i64::try_from(by.as_nanos()).map_err(|_| ClockFileError::Ahead)?;
        match self.offset().checked_add(by) {
            Some(offset) if offset <= 0 => write(&self.path, offset),
            _ => Err(ClockFileError::Ahead),
        }
    }

    /// The offset in force. A file that has become unreadable keeps the last one: time goes on.
    pub(super) fn offset(&self) -> i64 {
        if let Err(error) = self.refresh() {
            tracing::warn!(%error, "clock file");
        }
        self.offset.load(Ordering::Acquire)
    }

    fn refresh(&self) -> Result<(), ClockFileError> {
        let io = |source| ClockFileError::Io {
            path: self.path.clone(),
            source,
        };
        let stamp = Stamp::of(&fs::metadata(&self.path).map_err(io)?);
        if *self.seen.read() == Some(stamp) {
            return Ok(());
        }
        // Whoever stores the stamp has stored at least that stamp's offset first.
        let offset = fs::read_to_string(&self.path).map_err(io)?;
        let offset: i64 = offset
            .trim()
            .parse()
            .ok()
            .filter(|offset| *offset <= 0)
            .ok_or_else(|| ClockFileError::Unreadable(self.path.clone()))?;
        self.offset.fetch_max(offset, Ordering::AcqRel);
        *self.seen.write() = Some(stamp);
        Ok(())
    }
}

impl Stamp {
    fn of(metadata: &fs::Metadata) -> Self {
        Self {
            inode: metadata.ino(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

fn offset_to(instant: Timestamp) -> Result<i64, ClockFileError> {
    let instant = i64::try_from(instant.as_nanosecond()).map_err(|_| ClockFileError::Ahead)?;
    let offset = instant.saturating_sub(machine_now());
    if offset > 0 {
        Err(ClockFileError::Ahead)
    } else {
        Ok(offset)
    }
}

fn instant_of(nanos: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(nanos))
        .expect("invariant: every i64 of nanoseconds lies within jiff's years")
}

/// Atomically: readers see the old offset or the new one.
fn write(path: &Path, offset: i64) -> Result<(), ClockFileError> {
    static WRITES: AtomicU64 = AtomicU64::new(0);
    let io = |source| ClockFileError::Io {
        path: path.to_owned(),
        source,
    };
    let nth = WRITES.fetch_add(1, Ordering::Relaxed);
    let fresh = path.with_extension(format!("{}-{nth}.tmp", std::process::id()));
    let mut file = fs::File::create(&fresh).map_err(io)?;
    writeln!(file, "{offset}").map_err(io)?;
    drop(file);
    fs::rename(&fresh, path).map_err(io)
}
