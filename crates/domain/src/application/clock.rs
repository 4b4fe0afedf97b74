//! The authority's clock on a file: which step is due from whom and by when, what stops it (行政许可法 art 45), the one
//! extension of the decision (art 42), and what silence means (art 32, art 50).

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::filing::required;
use super::{
    Acceptance, Act, Application, ApplicationEvent, ApplicationState, ApplicationType, Claim, DeemedRenewal,
    MoveRefused, Reviewed,
};
use crate::authority::{Actor, Authority, ChargedAuthority, Officer};
use crate::calendar::{Deadline, HolidayCalendar, Pause, TimeLimit, day_of, plus_days};
use crate::policy::{PolicyProfile, Step};
use crate::validity::{RenewalRule, RenewalTiming, Validity};

/// What a renewal was filed against, fixed at its submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewalFiling {
    /// The first end among the terms it would renew.
    pub ends_on: Date,
    /// Filed in time: undecided at that end, it counts as granted (行政许可法 art 50).
    pub timely: bool,
}

impl RenewalFiling {
    /// What a renewal filed on a day is filed against; none without a term.
    #[must_use]
    pub fn of(
        terms: impl IntoIterator<Item = Validity>,
        rule: RenewalRule,
        filed: Date,
        calendar: Option<&HolidayCalendar>,
    ) -> Option<Self> {
        let ends_on = terms.into_iter().map(|term| term.to).min()?;
        let timely = matches!(
            rule.timing(ends_on, filed, calendar),
            RenewalTiming::InTime { .. }
        );
        Some(Self { ends_on, timely })
    }
}

/// Why time does not count (行政许可法 art 45).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PauseGround {
    /// 听证.
    Hearing,
    /// 检验、检测.
    Inspection,
    /// 鉴定.
    Appraisal,
    /// 专家评审.
    ExpertReview,
}

impl PauseGround {
    /// Every ground.
    pub const ALL: [Self; 4] = [
        Self::Hearing,
        Self::Inspection,
        Self::Appraisal,
        Self::ExpertReview,
    ];

    /// The ground in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hearing => "听证",
            Self::Inspection => "检验、检测",
            Self::Appraisal => "鉴定",
            Self::ExpertReview => "专家评审",
        }
    }
}

/// An extension that waits for a leader's approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtensionRequest {
    /// Who asks.
    pub by: Officer,
    /// When.
    pub at: Timestamp,
    /// As the applicant will be told (art 42).
    pub reasons: String,
}

/// The clock of the step that is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepClock {
    /// The step.
    pub step: Step,
    /// Whose step it is; any of them may act.
    pub authorities: Vec<Authority>,
    /// The limit with its pauses.
    pub limit: TimeLimit,
    /// An extension that waits for approval.
    pub extension_requested: Option<ExtensionRequest>,
    /// When it was extended; once at most.
    pub extended_at: Option<Timestamp>,
}

impl StepClock {
    /// The last day, or none while the clock is stopped.
    #[must_use]
    pub fn deadline(&self, calendar: &HolidayCalendar) -> Option<Deadline> {
        self.limit.deadline(calendar)
    }

    /// The pause that lasts.
    #[must_use]
    pub fn open_pause(&self) -> Option<&Pause> {
        self.limit.pauses.iter().find(|pause| pause.to.is_none())
    }

    /// Whether the limit has run out for certain: never while stopped, nor on a day that no notice covers yet.
    #[must_use]
    pub fn is_overrun(&self, calendar: &HolidayCalendar, today: Date) -> bool {
        self.deadline(calendar)
            .is_some_and(|deadline| !deadline.provisional && today > deadline.day)
    }

    fn check(&self, officer: Officer) -> Result<(), MoveRefused> {
        match self.authorities.first() {
            Some(needed) if !self.authorities.contains(&officer.authority) => {
                Err(MoveRefused::WrongAuthority { needed: *needed })
            }
            _ => Ok(()),
        }
    }
}

impl Application {
    /// Which step is due, and from whom; none where no authority's limit runs (domain §1.4).
    #[must_use]
    pub fn step_due(&self, policy: &PolicyProfile) -> Option<(Step, Vec<Authority>)> {
        let of = |charged: ChargedAuthority| charged.of(self.jurisdiction);
        let joint = policy.joint_reviews(self.kind, &self.specialties);
        let (step, authorities) = match self.state() {
            ApplicationState::Submitted(_) => (Step::Accept, vec![of(policy.accepting_authority)]),
            ApplicationState::Accepted(_) if policy.provincial_review => {
                (Step::Review, vec![of(ChargedAuthority::Province)])
            }
            ApplicationState::Accepted(_) | ApplicationState::Reviewed(_) if !joint.is_empty() => {
                let mut passing = vec![of(policy.accepting_authority), of(policy.deciding_authority)];
                passing.dedup();
                (Step::JointReview, passing)
            }
            ApplicationState::Accepted(_)
            | ApplicationState::Reviewed(_)
            | ApplicationState::JointReviewed(_) => (Step::Decide, vec![of(policy.deciding_authority)]),
            ApplicationState::JointReviewPending(pending) => {
                let open = pending.required.iter().filter(|(specialty, _)| {
                    !pending
                        .opinions
                        .iter()
                        .any(|known| known.specialty == **specialty)
                });
                let mut reviewers: Vec<_> = open
                    .map(|(_, reviewer)| Authority::JointReviewer(*reviewer))
                    .collect();
                reviewers.sort_unstable();
                reviewers.dedup();
                (Step::JointReview, reviewers)
            }
            ApplicationState::Decided(_)
            | ApplicationState::Objected { .. }
            | ApplicationState::PublicityClosed { .. }
            | ApplicationState::Cleared(_) => (Step::Announce, vec![of(policy.announcing_authority)]),
            _ => return None,
        };
        Some((step, authorities))
    }

    /// The clock of the step that is due, started when the file came to stand where it stands.
    #[must_use]
    pub fn start_clock(&self, policy: &PolicyProfile, since: Timestamp) -> Option<StepClock> {
        let (step, authorities) = self.step_due(policy)?;
        Some(StepClock {
            step,
            authorities,
            limit: TimeLimit {
                started: day_of(since),
                working_days: policy.limits.days(step, self.kind),
                pauses: Vec::new(),
            },
            extension_requested: None,
            extended_at: None,
        })
    }

    /// Stops the clock for a hearing, an inspection, an appraisal or expert review; the applicant is told in writing how
    /// long it will take (行政许可法 art 45). Silence on completeness and the announcement cannot be put off so.
    ///
    /// # Errors
    /// No such limit runs, it is stopped or over, another authority, no reason or no time named.
    pub fn pause_clock(
        self,
        clock: StepClock,
        officer: Officer,
        (ground, expected_days): (PauseGround, u16),
        reason: &str,
        calendar: &HolidayCalendar,
        at: Timestamp,
    ) -> Result<(Self, StepClock, ApplicationEvent), MoveRefused> {
        let act = Act::PauseClock;
        if !matches!(clock.step, Step::Review | Step::JointReview | Step::Decide) {
            return Err(self.out_of_order(act));
        }
        clock.check(officer)?;
        if clock.open_pause().is_some() {
            return Err(MoveRefused::ClockPaused);
        }
        if clock.is_overrun(calendar, day_of(at)) {
            return Err(MoveRefused::LimitOver);
        }
        let reason = required(reason)?;
        if expected_days == 0 {
            return Err(MoveRefused::PauseLength);
        }
        let mut clock = clock;
        clock.limit.pauses.push(Pause {
            from: day_of(at),
            to: None,
            reason: format!("{}：{reason}（预计{expected_days}日）", ground.name()),
        });
        let state = self.state.clone();
        let (application, event) = self.advance(act, Actor::Officer(officer), at, state);
        Ok((application, clock, event))
    }

    /// Lets the clock run again; the day of the resumption counts.
    ///
    /// # Errors
    /// It is not stopped, or another authority.
    pub fn resume_clock(
        self,
        mut clock: StepClock,
        officer: Officer,
        at: Timestamp,
    ) -> Result<(Self, StepClock, ApplicationEvent), MoveRefused> {
        clock.check(officer)?;
        let open = clock.limit.pauses.iter_mut().find(|pause| pause.to.is_none());
        let pause = open.ok_or(MoveRefused::ClockNotPaused)?;
        pause.to = Some(plus_days(day_of(at), -1));
        let state = self.state.clone();
        let (application, event) = self.advance(Act::ResumeClock, Actor::Officer(officer), at, state);
        Ok((application, clock, event))
    }

    /// Asks the authority's leader to extend the limit of the decision (行政许可法 art 42).
    ///
    /// # Errors
    /// No decision is due, it was extended or asked for before, the limit is over, another authority, or no reasons.
    pub fn request_extension(
        self,
        mut clock: StepClock,
        officer: Officer,
        reasons: &str,
        calendar: &HolidayCalendar,
        at: Timestamp,
    ) -> Result<(Self, StepClock, ApplicationEvent), MoveRefused> {
        let act = Act::RequestExtension;
        if clock.step != Step::Decide {
            return Err(self.out_of_order(act));
        }
        clock.check(officer)?;
        if clock.extended_at.is_some() || clock.extension_requested.is_some() {
            return Err(MoveRefused::AlreadyExtended);
        }
        if clock.is_overrun(calendar, day_of(at)) {
            return Err(MoveRefused::LimitOver);
        }
        clock.extension_requested = Some(ExtensionRequest {
            by: officer,
            at,
            reasons: required(reasons)?,
        });
        let state = self.state.clone();
        let (application, event) = self.advance(act, Actor::Officer(officer), at, state);
        Ok((application, clock, event))
    }

    /// Extends the limit of the decision as was asked: by another officer of the authority, who answers for it as its
    /// leader, and before the limit is over (行政许可法 art 42).
    ///
    /// # Errors
    /// Nothing was asked for, the limit is over, another authority, or the one who asked.
    pub fn extend_limit(
        self,
        mut clock: StepClock,
        policy: &PolicyProfile,
        leader: Officer,
        calendar: &HolidayCalendar,
        at: Timestamp,
    ) -> Result<(Self, StepClock, ApplicationEvent), MoveRefused> {
        clock.check(leader)?;
        let asked = clock
            .extension_requested
            .as_ref()
            .filter(|_| clock.extended_at.is_none())
            .ok_or(MoveRefused::ExtensionNotRequested)?;
        if asked.by.id == leader.id {
            return Err(MoveRefused::SameOfficer {
                taken: Step::Decide,
                step: Step::Decide,
            });
        }
        if clock.is_overrun(calendar, day_of(at)) {
            return Err(MoveRefused::LimitOver);
        }
        clock.limit.working_days += policy.limits.decision_extension;
        clock.extended_at = Some(at);
        let state = self.state.clone();
        let (application, event) = self.advance(Act::ExtendLimit, Actor::Officer(leader), at, state);
        Ok((application, clock, event))
    }

    /// Silence on completeness: the limit has run out, so the application counts as accepted from its receipt (101号 art
    /// 17; 行政许可法 art 32). The clock does it, nobody else.
    ///
    /// # Errors
    /// Not submitted, or the limit still runs or is provisional.
    pub fn deem_accepted(
        self,
        clock: &StepClock,
        calendar: &HolidayCalendar,
        claim: Claim,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let act = Act::DeemAccepted;
        let ApplicationState::Submitted(submission) = &self.state else {
            return Err(self.out_of_order(act));
        };
        if clock.step != Step::Accept || !clock.is_overrun(calendar, day_of(at)) {
            return Err(MoveRefused::LimitRuns);
        }
        let answered = submission.correction.as_ref().map(|(_, answered)| *answered);
        let acceptance = Acceptance {
            at: answered.unwrap_or(submission.at),
            submission: (**submission).clone(),
            by: None,
            claim: if self.kind.needs_claim() {
                claim
            } else {
                Claim::Exempt
            },
        };
        let state = ApplicationState::Accepted(Box::new(acceptance));
        Ok(self.advance(act, Actor::Clock, at, state))
    }

    /// Whether a renewal filed in time is with the authorities: until it is closed, the end of the term does not end the
    /// registration (行政许可法 art 50). One that was returned for correction is with the applicant.
    #[must_use]
    pub fn protects_registration(&self) -> bool {
        let kind = self.state.kind();
        let with_authorities = self.kind == ApplicationType::Renewal
            && !kind.is_final()
            && kind != super::StateKind::CorrectionRequested;
        let filing = self.state.submission().and_then(|submission| submission.renewal);
        with_authorities && filing.is_some_and(|filing| filing.timely)
    }

    /// What a renewal was filed against, while it is with the authority and was never decided. A file that was
    /// decided in time and came back is decided by officers alone.
    #[must_use]
    pub fn undecided_renewal(&self) -> Option<RenewalFiling> {
        let undecided = self.kind == ApplicationType::Renewal
            && self.returns.is_empty()
            && matches!(
                self.state,
                ApplicationState::Submitted(_)
                    | ApplicationState::Accepted(_)
                    | ApplicationState::Reviewed(_)
                    | ApplicationState::JointReviewPending(_)
                    | ApplicationState::JointReviewed(_)
            );
        let submission = self.state.submission().filter(|_| undecided)?;
        submission.renewal
    }

    /// Undecided at the end of the term, a renewal filed in time counts as granted (行政许可法 art 50). The clock does it,
    /// nobody else.
    ///
    /// # Errors
    /// It is no accepted and undecided renewal filed in time, or the term still runs.
    pub fn deem_renewed(self, at: Timestamp) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let act = Act::DeemRenewed;
        let filing = self.undecided_renewal().filter(|filing| filing.timely);
        let (Some(filing), Some(acceptance)) = (filing, self.state.acceptance()) else {
            return Err(self.out_of_order(act));
        };
        if day_of(at) <= filing.ends_on {
            return Err(MoveRefused::LimitRuns);
        }
        let deemed = DeemedRenewal {
            reviewed: Reviewed {
                acceptance: acceptance.clone(),
                opinion: self
                    .state
                    .reviewed()
                    .and_then(|reviewed| reviewed.opinion.clone()),
            },
            joint: self.state.joint_opinions().to_vec(),
            at,
            ended_on: filing.ends_on,
        };
        let state = ApplicationState::DeemedRenewed(Box::new(deemed));
        Ok(self.advance(act, Actor::Clock, at, state))
    }
}
