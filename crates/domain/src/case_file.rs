//! Cases (案件): a complaint (投诉举报) about a registration that stands, examined until it is dismissed, corrected (更正) or
//! revoked (撤销). The registration stands meanwhile; what follows is an application of its own.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::authority::{Authority, Officer};
use crate::calendar::{Deadline, HolidayCalendar, day_of};
use crate::correction::CorrectionTerms;
use crate::ids::{ApplicationId, CaseId, OfficerId, PersonId};
use crate::reason::reasons;
use crate::work::{ConflictGround, Hand};

#[cfg(test)]
mod tests;

/// Where a case stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CaseState {
    /// Being examined.
    Open,
    /// An officer proposed how to close it; another decides.
    Proposed {
        /// The proposal.
        proposal: Proposal,
    },
    /// Closed.
    Decided {
        /// What was proposed, and so decided.
        proposal: Proposal,
        /// By whom.
        by: Officer,
        /// When.
        at: Timestamp,
        /// The application that follows from it.
        follow_up: Option<ApplicationId>,
    },
}

impl CaseState {
    /// Stable name, as stored.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Proposed { .. } => "PROPOSED",
            Self::Decided { .. } => "DECIDED",
        }
    }
}

/// How a case is to be closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CaseOutcome {
    /// 不予处理: what was complained of is not so.
    Dismiss,
    /// 更正, which the authority files on its own motion.
    Correct {
        /// What, and why.
        terms: CorrectionTerms,
    },
    /// 撤销 (行政许可法 art 69): the authority files the cancellation on its own motion.
    Revoke,
}

/// A proposal with its grounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// How to close it.
    pub outcome: CaseOutcome,
    /// Why.
    pub grounds: String,
    /// By whom.
    pub by: Officer,
    /// When.
    pub at: Timestamp,
    /// In whose name as well.
    #[serde(default)]
    pub principals: Vec<OfficerId>,
}

/// The holder is told what is held against them, and heard (陈述申辩, 行政许可法 art 7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hearing {
    /// Who told them.
    pub by: Officer,
    /// When.
    pub at: Timestamp,
    /// The last day for their statement.
    pub until: Deadline,
    /// When they stated their view last.
    pub stated_at: Option<Timestamp>,
}

/// A case. The complainant and what they wrote are kept apart, sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// Whose registration it is about.
    pub person: PersonId,
    /// Who examines it.
    pub authority: Authority,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Who has it in hand (领办).
    pub claimed_by: Option<OfficerId>,
    /// The hearing, once the holder was told.
    pub hearing: Option<Hearing>,
    state: CaseState,
}

impl Case {
    /// Opens a case on a complaint.
    #[must_use]
    pub const fn open(id: CaseId, person: PersonId, authority: Authority, at: Timestamp) -> Self {
        Self {
            id,
            person,
            authority,
            opened_at: at,
            claimed_by: None,
            hearing: None,
            state: CaseState::Open,
        }
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> &CaseState {
        &self.state
    }

    /// An officer takes it in hand.
    ///
    /// # Errors
    /// Decided, another's, or the officer must keep away.
    pub fn claim(mut self, officer: Officer, hand: &Hand) -> Result<Self, CaseRefused> {
        self.check_officer(officer, hand)?;
        self.check_open()?;
        if self.claimed_by.is_some_and(|holder| !hand.includes(holder)) {
            return Err(CaseRefused::InOtherHands);
        }
        self.claimed_by = Some(officer.id);
        Ok(self)
    }

    /// Tells the holder what is held against them; they may state their view for some working days.
    ///
    /// # Errors
    /// Not in these hands, decided or proposed, told before, or no days are given.
    pub fn hear(
        mut self,
        officer: Officer,
        hand: &Hand,
        days: u16,
        calendar: &HolidayCalendar,
        at: Timestamp,
    ) -> Result<Self, CaseRefused> {
        self.check_in_hand(officer, hand)?;
        if self.hearing.is_some() {
            return Err(CaseRefused::HeardBefore);
        }
        if days == 0 {
            return Err(CaseRefused::HearingDays);
        }
        self.hearing = Some(Hearing {
            by: officer,
            at,
            until: calendar.deadline(day_of(at), days),
            stated_at: None,
        });
        Ok(self)
    }

    /// The holder states their view (陈述申辩).
    ///
    /// # Errors
    /// Nobody told them of it yet, the days are over, or it is decided.
    pub fn stated(mut self, at: Timestamp) -> Result<Self, CaseRefused> {
        self.check_open()?;
        let hearing = self.hearing.as_mut().ok_or(CaseRefused::NotHeard)?;
        if day_of(at) > hearing.until.day {
            return Err(CaseRefused::HearingOver);
        }
        hearing.stated_at = Some(at);
        Ok(self)
    }

    /// Proposes how to close it. What goes against the holder waits until they have been heard or let their days pass.
    ///
    /// # Errors
    /// Not in these hands, no grounds, or the holder has not been heard.
    pub fn propose(
        mut self,
        officer: Officer,
        hand: &Hand,
        outcome: CaseOutcome,
        grounds: &str,
        at: Timestamp,
    ) -> Result<Self, CaseRefused> {
        self.check_in_hand(officer, hand)?;
        let grounds = grounds.trim();
        if grounds.is_empty() {
            return Err(CaseRefused::GroundsMissing);
        }
        if outcome != CaseOutcome::Dismiss && !self.is_heard(day_of(at)) {
            return Err(CaseRefused::NotHeard);
        }
        self.state = CaseState::Proposed {
            proposal: Proposal {
                outcome,
                grounds: grounds.to_owned(),
                by: officer,
                at,
                principals: hand.principals.iter().copied().collect(),
            },
        };
        Ok(self)
    }

    /// Another officer decides as proposed, or sends it back. Nobody decides their own proposal, nor a delegate the
    /// delegator's (101号 art 16 by analogy).
    ///
    /// # Errors
    /// Nothing is proposed, or one of these hands proposed it.
    pub fn decide(
        mut self,
        officer: Officer,
        hand: &Hand,
        agreed: bool,
        follow_up: Option<ApplicationId>,
        at: Timestamp,
    ) -> Result<Self, CaseRefused> {
        self.check_officer(officer, hand)?;
        let CaseState::Proposed { proposal } = self.state else {
            return Err(CaseRefused::State);
        };
        let own = hand.includes(proposal.by.id) || proposal.principals.iter().any(|one| hand.includes(*one));
        if own {
            return Err(CaseRefused::OwnProposal);
        }
        self.state = if agreed {
            CaseState::Decided {
                proposal,
                by: officer,
                at,
                follow_up,
            }
        } else {
            CaseState::Open
        };
        Ok(self)
    }

    /// Whether the holder has been heard: they stated their view, or let the days pass.
    #[must_use]
    pub fn is_heard(&self, today: Date) -> bool {
        self.hearing
            .as_ref()
            .is_some_and(|hearing| hearing.stated_at.is_some() || today > hearing.until.day)
    }

    fn check_officer(&self, officer: Officer, hand: &Hand) -> Result<(), CaseRefused> {
        if officer.authority != self.authority {
            return Err(CaseRefused::OtherAuthority {
                needed: self.authority,
            });
        }
        if hand
            .relations
            .iter()
            .any(|known| known.person == Some(self.person))
        {
            return Err(CaseRefused::Conflict {
                ground: ConflictGround::Applicant,
            });
        }
        Ok(())
    }

    fn check_open(&self) -> Result<(), CaseRefused> {
        match self.state {
            CaseState::Open => Ok(()),
            _ => Err(CaseRefused::State),
        }
    }

    fn check_in_hand(&self, officer: Officer, hand: &Hand) -> Result<(), CaseRefused> {
        self.check_officer(officer, hand)?;
        self.check_open()?;
        match self.claimed_by {
            Some(holder) if hand.includes(holder) => Ok(()),
            Some(_) => Err(CaseRefused::InOtherHands),
            None => Err(CaseRefused::NotInHand),
        }
    }
}

reasons! {
    /// Why a case does not move.
    pub enum CaseRefused {
        /// Not possible as it stands.
        State => "CASE_STATE", "行政许可法 art 65, 69",
            "案件当前状态不能办理该操作。", "The case does not stand where this act is possible.";
        /// Another authority's.
        OtherAuthority { /** Whose. */ needed: Authority } => "CASE_OF_ANOTHER_AUTHORITY", "domain §1.2",
            "该案件由{needed}办理。", "The case belongs to {needed}.";
        /// Must keep away.
        Conflict { /** Why. */ ground: ConflictGround } => "CASE_CONFLICT_OF_INTEREST", "行政许可法 art 5; 公务员法 art 76",
            "应当回避（{ground}），请由其他人员办理。", "The officer has a conflict of interest ({ground}).";
        /// Somebody else has it.
        InOtherHands => "CASE_IN_OTHER_HANDS", "domain §1.2",
            "该案件已由其他人员领办。", "Another officer has this case in hand.";
        /// Nobody has it.
        NotInHand => "CASE_NOT_IN_HAND", "domain §1.2",
            "请先领办该案件。", "Take the case in hand first.";
        /// Told before.
        HeardBefore => "CASE_HEARD_BEFORE", "行政许可法 art 7",
            "已告知当事人陈述申辩。", "The holder has been told already.";
        /// No days.
        HearingDays => "CASE_HEARING_DAYS", "行政许可法 art 7",
            "须给予当事人陈述申辩的期限。", "The holder must be given days to state their view.";
        /// Not told, or the days still run.
        NotHeard => "CASE_NOT_HEARD", "行政许可法 art 7",
            "尚未听取当事人的陈述申辩。", "The holder has not been heard yet.";
        /// Too late.
        HearingOver => "CASE_HEARING_OVER", "行政许可法 art 7",
            "陈述申辩期限已过。", "The days for a statement are over.";
        /// No grounds.
        GroundsMissing => "CASE_GROUNDS_MISSING", "行政许可法 art 38",
            "请写明理由。", "Grounds must be given.";
        /// Nobody decides what they proposed.
        OwnProposal => "CASE_OWN_PROPOSAL", "101号 art 16",
            "提出处理意见的人员及其委托人、受托人不得作出决定。", "Whoever proposed it, in whose name or by whose powers, does not decide it.";
    }
}
