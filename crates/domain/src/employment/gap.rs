//! The days between two employments and what a policy makes of them (153号 art 13, 16(4); domain §7.9).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What a gap longer than the policy's days means. No article says; in law the registration has lapsed with the contract
/// (153号 art 16(4)), in practice provinces let people change (domain §1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapMeaning {
    /// Nothing.
    Allowed,
    /// The officer sees it beside the application.
    Reported,
    /// No change: cancellation, then re-registration.
    Refused,
}

/// How a policy looks at the days between two employments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GapRule {
    /// What a longer gap means.
    pub meaning: GapMeaning,
    /// Days that mean nothing.
    pub days: u16,
}

impl Default for GapRule {
    /// Longer than 30 days is reported; refused by no article that we know.
    fn default() -> Self {
        Self {
            meaning: GapMeaning::Reported,
            days: 30,
        }
    }
}

/// The days between the end of one employment and the beginning of the next, as judged when the change was submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmploymentGap {
    /// Last day of the old employment.
    pub ended_on: Date,
    /// First day of the new contract.
    pub begins_on: Date,
    /// Days without employment; negative where the contracts overlap.
    pub days: i32,
    /// What the policy makes of it.
    pub meaning: GapMeaning,
}

impl GapRule {
    /// Judges two contracts. An overlap is never passed over in silence: nobody is employed by two units (153号 art
    /// 15(2)), and where the policy refuses gaps it refuses overlaps, too.
    #[must_use]
    pub fn judge(self, ended_on: Date, begins_on: Date) -> EmploymentGap {
        let days = ended_on.until(begins_on).map_or(i32::MAX, |span| span.get_days()) - 1;
        let meaning = match days {
            ..0 if self.meaning == GapMeaning::Refused => GapMeaning::Refused,
            ..0 => GapMeaning::Reported,
            days if days <= i32::from(self.days) => GapMeaning::Allowed,
            _ => self.meaning,
        };
        EmploymentGap {
            ended_on,
            begins_on,
            days,
            meaning,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn judged(meaning: GapMeaning, ended_on: Date, begins_on: Date) -> (i32, GapMeaning) {
        let gap = GapRule { meaning, days: 30 }.judge(ended_on, begins_on);
        (gap.days, gap.meaning)
    }

    #[test]
    fn a_gap_counts_the_days_between_and_means_what_the_policy_says() {
        use GapMeaning::{Allowed, Refused, Reported};
        let ended = date(2024, 1, 31);
        for meaning in [Allowed, Reported, Refused] {
            assert_eq!(judged(meaning, ended, date(2024, 2, 1)), (0, Allowed));
            assert_eq!(judged(meaning, ended, date(2024, 3, 2)), (30, Allowed));
            assert_eq!(judged(meaning, ended, date(2024, 3, 3)), (31, meaning));
        }
    }

    #[test]
    fn an_overlap_is_reported_and_refused_where_gaps_are() {
        let ended = date(2024, 1, 31);
        assert_eq!(
            judged(GapMeaning::Allowed, ended, ended),
            (-1, GapMeaning::Reported)
        );
        assert_eq!(
            judged(GapMeaning::Refused, ended, date(2024, 1, 1)),
            (-31, GapMeaning::Refused)
        );
    }
}
