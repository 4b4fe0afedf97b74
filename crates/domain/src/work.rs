//! Work items (待办): who takes a file in hand (领办), in whose name (委托), and who must keep away (回避).
//!
//! Acceptance is never review (101号 art 16), whoever's name it is done in: an act counts for the officer and for everybody
//! whose powers they hold, and nobody of them takes the other step. A delegate inherits what the delegator took and the
//! files the delegator must keep away from, so that nobody gets round four eyes by delegating.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::application::{Act, Application};
use crate::authority::{Authority, Officer};
use crate::ids::{DelegationId, EmployerId, OfficerId, PersonId};
use crate::policy::{PolicyProfile, Step};
use crate::reason::reasons;

#[cfg(test)]
mod tests;

/// Longest delegation in days; no article gives one, and a longer absence takes another grant.
pub const DELEGATION_DAYS: i32 = 90;

/// Why an officer keeps away from a file (回避).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConflictGround {
    /// The officer is the applicant.
    Applicant,
    /// The officer is a registrar or the legal representative of an employer in the file.
    Employer,
    /// A near relative of the applicant.
    Relative,
    /// Another interest in the outcome.
    Interest,
}

impl ConflictGround {
    /// Every ground.
    pub const ALL: [Self; 4] = [Self::Applicant, Self::Employer, Self::Relative, Self::Interest];

    /// Stable name, as stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Applicant => "APPLICANT",
            Self::Employer => "EMPLOYER",
            Self::Relative => "RELATIVE",
            Self::Interest => "INTEREST",
        }
    }

    /// Reads what [`Self::code`] wrote.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ground| ground.code() == code)
    }

    /// The ground in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Applicant => "本人为申请人",
            Self::Employer => "本人为聘用单位的经办人或者法定代表人",
            Self::Relative => "与申请人有近亲属关系",
            Self::Interest => "与办理结果有其他利害关系",
        }
    }
}

impl fmt::Display for ConflictGround {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is known of an officer beside the office: who they are, and for which employers they act.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Relations {
    /// The person behind the account.
    pub person: Option<PersonId>,
    /// Employers whose registrar or legal representative they are.
    pub employers: Vec<EmployerId>,
}

impl Relations {
    /// The conflict that follows from them.
    #[must_use]
    pub fn conflict_with(&self, application: &Application) -> Option<ConflictGround> {
        if self.person == Some(application.person) {
            return Some(ConflictGround::Applicant);
        }
        let named = [Some(application.employer), application.previous_employer];
        let own = |employer: &EmployerId| self.employers.contains(employer);
        named
            .iter()
            .flatten()
            .any(own)
            .then_some(ConflictGround::Employer)
    }
}

/// An officer's powers in the hands of another of the same authority, for some days (委托).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegation {
    /// Its id.
    pub id: DelegationId,
    /// Of which authority both are.
    pub authority: Authority,
    /// Whose powers.
    pub delegator: OfficerId,
    /// In whose hands.
    pub delegate: OfficerId,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// What is known of the delegator: the delegate inherits its conflicts.
    pub relations: Relations,
    /// When it was given.
    pub at: Timestamp,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

impl Delegation {
    /// Gives an officer's powers to another.
    ///
    /// # Errors
    /// To oneself, a day in the past or too long, or powers that are held for somebody else would be passed on.
    pub fn give(self, today: Date, others: &[Self]) -> Result<Self, WorkRefused> {
        if self.delegator == self.delegate {
            return Err(WorkRefused::DelegationToOneself);
        }
        let days = (self.to - self.from).get_days();
        if self.from < today || self.to < self.from || days >= DELEGATION_DAYS {
            return Err(WorkRefused::DelegationDays);
        }
        let chained = others.iter().any(|other| {
            let overlaps = other.revoked_at.is_none() && other.from <= self.to && self.from <= other.to;
            overlaps && (other.delegate == self.delegator || other.delegator == self.delegate)
        });
        if chained {
            return Err(WorkRefused::DelegationChain);
        }
        Ok(self)
    }

    /// Takes it back; what was done under it stays.
    ///
    /// # Errors
    /// Somebody else's, or taken back already.
    pub fn revoke(self, by: OfficerId, at: Timestamp) -> Result<Self, WorkRefused> {
        if self.delegator != by && self.delegate != by {
            return Err(WorkRefused::DelegationOfAnother);
        }
        if self.revoked_at.is_some() {
            return Err(WorkRefused::DelegationRevoked);
        }
        Ok(Self {
            revoked_at: Some(at),
            ..self
        })
    }

    /// Whether it holds on a day.
    #[must_use]
    pub fn in_force(&self, day: Date) -> bool {
        self.revoked_at.is_none() && self.from <= day && day <= self.to
    }
}

/// Who takes a step: the officer, and everybody whose powers they hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hand {
    /// Who acts.
    pub officer: OfficerId,
    /// In whose name as well.
    pub principals: BTreeSet<OfficerId>,
    /// What is known of the officer and of each principal.
    pub relations: Vec<Relations>,
}

impl Hand {
    /// The hand of an officer on a day.
    #[must_use]
    pub fn of(officer: Officer, relations: Relations, delegations: &[Delegation], day: Date) -> Self {
        let held = delegations.iter().filter(|one| {
            one.delegate == officer.id && one.authority == officer.authority && one.in_force(day)
        });
        let mut hand = Self {
            officer: officer.id,
            principals: BTreeSet::new(),
            relations: vec![relations],
        };
        for one in held {
            hand.principals.insert(one.delegator);
            hand.relations.push(one.relations.clone());
        }
        hand
    }

    /// Whether an officer is one of those who act.
    #[must_use]
    pub fn includes(&self, officer: OfficerId) -> bool {
        self.officer == officer || self.principals.contains(&officer)
    }
}

/// In whose name a step was taken, beside the officer whom the state names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acted {
    /// The step.
    pub step: Step,
    /// Who took it.
    pub officer: OfficerId,
    /// Whose powers they held.
    pub principals: BTreeSet<OfficerId>,
}

/// The step that an act of an officer belongs to; none for acts that are no step of four eyes.
#[must_use]
pub const fn step_of(act: Act) -> Option<Step> {
    Some(match act {
        Act::RequestCorrection | Act::Accept | Act::DeclineAcceptance | Act::FileOnOwnMotion => Step::Accept,
        Act::Review => Step::Review,
        Act::RecordJointReview => Step::JointReview,
        Act::Grant | Act::Refuse => Step::Decide,
        Act::OpenPublicity | Act::ResolveObjection | Act::ReturnForReview | Act::Announce => Step::Announce,
        _ => return None,
    })
}

/// What is recorded of a file's handling.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Handling {
    /// Who has it in hand (领办), if anybody.
    pub claimed_by: Option<OfficerId>,
    /// Who declared that they keep away.
    pub declared: Vec<(OfficerId, ConflictGround)>,
}

/// Whether these hands may take a step of a file, before the step itself is judged.
///
/// # Errors
/// A conflict of interest, the file is in another's hands, or one of those who act took a step that is kept apart.
pub fn may_take(
    application: &Application,
    policy: &PolicyProfile,
    step: Option<Step>,
    hand: &Hand,
    handling: &Handling,
) -> Result<(), WorkRefused> {
    let known = hand
        .relations
        .iter()
        .find_map(|known| known.conflict_with(application));
    let declared = handling
        .declared
        .iter()
        .find(|(officer, _)| hand.includes(*officer));
    if let Some(ground) = known.or_else(|| declared.map(|(_, ground)| *ground)) {
        return Err(WorkRefused::Conflict { ground });
    }
    if handling.claimed_by.is_some_and(|holder| !hand.includes(holder)) {
        return Err(WorkRefused::InOtherHands);
    }
    let Some(step) = step else { return Ok(()) };
    if application.overturned().any(|by| hand.includes(by)) {
        return Err(WorkRefused::Overturned);
    }
    let clash = application
        .steps_taken()
        .into_iter()
        .find(|(taken, by)| hand.includes(*by) && policy.requires_different_officers(*taken, step));
    match clash {
        Some((taken, _)) => Err(WorkRefused::SameHands { taken, step }),
        None => Ok(()),
    }
}

reasons! {
    /// Why an officer cannot have or do a piece of work.
    pub enum WorkRefused {
        /// Must keep away, in the own name and as delegate.
        Conflict { /** Why. */ ground: ConflictGround }
            => "CONFLICT_OF_INTEREST", "行政许可法 art 5; 公务员法 art 76",
            "应当回避（{ground}），请由其他人员办理。", "The officer has a conflict of interest ({ground}); another must take the file.";
        /// Somebody else has it.
        InOtherHands => "WORK_IN_OTHER_HANDS", "domain §1.2",
            "该件已由其他人员领办。", "Another officer has this file in hand.";
        /// Nobody has it.
        NotInHand => "WORK_NOT_IN_HAND", "domain §1.2",
            "请先领办该件。", "Take the file in hand first.";
        /// No step of the officer's authority is due on the file.
        NotDue => "WORK_NOT_DUE", "101号 art 5; domain §1.2",
            "该件当前没有由本机关办理的环节。", "No step of this authority is due on the file.";
        /// One person's hands in both steps, in the own name or another's.
        SameHands { /** The earlier step. */ taken: Step, /** This step. */ step: Step }
            => "SAME_HANDS", "101号 art 16",
            "“{taken}”与“{step}”不得由同一人办理，委托办理的亦同。", "The same officer may not take both steps ({taken}, {step}), nor by delegation.";
        /// A refusal by one of these hands was overturned.
        Overturned => "HANDS_OVERTURNED", "行政复议法 art 64; 行政诉讼法 art 71",
            "原不予决定由您或者您的委托人作出并已被撤销，应由其他人员重新办理。", "A refusal in the officer's or delegator's name was overturned; another judges the file anew.";
        /// To oneself.
        DelegationToOneself => "DELEGATION_TO_ONESELF", "domain §1.2",
            "不能委托给本人。", "Nobody delegates to themselves.";
        /// Past, backwards or too long.
        DelegationDays => "DELEGATION_DAYS", "domain §1.2",
            "委托期限应自当日起，且不超过90日。", "A delegation runs from today on, for at most 90 days.";
        /// Passed on.
        DelegationChain => "DELEGATION_CHAIN", "行政许可法 art 24",
            "受托人不得再行委托。", "A delegate cannot delegate further, nor may a delegator take another's powers meanwhile.";
        /// Neither delegator nor delegate.
        DelegationOfAnother => "DELEGATION_OF_ANOTHER", "domain §1.2",
            "只有委托人或者受托人可以终止委托。", "Only its delegator or delegate ends a delegation.";
        /// Taken back before.
        DelegationRevoked => "DELEGATION_REVOKED", "domain §1.2",
            "该委托已终止。", "The delegation has ended already.";
    }
}
