//! Notice of termination (解聘告知): the old employer that does not confirm is told, and may object for some working days.
//! Its silence is no objection, recorded as an event of its own (domain §1.3, §5 "employer refuses to confirm").

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Termination, TerminationEvidence};
use crate::authority::Officer;
use crate::calendar::{Deadline, HolidayCalendar, day_of};
use crate::ids::AccountId;
use crate::policy::PolicyProfile;
use crate::reason::reasons;

reasons! {
    /// Why a step of a notice of termination is refused.
    pub enum NoticeRefused {
        /// The policy has no such notice.
        NotOffered => "TERMINATION_NOTICE_NOT_OFFERED", "policy termination_objection_days",
            "现行政策不实行解聘告知，请由原聘用单位确认或提供解聘证明、仲裁裁决、法院判决之一。",
            "The policy has no notice of termination; have the old employer confirm, or hand in a proof, an award or a judgment.";
        /// The employment is said to end later than today.
        EndsInFuture => "TERMINATION_IN_FUTURE", "153号 art 13",
            "劳动关系终止日不得晚于今天。", "The employment cannot end after today.";
        /// No longer open to an objection.
        NotOpen => "TERMINATION_NOTICE_CLOSED", "policy termination_objection_days",
            "该解聘告知已了结，不能再提出异议。", "The notice is settled; no objection is taken.";
        /// The last day for objections has passed.
        Late => "TERMINATION_OBJECTION_LATE", "policy termination_objection_days",
            "异议期限已过，视为无异议。", "The last day for an objection has passed; silence is no objection.";
        /// The last day for objections has not passed.
        StillRunning { /** The last day. */ until: Date } => "TERMINATION_NOTICE_RUNNING", "policy termination_objection_days",
            "原聘用单位的异议期限至{until}。", "The old employer may object until {until}.";
        /// Nothing was objected.
        NoObjection => "TERMINATION_NOT_OBJECTED", "policy termination_objection_days",
            "原聘用单位没有提出异议，无需处理。", "The old employer has not objected.";
        /// Grounds are missing.
        Grounds => "TERMINATION_GROUNDS_MISSING", "行政许可法 art 38",
            "请写明理由。", "Grounds must be given.";
    }
}

/// Where a notice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NoticeState {
    /// The old employer may object.
    Open,
    /// It has objected; an officer is to resolve. The grounds are kept sealed beside.
    Objected {
        /// Its registrar.
        by: AccountId,
        /// When.
        at: Timestamp,
    },
    /// It kept silent: no objection.
    Unopposed {
        /// When that was recorded.
        at: Timestamp,
    },
    /// An officer found the objection without grounds: the employment has ended.
    Dismissed {
        /// The officer.
        by: Officer,
        /// When.
        at: Timestamp,
    },
    /// An officer found that the employment goes on, or that its end is disputed: a paper must decide.
    Upheld {
        /// The officer.
        by: Officer,
        /// When.
        at: Timestamp,
    },
    /// The old employer confirmed, a paper was handed in, or the application ended.
    Overtaken {
        /// When.
        at: Timestamp,
    },
}

impl NoticeState {
    /// Stable name, as stored and sent.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Objected { .. } => "OBJECTED",
            Self::Unopposed { .. } => "UNOPPOSED",
            Self::Dismissed { .. } => "DISMISSED",
            Self::Upheld { .. } => "UPHELD",
            Self::Overtaken { .. } => "OVERTAKEN",
        }
    }

    /// Whether something is still to come.
    #[must_use]
    pub const fn is_pending(self) -> bool {
        matches!(self, Self::Open | Self::Objected { .. })
    }
}

/// A notice to the old employer that an applicant says its employment has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminationNotice {
    /// Last day of the employment, as the applicant says.
    pub ended_on: Date,
    /// When the old employer was told.
    pub notified_at: Timestamp,
    /// The last day for an objection.
    pub objections_until: Deadline,
    state: NoticeState,
}

impl TerminationNotice {
    /// Tells the old employer.
    ///
    /// # Errors
    /// The policy has no notice, or the employment is said to end later than today.
    pub fn open(
        ended_on: Date,
        policy: &PolicyProfile,
        calendar: &HolidayCalendar,
        at: Timestamp,
    ) -> Result<Self, NoticeRefused> {
        let days = policy.termination_objection_days;
        if days == 0 {
            return Err(NoticeRefused::NotOffered);
        }
        if ended_on > day_of(at) {
            return Err(NoticeRefused::EndsInFuture);
        }
        Ok(Self {
            ended_on,
            notified_at: at,
            objections_until: calendar.deadline(day_of(at), days),
            state: NoticeState::Open,
        })
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> NoticeState {
        self.state
    }

    /// The old employer objects. That `by` is its registrar is the caller's check.
    ///
    /// # Errors
    /// Settled, too late, or without grounds.
    pub fn object(self, by: AccountId, grounds: &str, at: Timestamp) -> Result<Self, NoticeRefused> {
        if self.state != NoticeState::Open {
            return Err(NoticeRefused::NotOpen);
        }
        if day_of(at) > self.objections_until.day {
            return Err(NoticeRefused::Late);
        }
        if grounds.trim().is_empty() {
            return Err(NoticeRefused::Grounds);
        }
        let state = NoticeState::Objected { by, at };
        Ok(Self { state, ..self })
    }

    /// Records that the old employer kept silent; the event that shows the end of the employment.
    ///
    /// # Errors
    /// Settled, or the last day has not passed.
    pub fn note_silence(self, at: Timestamp) -> Result<(Self, Termination), NoticeRefused> {
        if self.state != NoticeState::Open {
            return Err(NoticeRefused::NotOpen);
        }
        let until = self.objections_until.day;
        if day_of(at) <= until {
            return Err(NoticeRefused::StillRunning { until });
        }
        let evidence = TerminationEvidence::Unopposed {
            notified_at: self.notified_at,
            objections_until: until,
        };
        let state = NoticeState::Unopposed { at };
        Ok((Self { state, ..self }, self.ended(evidence)))
    }

    /// An officer resolves the objection. Dismissed, the end of the employment is shown; upheld, a paper must decide.
    ///
    /// # Errors
    /// Nothing was objected, or no grounds are given.
    pub fn resolve(
        self,
        by: Officer,
        upheld: bool,
        grounds: &str,
        at: Timestamp,
    ) -> Result<(Self, Option<Termination>), NoticeRefused> {
        let NoticeState::Objected { .. } = self.state else {
            return Err(NoticeRefused::NoObjection);
        };
        if grounds.trim().is_empty() {
            return Err(NoticeRefused::Grounds);
        }
        if upheld {
            let state = NoticeState::Upheld { by, at };
            return Ok((Self { state, ..self }, None));
        }
        let state = NoticeState::Dismissed { by, at };
        let ended = self.ended(TerminationEvidence::ObjectionDismissed { by, at });
        Ok((Self { state, ..self }, Some(ended)))
    }

    /// Something else showed the end, or the application ended. A settled notice stays as it is.
    #[must_use]
    pub const fn overtaken(self, at: Timestamp) -> Self {
        match self.state {
            NoticeState::Open | NoticeState::Objected { .. } => Self {
                state: NoticeState::Overtaken { at },
                ..self
            },
            _ => self,
        }
    }

    const fn ended(&self, evidence: TerminationEvidence) -> Termination {
        Termination {
            ended_on: self.ended_on,
            evidence,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;
    use crate::authority::Authority;
    use crate::calendar::start_of;
    use crate::ids::OfficerId;
    use crate::policy::PolicyBook;
    use crate::reason::Reason as _;

    const TOLD: Date = date(2024, 5, 6);

    fn policy(days: u16) -> PolicyProfile {
        let found = PolicyBook::builtin().in_force(PolicyBook::PROVINCIAL_PUBLICITY, TOLD);
        PolicyProfile {
            termination_objection_days: days,
            ..found.expect("a profile").clone()
        }
    }

    fn notice() -> TerminationNotice {
        let calendar = HolidayCalendar::official();
        TerminationNotice::open(date(2024, 4, 30), &policy(5), calendar, start_of(TOLD)).expect("told")
    }

    fn registrar() -> AccountId {
        AccountId::from_uuid(Uuid::from_u128(7))
    }

    fn officer() -> Officer {
        Officer {
            id: OfficerId::from_uuid(Uuid::from_u128(8)),
            authority: Authority::Ministry,
        }
    }

    #[test]
    fn silence_past_the_last_working_day_shows_the_end_of_the_employment() {
        // Monday 6 May 2024; 11 May was a make-up working day.
        let until = notice().objections_until.day;
        assert_eq!(until, date(2024, 5, 11));
        let early = notice().note_silence(start_of(until)).expect_err("still running");
        assert_eq!(early.reason(), "TERMINATION_NOTICE_RUNNING");
        let (settled, ended) = notice()
            .note_silence(start_of(date(2024, 5, 12)))
            .expect("silence");
        assert_eq!(
            (settled.state().code(), ended.ended_on),
            ("UNOPPOSED", date(2024, 4, 30))
        );
        assert!(!ended.evidence.is_forced() && ended.evidence.material().is_none());
        let late = settled
            .object(registrar(), "仍在职", start_of(until))
            .expect_err("settled");
        assert_eq!(late.reason(), "TERMINATION_NOTICE_CLOSED");
    }

    #[test]
    fn an_objection_in_time_and_with_grounds_goes_to_an_officer() {
        let on = |day, grounds| notice().object(registrar(), grounds, start_of(day));
        assert_eq!(on(date(2024, 5, 12), "仍在职"), Err(NoticeRefused::Late));
        assert_eq!(on(TOLD, "  "), Err(NoticeRefused::Grounds));
        let objected = on(date(2024, 5, 11), "仍在职").expect("in time");
        assert_eq!(
            objected.note_silence(start_of(date(2024, 6, 1))),
            Err(NoticeRefused::NotOpen)
        );
        let at = start_of(date(2024, 5, 13));
        assert_eq!(
            objected.resolve(officer(), false, "", at),
            Err(NoticeRefused::Grounds)
        );
        let (upheld, ended) = objected
            .resolve(officer(), true, "劳动合同未解除", at)
            .expect("resolved");
        assert_eq!((upheld.state().code(), ended), ("UPHELD", None));
        let (dismissed, ended) = objected
            .resolve(officer(), false, "社保已停缴", at)
            .expect("resolved");
        assert_eq!(dismissed.state().code(), "DISMISSED");
        assert_eq!(
            ended.expect("shown").evidence,
            TerminationEvidence::ObjectionDismissed { by: officer(), at }
        );
    }

    #[test]
    fn a_policy_without_notice_and_an_end_in_the_future_are_refused() {
        let calendar = HolidayCalendar::official();
        let open =
            |days, ended_on| TerminationNotice::open(ended_on, &policy(days), calendar, start_of(TOLD));
        assert_eq!(open(0, TOLD), Err(NoticeRefused::NotOffered));
        assert_eq!(open(5, date(2024, 5, 7)), Err(NoticeRefused::EndsInFuture));
    }

    #[test]
    fn what_was_overtaken_or_settled_is_not_reopened() {
        let at = start_of(TOLD);
        let overtaken = notice().overtaken(at);
        assert_eq!(overtaken.state(), NoticeState::Overtaken { at });
        assert!(!overtaken.state().is_pending());
        let (settled, _) = notice()
            .note_silence(start_of(date(2024, 5, 12)))
            .expect("silence");
        assert_eq!(settled.overtaken(at), settled);
    }
}
