//! Terms of registrations and of use copies (domain §1.4, §1.10). Every end is the last valid day, inclusive.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::calendar::{Deadline, HolidayCalendar, plus_days};
use crate::reason::reasons;
use crate::specialty::Specialty;

#[cfg(test)]
mod tests;

/// Years of a registration term (153号 art 9–12).
pub const TERM_YEARS: i16 = 3;

/// The age that ends a registration, the day after it is reached (153号 art 16(6)).
pub const AGE_LIMIT: i16 = 65;

/// What becomes of 29 February in years that have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeapDay {
    /// The last day of February.
    #[default]
    LastOfFebruary,
    /// The first day of March.
    FirstOfMarch,
}

/// `day` in another year.
#[must_use]
pub fn anniversary(day: Date, years: i16, leap_day: LeapDay) -> Date {
    let clamped = day.saturating_add(years.years());
    match leap_day {
        LeapDay::FirstOfMarch if clamped.day() != day.day() => plus_days(clamped, 1),
        LeapDay::FirstOfMarch | LeapDay::LastOfFebruary => clamped,
    }
}

/// The last day at which a person may be registered: the 65th birthday (domain §1.10).
#[must_use]
pub fn last_day_of_age(birth_date: Date, leap_day: LeapDay) -> Date {
    anniversary(birth_date, AGE_LIMIT, leap_day)
}

/// A stretch of days, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Validity {
    /// First valid day.
    pub from: Date,
    /// Last valid day.
    pub to: Date,
}

impl Validity {
    /// The term of an initial registration, addition or re-registration: from `start` to the day before its third
    /// anniversary.
    #[must_use]
    pub fn initial(start: Date, leap_day: LeapDay) -> Self {
        Self {
            from: start,
            to: plus_days(anniversary(start, TERM_YEARS, leap_day), -1),
        }
    }

    /// The term that follows an old one without a gap: the day after the old end to three years past it, also when
    /// granted after the old end (153号 art 12; 行政许可法 art 50).
    #[must_use]
    pub fn renewal(old_end: Date, leap_day: LeapDay) -> Self {
        Self {
            from: plus_days(old_end, 1),
            to: anniversary(old_end, TERM_YEARS, leap_day),
        }
    }

    /// Whether a day lies within.
    #[must_use]
    pub fn contains(self, day: Date) -> bool {
        self.from <= day && day <= self.to
    }

    /// Whether the last valid day has passed.
    #[must_use]
    pub fn is_over(self, day: Date) -> bool {
        day > self.to
    }
}

/// When a renewal may be filed, in days before the end (153号 art 12; domain §1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewalRule {
    /// The window opens this many days before the end.
    pub opens: u16,
    /// The last day to file is this many days before the end.
    pub closes: u16,
    /// Days after `closes` during which a late filing is still taken, without the protection of art 50.
    pub late: u16,
}

impl Default for RenewalRule {
    fn default() -> Self {
        Self {
            opens: 90,
            closes: 30,
            late: 0,
        }
    }
}

/// How a filing day stands to the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RenewalTiming {
    /// The window opens on that day.
    TooEarly {
        /// First day to file.
        opens: Date,
    },
    /// In time: if not decided before the end, it counts as granted (行政许可法 art 50).
    InTime {
        /// Last day to file.
        closes: Deadline,
    },
    /// Late, yet accepted by the policy.
    Late,
    /// Too late.
    TooLate {
        /// The last day to file has been.
        closed: Deadline,
    },
}

impl RenewalRule {
    /// Where `filed` stands for a term ending on `end`; the last day rolls over days off if a calendar is given.
    #[must_use]
    pub fn timing(self, end: Date, filed: Date, calendar: Option<&HolidayCalendar>) -> RenewalTiming {
        let opens = plus_days(end, -i32::from(self.opens));
        let closes = plus_days(end, -i32::from(self.closes));
        let closes = calendar.map_or(
            Deadline {
                day: closes,
                provisional: false,
            },
            |calendar| calendar.roll_forward(closes),
        );
        if filed < opens {
            RenewalTiming::TooEarly { opens }
        } else if filed <= closes.day {
            RenewalTiming::InTime { closes }
        } else if filed <= plus_days(closes.day, i32::from(self.late)) && filed <= end {
            RenewalTiming::Late
        } else {
            RenewalTiming::TooLate { closed: closes }
        }
    }
}

/// What ends a use period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cap", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UsePeriodCap {
    /// The full number of days.
    Days,
    /// A specialty ends first.
    SpecialtyEnd {
        /// Which.
        specialty: Specialty,
    },
    /// The 65th birthday comes first.
    Age,
}

/// Which end caps a copy that shows several specialties; the notice is ambiguous (domain §1.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpecialtyCap {
    /// The earliest end of those alive (conservative).
    #[default]
    Earliest,
    /// The latest.
    Latest,
}

/// How long a use copy may be used (2021 notice; domain §1.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsePeriodRule {
    /// 180.
    pub days: u16,
    /// The day of making counts as the first, so the copy lives one day less.
    pub counts_first_day: bool,
    /// With several specialties.
    pub specialty_cap: SpecialtyCap,
    /// For birthdays on 29 February.
    #[serde(default)]
    pub leap_day: LeapDay,
}

impl Default for UsePeriodRule {
    fn default() -> Self {
        Self {
            days: 180,
            counts_first_day: false,
            specialty_cap: SpecialtyCap::Earliest,
            leap_day: LeapDay::LastOfFebruary,
        }
    }
}

/// The use period of a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsePeriod {
    /// The day it was made.
    pub made_on: Date,
    /// The last day it may be used.
    pub use_until: Date,
    /// What decided the end.
    pub capped_by: UsePeriodCap,
    /// The specialties alive on the day it was made, the only ones it lists.
    pub specialties: Vec<Specialty>,
}

reasons! {
    /// Why no use copy can be made on a day.
    pub enum UsePeriodError {
        /// All specialties have ended or none has begun.
        NoLivingSpecialty => "NO_LIVING_SPECIALTY", "153号 art 16(5); domain §1.10",
            "当日没有在有效期内的注册专业，不能下载使用件。", "No specialty is valid on that day.";
        /// The holder is past 65.
        OverAge => "OVER_AGE", "153号 art 16(6); domain §1.10",
            "持证人已超过65周岁，证书失效。", "The holder is over 65.";
    }
}

impl UsePeriodRule {
    /// The use period of a copy made on `made_on`.
    ///
    /// # Errors
    /// Nothing is valid that day.
    pub fn period(
        self,
        made_on: Date,
        specialties: &[(Specialty, Validity)],
        birth_date: Date,
    ) -> Result<UsePeriod, UsePeriodError> {
        let birthday = last_day_of_age(birth_date, self.leap_day);
        if made_on > birthday {
            return Err(UsePeriodError::OverAge);
        }
        let living: Vec<_> = specialties
            .iter()
            .filter(|(_, validity)| validity.contains(made_on))
            .copied()
            .collect();
        let by_end = |(_, validity): &&(Specialty, Validity)| validity.to;
        let capping = match self.specialty_cap {
            SpecialtyCap::Earliest => living.iter().min_by_key(by_end),
            SpecialtyCap::Latest => living.iter().max_by_key(by_end),
        };
        let (specialty, validity) = *capping.ok_or(UsePeriodError::NoLivingSpecialty)?;
        let full = plus_days(made_on, i32::from(self.days) - i32::from(self.counts_first_day));
        let mut end = (full, UsePeriodCap::Days);
        for other in [
            (validity.to, UsePeriodCap::SpecialtyEnd { specialty }),
            (birthday, UsePeriodCap::Age),
        ] {
            if other.0 < end.0 {
                end = other;
            }
        }
        Ok(UsePeriod {
            made_on,
            use_until: end.0,
            capped_by: end.1,
            specialties: living.into_iter().map(|(specialty, _)| specialty).collect(),
        })
    }
}
