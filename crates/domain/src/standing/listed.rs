//! What a status list says of a version or a use copy on a day (design §5): three words for everything that [`super::judge`] tells
//! apart.

use jiff::civil::Date;

use super::CopyRecord;
use crate::calendar::plus_days;
use crate::register::{RegisterEntry, RegistrationState, StatusCode};
use crate::validity::LeapDay;

/// The status of a place in a status list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListedStatus {
    /// 有效: it can be relied on.
    Valid,
    /// 无效: superseded, ended, run out, or, of a copy, revoked or past its use period.
    Invalid,
    /// 暂扣, and 办理转出: not to be relied on for the time being.
    Suspended,
}

/// A version or a copy, as far as its status goes.
#[derive(Debug, Clone, Copy)]
pub struct Listed<'a> {
    /// The registration behind it; none once the person was erased.
    pub entry: Option<&'a RegisterEntry>,
    /// Whether the version is the one that counts.
    pub current: bool,
    /// Of a copy: its own terms.
    pub copy: Option<CopyRecord>,
}

impl Listed<'_> {
    /// The status on a day. A version that was superseded while the registration is suspended does not come back, and is
    /// invalid.
    #[must_use]
    pub fn status(&self, day: Date, leap_day: LeapDay) -> ListedStatus {
        let over = |copy: CopyRecord| copy.revoked_at.is_some() || day > copy.use_until;
        let Some(entry) = self.entry else {
            return ListedStatus::Invalid;
        };
        if !self.current || self.copy.is_some_and(over) {
            return ListedStatus::Invalid;
        }
        match entry.status(day, leap_day) {
            StatusCode::Valid => ListedStatus::Valid,
            StatusCode::Suspended | StatusCode::MovingOut => ListedStatus::Suspended,
            StatusCode::Revoked
            | StatusCode::Cancelled
            | StatusCode::Lapsed
            | StatusCode::Stripped
            | StatusCode::Other => ListedStatus::Invalid,
        }
    }

    /// The first day after one on which the status is another without anybody's doing; none if only an act changes it.
    #[must_use]
    pub fn turns_on(&self, day: Date, leap_day: LeapDay) -> Option<Date> {
        let entry = self.entry?;
        let suspended = match entry.state {
            RegistrationState::Suspended { until, .. } => until,
            _ => None,
        };
        let lasts = entry.specialties.iter().map(|known| known.validity.to);
        let lasts = lasts
            .chain([entry.last_day_of_age(leap_day)])
            .chain(suspended)
            .chain(self.copy.map(|copy| copy.use_until));
        let begins = entry.specialties.iter().map(|known| known.validity.from);
        let mut days: Vec<Date> = lasts.map(|last| plus_days(last, 1)).chain(begins).collect();
        days.sort_unstable();
        let now = self.status(day, leap_day);
        days.into_iter()
            .find(|turn| *turn > day && self.status(*turn, leap_day) != now)
    }
}
