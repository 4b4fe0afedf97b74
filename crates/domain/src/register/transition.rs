//! What time alone does to a registration: terms begin and end, the 65th birthday passes, a suspension runs out (domain §0.9,
//! §1.6). It is derived from the day and never written into an entry; whoever follows the register is told of it once, when
//! the day begins.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{RegisterEntry, RegistrationState, StatusCode};
use crate::calendar::plus_days;
use crate::specialty::Specialty;
use crate::validity::LeapDay;

/// What a day brings by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TimeCause {
    /// The first day of a term.
    TermBegan,
    /// The day after the last of a term.
    TermExpired,
    /// The day after the 65th birthday.
    OverAge,
    /// The day after the last of a suspension.
    SuspensionEnded,
}

/// How a registration stands from a day on, other than the day before, though nobody has acted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeTransition {
    /// The first day.
    pub day: Date,
    /// The outward status before.
    pub before: StatusCode,
    /// The outward status from now on.
    pub after: StatusCode,
    /// Specialties that count no more.
    pub ended: Vec<Specialty>,
    /// Specialties that count from now on.
    pub begun: Vec<Specialty>,
    /// Why; never empty.
    pub causes: Vec<TimeCause>,
}

impl TimeTransition {
    /// Whether the outward status changed with it.
    #[must_use]
    pub fn changes_status(&self) -> bool {
        self.before != self.after
    }
}

impl RegisterEntry {
    /// What the beginning of a day changes; none on most days.
    #[must_use]
    pub fn transition_on(&self, day: Date, leap_day: LeapDay) -> Option<TimeTransition> {
        let causes = self.causes_on(day, leap_day);
        if causes.is_empty() {
            return None;
        }
        let eve = plus_days(day, -1);
        let (before, after) = (self.status(eve, leap_day), self.status(day, leap_day));
        let (counted, counts) = (self.counting(eve, leap_day), self.counting(day, leap_day));
        let without = |all: &[Specialty], others: &[Specialty]| -> Vec<Specialty> {
            let alone = all.iter().filter(|one| !others.contains(one));
            alone.copied().collect()
        };
        let transition = TimeTransition {
            day,
            before,
            after,
            ended: without(&counted, &counts),
            begun: without(&counts, &counted),
            causes,
        };
        let changes =
            transition.changes_status() || !transition.ended.is_empty() || !transition.begun.is_empty();
        changes.then_some(transition)
    }

    /// The first day after `after` that changes something by itself, as long as nobody acts.
    #[must_use]
    pub fn next_transition(&self, after: Date, leap_day: LeapDay) -> Option<Date> {
        let mut days: Vec<Date> = self
            .specialties
            .iter()
            .flat_map(|known| [known.validity.from, plus_days(known.validity.to, 1)])
            .chain([plus_days(self.last_day_of_age(leap_day), 1)])
            .chain(self.suspension_over())
            .filter(|day| *day > after)
            .collect();
        days.sort_unstable();
        days.into_iter()
            .find(|day| self.transition_on(*day, leap_day).is_some())
    }

    /// The specialties that whoever verifies is told of as counting.
    fn counting(&self, day: Date, leap_day: LeapDay) -> Vec<Specialty> {
        match self.status(day, leap_day) {
            StatusCode::Valid => self.living_specialties(day, leap_day),
            _ => Vec::new(),
        }
    }

    fn suspension_over(&self) -> Option<Date> {
        match self.state {
            RegistrationState::Suspended { until, .. } => until.map(|until| plus_days(until, 1)),
            _ => None,
        }
    }

    fn causes_on(&self, day: Date, leap_day: LeapDay) -> Vec<TimeCause> {
        let terms = || self.specialties.iter().map(|known| known.validity);
        let brought = [
            (TimeCause::TermBegan, terms().any(|term| term.from == day)),
            (
                TimeCause::TermExpired,
                terms().any(|term| plus_days(term.to, 1) == day),
            ),
            (
                TimeCause::OverAge,
                plus_days(self.last_day_of_age(leap_day), 1) == day,
            ),
            (TimeCause::SuspensionEnded, self.suspension_over() == Some(day)),
        ];
        brought
            .into_iter()
            .filter_map(|(cause, brought)| brought.then_some(cause))
            .collect()
    }
}
