//! The two clocks.
//!
//! [`SystemClock`] drives TLS, leases and timeouts. [`RegisterClock`] is the time that rules, documents, tokens and
//! feeds know. In production they agree. With development keys the harness may set the register clock back to the
//! start of a story and advance it, in all processes at once, through one file.

mod file;

use std::{
    fmt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::{
    Timestamp,
    civil::Date,
    tz::{Offset, TimeZone},
};

pub use file::{ClockFile, ClockFileError};

/// Something that tells the time. Take `&SystemClock` or `&RegisterClock` where it matters which.
pub trait Clock: Send + Sync {
    /// The present. Never earlier than what the same clock told before.
    fn now(&self) -> Timestamp;
}

/// China Standard Time has had no other offset since 1991.
const CHINA: Offset = Offset::constant(8);

/// The time zone in which legal days begin and end.
pub fn china() -> TimeZone {
    CHINA.to_time_zone()
}

/// The legal day (Asia/Shanghai) of an instant.
pub fn day_of(instant: Timestamp) -> Date {
    CHINA.to_datetime(instant).date()
}

/// The instant at which a legal day begins.
///
/// # Panics
/// Never for a day of the years that a register knows.
pub fn start_of(day: Date) -> Timestamp {
    CHINA
        .to_timestamp(day.to_datetime(jiff::civil::Time::midnight()))
        .expect("invariant: the days of a register are far from the ends of the calendar")
}

/// The machine's clock, made monotone.
#[derive(Clone, Default)]
pub struct SystemClock(Arc<Monotone>);

impl SystemClock {
    /// The machine's clock.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        self.0.raise_to(machine_now())
    }
}

impl fmt::Debug for SystemClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SystemClock")
    }
}

/// The clock of the register. Cheap to clone; all clones are one clock.
#[derive(Clone, Debug)]
pub struct RegisterClock(Arc<Source>);

#[derive(Debug)]
struct Source {
    last: Monotone,
    /// Development only: the offset from the machine's clock that the harness controls.
    file: Option<ClockFile>,
}

impl RegisterClock {
    /// Production: the same as the machine's clock.
    pub fn system() -> Self {
        Self(Arc::new(Source {
            last: Monotone::default(),
            file: None,
        }))
    }

    /// Development: the machine's clock moved by the offset in `file`, which is read afresh whenever it changes.
    /// An advance is therefore in force in every process as soon as [`ClockFile::set`] returns: no process can
    /// tell an older time afterwards, whether it was running, stopped or not yet started.
    pub fn controlled(file: ClockFile) -> Self {
        Self(Arc::new(Source {
            last: Monotone::default(),
            file: Some(file),
        }))
    }

    /// The legal day at present.
    pub fn today(&self) -> Date {
        day_of(self.now())
    }

    /// Whether the clock is under a harness's control.
    pub fn is_controlled(&self) -> bool {
        self.0.file.is_some()
    }

    /// The control file, if there is one.
    pub fn control_file(&self) -> Option<&Path> {
        self.0.file.as_ref().map(ClockFile::path)
    }

    /// Returns once this clock has reached `instant`. Notices an advance by the harness within 20 ms.
    pub async fn reached(&self, instant: Timestamp) {
        let longest = if self.is_controlled() {
            Duration::from_millis(20)
        } else {
            Duration::from_secs(30)
        };
        loop {
            let left = instant.duration_since(self.now());
            match Duration::try_from(left) {
                Ok(left) if !left.is_zero() => tokio::time::sleep(left.min(longest)).await,
                _ => return,
            }
        }
    }
}

impl Clock for RegisterClock {
    /// In whole microseconds, as databases keep them: an instant is the same wherever it is told.
    fn now(&self) -> Timestamp {
        let offset = self.0.file.as_ref().map_or(0, ClockFile::offset);
        let nanos = machine_now().saturating_add(offset);
        self.0.last.raise_to(nanos - nanos.rem_euclid(MICROSECOND))
    }
}

/// Nanoseconds of the register's finest unit.
const MICROSECOND: i64 = 1_000;

/// The latest instant told, in nanoseconds since 1970.
#[derive(Debug)]
struct Monotone(AtomicI64);

impl Default for Monotone {
    fn default() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }
}

impl Monotone {
    fn raise_to(&self, nanos: i64) -> Timestamp {
        let before = self.0.fetch_max(nanos, Ordering::AcqRel);
        Timestamp::from_nanosecond(i128::from(before.max(nanos)))
            .expect("invariant: every i64 of nanoseconds lies within jiff's years")
    }
}

fn machine_now() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "this is where the clocks are made")]
    let now = Timestamp::now();
    i64::try_from(now.as_nanosecond()).expect("invariant: the machine's clock stands before the year 2262")
}

#[cfg(test)]
mod tests;
