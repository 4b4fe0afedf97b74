//! From the decision to the announcement: publicity, objections, clearance by the nation, 公告.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::filing::required;
use super::{
    Act, Announced, Application, ApplicationEvent, ApplicationState, Cleared, Decision, MoveRefused,
    Objection, Publicity,
};
use crate::authority::{Actor, Officer};
use crate::calendar::{HolidayCalendar, day_of};
use crate::ids::{AnnouncementId, ClearanceId, ObjectionId, OfficerId, PublicityId};
use crate::policy::{PolicyProfile, Step};
use crate::refusal::Refusal;
use crate::registration_number::RegistrationNumber;

/// Why a decided file went back to review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReturnReason {
    /// An objection was upheld.
    ObjectionUpheld {
        /// Which.
        objection: ObjectionId,
        /// Why.
        grounds: String,
        /// When.
        at: Timestamp,
    },
    /// A rule has come to stand against it since the decision.
    RulesFail {
        /// Stable ids.
        rules: Vec<String>,
        /// When.
        at: Timestamp,
    },
    /// A reconsideration or a judgment took it up again.
    Reopened {
        /// Number of the document (文书号).
        document: String,
        /// Whose refusal was overturned.
        refused_by: OfficerId,
        /// When.
        at: Timestamp,
    },
    /// The nation refused clearance.
    ClearanceDenied {
        /// The nation's stable reason.
        reason: String,
        /// When.
        at: Timestamp,
    },
}

/// What the nation grants before an announcement (design §3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClearanceGrant {
    /// Its id.
    pub id: ClearanceId,
    /// The number to print.
    pub number: RegistrationNumber,
    /// Hex digest of the application it binds.
    pub application_hash: String,
    /// No announcement after this instant.
    pub announce_by: Timestamp,
}

impl Application {
    /// Opens publicity (公示). The window must be at least as long as the policy says: from `opens_on` over the working
    /// days after it.
    ///
    /// # Errors
    /// Not granted, the policy has no publicity for the type, another authority, or a window too short.
    pub fn open_publicity(
        self,
        policy: &PolicyProfile,
        calendar: &HolidayCalendar,
        officer: Officer,
        publicity: (PublicityId, Date, Date),
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let act = Act::OpenPublicity;
        let ApplicationState::Decided(decision) = &self.state else {
            return Err(self.out_of_order(act));
        };
        self.check_policy(policy)?;
        self.check_announcer(policy, officer)?;
        let (id, opens_on, closes_on) = publicity;
        let days = policy
            .publicity_days(self.kind)
            .ok_or(MoveRefused::PublicityWindow)?;
        if opens_on < day_of(at) || closes_on < calendar.deadline(opens_on, days).day {
            return Err(MoveRefused::PublicityWindow);
        }
        let publicity = Publicity {
            id,
            opens_on,
            closes_on,
            dismissed: Vec::new(),
        };
        let state = ApplicationState::Publicized {
            decision: decision.clone(),
            publicity,
        };
        Ok(self.advance(act, Actor::Officer(officer), at, state))
    }

    /// Somebody objects while the window is open. A second objection waits for the answer to the first.
    ///
    /// # Errors
    /// Not in publicity, or the window has ended.
    pub fn raise_objection(
        self,
        objection: ObjectionId,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let act = Act::RaiseObjection;
        let new = Objection { id: objection, at };
        let state = match &self.state {
            ApplicationState::Publicized { decision, publicity } => ApplicationState::Objected {
                decision: decision.clone(),
                publicity: publicity.clone(),
                objection: new,
                further: Vec::new(),
            },
            ApplicationState::Objected {
                decision,
                publicity,
                objection,
                further,
            } => ApplicationState::Objected {
                decision: decision.clone(),
                publicity: publicity.clone(),
                objection: *objection,
                further: further.iter().copied().chain([new]).collect(),
            },
            _ => return Err(self.out_of_order(act)),
        };
        let over = state
            .publicity()
            .is_some_and(|publicity| day_of(at) > publicity.closes_on);
        if over {
            return Err(MoveRefused::PublicityOver);
        }
        Ok(self.advance(act, Actor::Public, at, state))
    }

    /// Answers an objection: upheld sends the file back to be reviewed and decided anew, dismissed takes up the next one, and
    /// after the last lets publicity run.
    ///
    /// # Errors
    /// The objection is not open, another authority, or no grounds.
    pub fn resolve_objection(
        mut self,
        policy: &PolicyProfile,
        officer: Officer,
        (answered, upheld): (ObjectionId, bool),
        grounds: &str,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let act = Act::ResolveObjection;
        let ApplicationState::Objected {
            decision,
            publicity,
            objection,
            further,
        } = &self.state
        else {
            return Err(self.out_of_order(act));
        };
        let open = || std::iter::once(objection).chain(further);
        if !open().any(|one| one.id == answered) {
            return Err(self.out_of_order(act));
        }
        self.check_policy(policy)?;
        self.check_announcer(policy, officer)?;
        let grounds = required(grounds)?;
        let state = if upheld {
            let state = reopened(decision);
            self.returns.push(ReturnReason::ObjectionUpheld {
                objection: answered,
                grounds,
                at,
            });
            state
        } else {
            let mut publicity = publicity.clone();
            publicity.dismissed.push(answered);
            let mut left = open().copied().filter(|one| one.id != answered);
            match left.next() {
                Some(objection) => ApplicationState::Objected {
                    decision: decision.clone(),
                    publicity,
                    objection,
                    further: left.collect(),
                },
                None => ApplicationState::Publicized {
                    decision: decision.clone(),
                    publicity,
                },
            }
        };
        Ok(self.advance(act, Actor::Officer(officer), at, state))
    }

    /// Closes publicity once the last day for objections has passed.
    ///
    /// # Errors
    /// Not in publicity (an objection is open, for one), or the window still runs.
    pub fn close_publicity(
        self,
        actor: Actor,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let act = Act::ClosePublicity;
        let ApplicationState::Publicized { decision, publicity } = &self.state else {
            return Err(self.out_of_order(act));
        };
        if day_of(at) <= publicity.closes_on {
            return Err(MoveRefused::PublicityOpen);
        }
        let state = ApplicationState::PublicityClosed {
            decision: decision.clone(),
            publicity: publicity.clone(),
        };
        Ok(self.advance(act, actor, at, state))
    }

    /// Records the nation's clearance: after publicity, or after the decision where the policy has none.
    ///
    /// # Errors
    /// Publicity is due, the claim is not held, or the clearance binds another digest.
    pub fn clear(
        self,
        policy: &PolicyProfile,
        grant: ClearanceGrant,
        application_hash: &str,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        self.check_policy(policy)?;
        let (decision, publicity) = self.clearable(policy)?;
        if !decision.reviewed.acceptance.claim.is_settled() {
            return Err(MoveRefused::ClaimNotHeld);
        }
        if grant.application_hash != application_hash {
            return Err(MoveRefused::ClearanceMismatch);
        }
        let cleared = Cleared {
            decision: decision.clone(),
            publicity: publicity.cloned(),
            clearance: grant.id,
            at,
            number: grant.number,
            application_hash: grant.application_hash,
            announce_by: grant.announce_by,
        };
        Ok(self.advance(
            Act::Clear,
            Actor::Nation,
            at,
            ApplicationState::Cleared(Box::new(cleared)),
        ))
    }

    /// Records that the nation refused clearance: the file goes back to be reviewed and decided anew, or to the person
    /// where no officer has had it.
    ///
    /// # Errors
    /// It does not wait for clearance.
    pub fn return_for_review(
        mut self,
        policy: &PolicyProfile,
        reason: &str,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        self.check_policy(policy)?;
        let state = match self.state {
            ApplicationState::Completing(_) => ApplicationState::Draft { since: at },
            _ => reopened(self.clearable(policy)?.0),
        };
        self.returns.push(ReturnReason::ClearanceDenied {
            reason: required(reason)?,
            at,
        });
        Ok(self.advance(Act::ReturnForReview, Actor::Nation, at, state))
    }

    /// Sends a granted file back to review because a rule has come to stand against it since the decision (153号 art 15).
    ///
    /// # Errors
    /// It is not between decision and announcement, another authority than the announcing one, or no rule fails.
    pub fn return_failing(
        mut self,
        policy: &PolicyProfile,
        officer: Officer,
        failing: &[Refusal],
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let act = Act::ReturnForReview;
        let decision = match &self.state {
            ApplicationState::Decided(decision)
            | ApplicationState::Publicized { decision, .. }
            | ApplicationState::PublicityClosed { decision, .. } => decision,
            ApplicationState::Cleared(cleared) => &cleared.decision,
            _ => return Err(self.out_of_order(act)),
        };
        self.check_policy(policy)?;
        self.check_announcer(policy, officer)?;
        if failing.is_empty() {
            return Err(MoveRefused::NoRuleFails);
        }
        let state = reopened(decision);
        let rules = failing.iter().map(|failed| failed.rule.code().to_owned());
        self.returns.push(ReturnReason::RulesFail {
            rules: rules.collect(),
            at,
        });
        Ok(self.advance(act, Actor::Officer(officer), at, state))
    }

    /// Gives an unused clearance back, so that a new one can be asked for.
    ///
    /// # Errors
    /// There is none.
    pub fn release_clearance(
        self,
        actor: Actor,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let act = Act::ReleaseClearance;
        let ApplicationState::Cleared(cleared) = &self.state else {
            return Err(self.out_of_order(act));
        };
        let decision = Box::new(cleared.decision.clone());
        let state = match cleared.publicity.clone() {
            Some(publicity) => ApplicationState::PublicityClosed { decision, publicity },
            None => ApplicationState::Decided(decision),
        };
        Ok(self.advance(act, actor, at, state))
    }

    /// Announces (公告): from this instant the person is registered. `max_skew` is the greatest difference of clocks
    /// between province and nation; announcing closer to `announce_by` than that is refused (design §3).
    ///
    /// # Errors
    /// Not cleared, another authority, the same officer where the policy forbids it, or too late.
    pub fn announce(
        self,
        policy: &PolicyProfile,
        officer: Officer,
        announcement: (AnnouncementId, String),
        max_skew: SignedDuration,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let act = Act::Announce;
        let ApplicationState::Cleared(cleared) = &self.state else {
            return Err(self.out_of_order(act));
        };
        self.check_policy(policy)?;
        self.check_announcer(policy, officer)?;
        self.check_four_eyes(policy, Step::Announce, officer.id)?;
        if at
            .checked_add(max_skew)
            .map_or(true, |latest| latest > cleared.announce_by)
        {
            return Err(MoveRefused::ClearanceExpired);
        }
        let announced = Announced {
            cleared: (**cleared).clone(),
            announcement: announcement.0,
            announcement_number: announcement.1,
            at,
            by: officer,
        };
        Ok(self.advance(
            act,
            Actor::Officer(officer),
            at,
            ApplicationState::Announced(Box::new(announced)),
        ))
    }

    fn check_announcer(&self, policy: &PolicyProfile, officer: Officer) -> Result<(), MoveRefused> {
        self.check_authority(
            officer.authority,
            policy.announcing_authority.of(self.jurisdiction),
        )
    }

    fn clearable(&self, policy: &PolicyProfile) -> Result<(&Decision, Option<&Publicity>), MoveRefused> {
        match &self.state {
            ApplicationState::PublicityClosed { decision, publicity } => Ok((decision, Some(publicity))),
            ApplicationState::Decided(decision) if policy.publicity_days(self.kind).is_none() => {
                Ok((decision, None))
            }
            _ => Err(self.out_of_order(Act::Clear)),
        }
    }
}

/// The file as it was accepted, to be reviewed anew.
fn reopened(decision: &Decision) -> ApplicationState {
    ApplicationState::Accepted(Box::new(decision.reviewed.acceptance.clone()))
}
