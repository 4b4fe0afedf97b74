//! Days of the register: civil days in Asia/Shanghai, working days, deadlines (domain §1.4, 行政许可法 art 82).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::{Date, Weekday};
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// Asia/Shanghai. China keeps UTC+8 the year round since 1991, so a fixed offset needs no time-zone data.
pub const OFFSET: Offset = Offset::constant(8);

/// The civil day in Asia/Shanghai that an instant falls on.
#[must_use]
pub fn day_of(instant: Timestamp) -> Date {
    OFFSET.to_datetime(instant).date()
}

/// The first instant of a day in Asia/Shanghai.
///
/// Days are bounded to the range of instants: the day before year −9999 does not occur.
#[must_use]
pub fn start_of(day: Date) -> Timestamp {
    OFFSET.to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(Timestamp::MIN)
}

/// The instant at which a last valid day is over: the first instant of the next day.
#[must_use]
pub fn end_of(day: Date) -> Timestamp {
    day.tomorrow().map_or(Timestamp::MAX, start_of)
}

/// `day` and `days` calendar days, saturating at the ends of the calendar.
#[must_use]
pub fn plus_days(day: Date, days: i32) -> Date {
    day.saturating_add(days.days())
}

/// Whether a day is worked, and whether that is known or only guessed from the day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayKind {
    /// Offices are open.
    pub working: bool,
    /// No notice of the State Council covers the day yet.
    pub provisional: bool,
}

/// The month by which the notice for the next year is expected to be in.
const NOTICE_EXPECTED: i8 = 12;

/// How far the official calendar reaches (domain §1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// Next year's notice is in.
    NextYear,
    /// This year's is; next year's is not expected yet. Deadlines beyond are provisional.
    ThisYear,
    /// Next year's should be in and is not: have the table brought up to date.
    NextYearMissing,
    /// No notice covers today: every deadline is provisional, and nothing is deemed by the clock.
    Ended,
}

/// A day by which something is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// The last day.
    pub day: Date,
    /// Counted over days that no notice covers yet; to be recomputed when it is published.
    pub provisional: bool,
}

/// Why a holiday table cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("holiday table, line {line}: {fault}")]
pub struct HolidayTableError {
    /// Line from 1.
    pub line: usize,
    /// What is wrong with it.
    pub fault: &'static str,
}

/// Days off and make-up working days as the State Council fixed them, for a covered range of days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolidayCalendar {
    /// Where the days come from, as the table says in its head.
    source: String,
    covered: (Date, Date),
    /// `true` where a listed day is worked.
    listed: BTreeMap<Date, bool>,
}

impl HolidayCalendar {
    /// The table that ships with the program (`data/holidays.csv`, which names its source).
    #[must_use]
    pub fn official() -> &'static Self {
        static OFFICIAL: LazyLock<HolidayCalendar> = LazyLock::new(|| {
            HolidayCalendar::parse(include_str!("../data/holidays.csv"))
                .expect("invariant: the shipped table is read by a test")
        });
        &OFFICIAL
    }

    /// Reads a table: a line `# covered,FIRST,LAST`, other comment lines, then `DAY,off|work,NAME` in order.
    ///
    /// # Errors
    /// The first line that is not as described.
    pub fn parse(table: &str) -> Result<Self, HolidayTableError> {
        let mut covered = None;
        let mut source = Vec::new();
        let mut listed = BTreeMap::new();
        for (index, text) in table.lines().enumerate() {
            let fault = |fault| HolidayTableError {
                line: index + 1,
                fault,
            };
            if let Some(range) = text.strip_prefix("# covered,") {
                let (first, last) = range.split_once(',').ok_or_else(|| fault("two days expected"))?;
                covered = Some((parse_day(first, fault)?, parse_day(last, fault)?));
            } else if let Some(comment) = text.strip_prefix('#') {
                source.push(comment.trim());
            } else if !text.trim().is_empty() {
                let mut columns = text.split(',');
                let day = parse_day(columns.next().unwrap_or_default(), fault)?;
                let working = match columns.next() {
                    Some("work") => true,
                    Some("off") => false,
                    _ => return Err(fault("off or work expected")),
                };
                if listed.last_key_value().is_some_and(|(last, _)| *last >= day) {
                    return Err(fault("days must be in order"));
                }
                listed.insert(day, working);
            }
        }
        let covered = covered.ok_or(HolidayTableError {
            line: 1,
            fault: "no line `# covered,FIRST,LAST`",
        })?;
        Ok(Self {
            source: source.join("\n"),
            covered,
            listed,
        })
    }

    /// Where the days come from, as the table says in its head.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The first day that a notice covers.
    #[must_use]
    pub const fn covered_from(&self) -> Date {
        self.covered.0
    }

    /// Whether the notice for a year is in: covered into its last month, whose end the next notice may still move.
    #[must_use]
    pub fn covers_year(&self, year: i16) -> bool {
        (self.covered.1.year(), self.covered.1.month()) >= (year, 12)
    }

    /// How far the notices reach, seen from a day. The State Council publishes next year's in late autumn.
    #[must_use]
    pub fn coverage(&self, today: Date) -> Coverage {
        if today > self.covered.1 {
            Coverage::Ended
        } else if self.covers_year(today.year() + 1) {
            Coverage::NextYear
        } else if today.month() < NOTICE_EXPECTED {
            Coverage::ThisYear
        } else {
            Coverage::NextYearMissing
        }
    }

    /// The last day that a notice covers.
    #[must_use]
    pub const fn covered_to(&self) -> Date {
        self.covered.1
    }

    /// What a day is.
    #[must_use]
    pub fn kind_of(&self, day: Date) -> DayKind {
        let weekday = !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        DayKind {
            working: self.listed.get(&day).copied().unwrap_or(weekday),
            provisional: day < self.covered.0 || day > self.covered.1,
        }
    }

    /// The last day of a limit of `working_days`, the day after `start` being the first (行政许可法 art 82).
    #[must_use]
    pub fn deadline(&self, start: Date, working_days: u16) -> Deadline {
        let mut deadline = Deadline {
            day: start,
            provisional: false,
        };
        let mut left = working_days;
        while left > 0 && deadline.day < Date::MAX {
            deadline.day = plus_days(deadline.day, 1);
            let kind = self.kind_of(deadline.day);
            deadline.provisional |= kind.provisional;
            left -= u16::from(kind.working);
        }
        deadline
    }

    /// A filing deadline moved to the next working day where it falls on a day off. Filing earlier is always safe;
    /// validity ends, use periods and birthdays never move (domain §1.4).
    #[must_use]
    pub fn roll_forward(&self, day: Date) -> Deadline {
        let mut deadline = Deadline {
            day,
            provisional: self.kind_of(day).provisional,
        };
        while !self.kind_of(deadline.day).working && deadline.day < Date::MAX {
            deadline.day = plus_days(deadline.day, 1);
            deadline.provisional |= self.kind_of(deadline.day).provisional;
        }
        deadline
    }

    /// Working days after `from` up to and including `to`.
    #[must_use]
    pub fn working_days_between(&self, from: Date, to: Date) -> u32 {
        let mut day = from;
        let mut count = 0;
        while day < to {
            day = plus_days(day, 1);
            count += u32::from(self.kind_of(day).working);
        }
        count
    }
}

fn parse_day(
    text: &str,
    fault: impl Fn(&'static str) -> HolidayTableError,
) -> Result<Date, HolidayTableError> {
    text.trim()
        .parse()
        .map_err(|_| fault("a day as 2026-10-01 expected"))
}

/// A pause of an authority's clock: hearings and expert review do not count, and the applicant is told in writing
/// (行政许可法 art 45).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// First day that does not count.
    pub from: Date,
    /// Last day that does not count; none while the pause lasts.
    pub to: Option<Date>,
    /// As notified to the applicant.
    pub reason: String,
}

/// An authority's time limit, running over working days with pauses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeLimit {
    /// The day of the event that starts it; the next day is the first to count.
    pub started: Date,
    /// Working days allowed, extension included (art 42).
    pub working_days: u16,
    /// Days left out.
    pub pauses: Vec<Pause>,
}

impl TimeLimit {
    /// The last day, or none while a pause is open.
    #[must_use]
    pub fn deadline(&self, calendar: &HolidayCalendar) -> Option<Deadline> {
        if self.pauses.iter().any(|pause| pause.to.is_none()) {
            return None;
        }
        let mut deadline = Deadline {
            day: self.started,
            provisional: false,
        };
        let mut left = self.working_days;
        while left > 0 && deadline.day < Date::MAX {
            deadline.day = plus_days(deadline.day, 1);
            let kind = calendar.kind_of(deadline.day);
            deadline.provisional |= kind.provisional;
            left -= u16::from(kind.working && !self.pauses.iter().any(|pause| pause.covers(deadline.day)));
        }
        Some(deadline)
    }

    /// Whether the limit has run out by `today`.
    #[must_use]
    pub fn is_overrun(&self, calendar: &HolidayCalendar, today: Date) -> bool {
        self.deadline(calendar)
            .is_some_and(|deadline| today > deadline.day)
    }
}

impl Pause {
    fn covers(&self, day: Date) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }
}
