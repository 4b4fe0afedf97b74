//! How often somebody may ask, and how often about whom.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::num::{NonZeroU32, NonZeroU64};
use std::sync::Arc;

use domain::province::Province;
use domain::registration_number::RegistrationDigits;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter};
use parking_lot::Mutex;
use service_runtime::Refusal;
use service_runtime::config::Section;
use service_runtime::error::RATE_LIMITED;

use crate::indices::Mark;
use crate::query::Asking;

/// `[rates]`
#[derive(Debug, Clone)]
pub struct Rates {
    /// `caller`: questions of one caller in a second.
    pub caller: NonZeroU32,
    /// `[rates.callers]`: the same for callers by name (`portal`), whom many stand behind.
    pub callers: BTreeMap<String, NonZeroU32>,
    /// `subject`: questions of the public about one subject in a minute; each backend has as many of its own.
    pub subject: NonZeroU32,
    /// `range`: questions of the public about neighbouring registration numbers in a minute.
    pub range: NonZeroU32,
}

impl Rates {
    pub(crate) fn read(root: &mut Section) -> Option<Self> {
        let mut section = root.section("rates");
        let mut rate = |key: &str, usual: u32| {
            let rate = NonZeroU32::new(section.or(key, usual));
            if rate.is_none() {
                section.fault(key, "must be more than 0");
            }
            rate
        };
        let (caller, subject, range) = (rate("caller", 200), rate("subject", 60), rate("range", 600));
        let callers = match section.optional_section("callers") {
            Some(mut callers) => callers.rest(&[])?,
            None => BTreeMap::new(),
        };
        Some(Self {
            caller: caller?,
            callers,
            subject: subject?,
            range: range?,
        })
    }
}

/// Numbers that were given out one after the other: whoever walks through them is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Range {
    province: Province,
    year: u16,
    thousand: u32,
}

impl Range {
    pub(crate) fn of(digits: RegistrationDigits) -> Self {
        Self {
            province: digits.first_province(),
            year: digits.registration_year(),
            thousand: digits.serial() / 1000,
        }
    }
}

/// The limits in force in this replica. They go by the machine's time, not by the register's.
pub(crate) struct Limits {
    callers: Keyed<String>,
    named: HashMap<String, DefaultDirectRateLimiter>,
    subjects: Keyed<(Asker, Mark)>,
    ranges: Keyed<Range>,
    seats: Arc<Mutex<HashMap<String, u32>>>,
    hasher: RandomState,
}

/// Subscriptions that one backend may have at a time in this replica.
pub(crate) const SEATS: u32 = 4;

/// The right to one subscription; given back when it is dropped.
pub(crate) struct Seat {
    seats: Arc<Mutex<HashMap<String, u32>>>,
    caller: String,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.seats.lock();
        if let Some(taken) = seats.get_mut(&self.caller) {
            *taken -= 1;
            if *taken == 0 {
                seats.remove(&self.caller);
            }
        }
    }
}

/// Who asks about a subject, in eight bytes: the public, or a backend by a hash of its name that nobody can aim at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Asker {
    Public,
    Backend(NonZeroU64),
}

struct Keyed<K: Clone + Eq + Hash>(DefaultKeyedRateLimiter<K>);

impl<K: Clone + Eq + Hash> Keyed<K> {
    fn new(quota: Quota) -> Self {
        Self(RateLimiter::keyed(quota))
    }

    fn admit(&self, key: &K) -> Result<(), Refusal> {
        self.0.check_key(key).map_err(|early| too_early(&early))
    }
}

fn too_early(early: &NotUntil<<DefaultClock as Clock>::Instant>) -> Refusal {
    let wait = early.wait_time_from(DefaultClock::default().now());
    Refusal::new(RATE_LIMITED).retry_after(wait)
}

impl Limits {
    pub(crate) fn new(rates: &Rates) -> Self {
        let named = rates.callers.iter().map(|(name, rate)| {
            (
                format!("client/{name}"),
                RateLimiter::direct(Quota::per_second(*rate)),
            )
        });
        Self {
            callers: Keyed::new(Quota::per_second(rates.caller)),
            named: named.collect(),
            subjects: Keyed::new(Quota::per_minute(rates.subject)),
            ranges: Keyed::new(Quota::per_minute(rates.range)),
            seats: Arc::default(),
            hasher: RandomState::new(),
        }
    }

    /// One more question of a caller, whatever it is.
    pub(crate) fn admit_caller(&self, caller: &str) -> Result<(), Refusal> {
        match self.named.get(caller) {
            Some(own) => own.check().map_err(|early| too_early(&early)),
            None => self.callers.admit(&caller.to_owned()),
        }
    }

    /// One more subscription of a caller.
    pub(crate) fn seat(&self, caller: &str) -> Result<Seat, Refusal> {
        let mut seats = self.seats.lock();
        let taken = seats.entry(caller.to_owned()).or_default();
        if *taken >= SEATS {
            return Err(Refusal::new(RATE_LIMITED).retry_after(std::time::Duration::from_secs(1)));
        }
        *taken += 1;
        Ok(Seat {
            seats: Arc::clone(&self.seats),
            caller: caller.to_owned(),
        })
    }

    /// One more question about a subject. All of the public is one asker: who asks by turns gains nothing.
    pub(crate) fn admit_subject(
        &self,
        asking: &Asking,
        subject: &[u8; 32],
        range: Option<Range>,
    ) -> Result<(), Refusal> {
        let asker = if asking.is_backend {
            let hash = self.hasher.hash_one(&asking.caller);
            Asker::Backend(NonZeroU64::new(hash).unwrap_or(NonZeroU64::MIN))
        } else {
            Asker::Public
        };
        self.subjects.admit(&(asker, Mark::of(subject)))?;
        match (asker, range) {
            (Asker::Public, Some(range)) => self.ranges.admit(&range),
            _ => Ok(()),
        }
    }

    /// Forgets those who have been quiet for long enough.
    pub(crate) fn forget(&self) {
        self.callers.0.retain_recent();
        self.subjects.0.retain_recent();
        self.ranges.0.retain_recent();
    }
}
