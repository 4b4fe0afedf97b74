//! From when until when an application can be filed, as far as dates decide it.

use jiff::civil::Date;

use super::{PresentRegistration, RequestedSpecialty};
use crate::application::ApplicationType;
use crate::calendar::{HolidayCalendar, plus_days};
use crate::policy::PolicyProfile;
use crate::validity::{anniversary, last_day_of_age};

/// First and last day to file; none where no day is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FilingWindow {
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub until: Option<Date>,
    /// Last day on which no continuing education is asked for (101号 art 8, 10).
    pub without_education_until: Option<Date>,
}

/// The window of a type for one specialty: a renewal has its own (153号 art 12), what acts on a registration ends with it,
/// what registers begins with the qualification; nothing that judges the person is taken past 65 (153号 art 15(10)).
#[must_use]
pub fn filing_window(
    kind: ApplicationType,
    requested: RequestedSpecialty,
    registered: Option<&PresentRegistration>,
    birth_date: Date,
    policy: &PolicyProfile,
) -> FilingWindow {
    let rolled = |day: Date| {
        if policy.filing_deadline_rolls {
            HolidayCalendar::official().roll_forward(day).day
        } else {
            day
        }
    };
    let terms = registered
        .map(|present| present.specialties.as_slice())
        .unwrap_or_default();
    let mut window = FilingWindow::default();
    match kind {
        ApplicationType::Renewal => {
            let own = terms
                .iter()
                .find(|(specialty, _)| *specialty == requested.specialty);
            if let Some((_, term)) = own {
                let closes = rolled(plus_days(term.to, -i32::from(policy.renewal.closes)));
                let latest = plus_days(closes, i32::from(policy.renewal.late)).min(term.to);
                window.from = Some(plus_days(term.to, -i32::from(policy.renewal.opens)));
                window.until = Some(latest.max(closes));
            }
        }
        _ if kind.presupposes_registration() => window.until = terms.iter().map(|(_, term)| term.to).max(),
        _ => {}
    }
    if kind.registers_specialties() {
        window.from = requested.qualified_on;
        let within = i16::from(policy.initial_within_years);
        let last = |day: Date| rolled(anniversary(day, within, policy.leap_day));
        window.without_education_until = requested.qualified_on.map(last);
    }
    if kind.is_judged() {
        let age = last_day_of_age(birth_date, policy.leap_day);
        window.until = Some(window.until.map_or(age, |until| until.min(age)));
    }
    window
}
