//! External checks (外部核验): what another system says to one question about an applicant, and what follows from it.
//!
//! Cross-checks of social insurance against 挂证 exist in practice but rest on no text that was found (domain §1.12), so
//! what follows from an answer is policy: each profile says what a "no" and what silence mean.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::application::ApplicationType;
use crate::policy::PolicyProfile;
use crate::reason::reasons;
use crate::refusal::{Refusal, RuleId, Stage};

/// A question to another system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExternalCheck {
    /// Does this employer pay the person's social insurance?
    SocialInsurance,
    /// Does the person hold the schooling (学历) that they state?
    Education,
}

impl ExternalCheck {
    /// Every check.
    pub const ALL: [Self; 2] = [Self::SocialInsurance, Self::Education];

    /// The stable name, as stored and sent.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::SocialInsurance => "SOCIAL_INSURANCE",
            Self::Education => "EDUCATION",
        }
    }

    /// Reads what [`Self::code`] wrote.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|check| check.code() == code)
    }

    /// In words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SocialInsurance => "社会保险核验",
            Self::Education => "学历核验",
        }
    }

    /// Whether the question arises: insurance wherever an employment is judged, schooling where specialties are
    /// registered anew.
    #[must_use]
    pub const fn applies_to(self, kind: ApplicationType) -> bool {
        match self {
            Self::SocialInsurance => kind.is_judged(),
            Self::Education => kind.registers_specialties(),
        }
    }
}

/// What the other system said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CheckAnswer {
    /// It is so.
    Yes,
    /// It is not so.
    No,
    /// No answer: not reachable, too late, or nothing that could be understood.
    Unavailable,
}

impl CheckAnswer {
    /// The stable name, as stored and sent.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Yes => "YES",
            Self::No => "NO",
            Self::Unavailable => "UNAVAILABLE",
        }
    }

    /// Reads what [`Self::code`] wrote.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Yes, Self::No, Self::Unavailable]
            .into_iter()
            .find(|answer| answer.code() == code)
    }
}

/// What follows from an answer that is no "yes".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailPolicy {
    /// Nothing.
    Pass,
    /// The application is not taken, or not granted.
    Refuse,
    /// It is taken, and granted only after an officer has settled the question.
    Hold,
}

/// What a profile makes of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckPolicy {
    /// Of a "no".
    pub denied: FailPolicy,
    /// Of no answer.
    pub unavailable: FailPolicy,
}

/// Where a profile says nothing: a "no" is for an officer to weigh, silence harms nobody.
impl Default for CheckPolicy {
    fn default() -> Self {
        Self {
            denied: FailPolicy::Hold,
            unavailable: FailPolicy::Pass,
        }
    }
}

/// The latest answer to a check of one application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckOutcome {
    /// Which.
    pub check: ExternalCheck,
    /// What was said.
    pub answer: CheckAnswer,
    /// When.
    pub asked_on: Date,
    /// How an officer settled it: whether the person is believed.
    pub settled: Option<bool>,
}

impl CheckOutcome {
    /// What follows under a profile: an officer's word stands before the other system's.
    #[must_use]
    pub fn consequence(&self, policy: &PolicyProfile) -> FailPolicy {
        let rule = policy.checks.get(&self.check).copied().unwrap_or_default();
        match (self.settled, self.answer) {
            (Some(true), _) | (None, CheckAnswer::Yes) => FailPolicy::Pass,
            (Some(false), _) => FailPolicy::Refuse,
            (None, CheckAnswer::No) => rule.denied,
            (None, CheckAnswer::Unavailable) => rule.unavailable,
        }
    }
}

reasons! {
    /// Why a check is not settled.
    pub enum CheckRefused {
        /// It was not asked, said yes, or is settled.
        NothingToSettle => "CHECK_NOTHING_TO_SETTLE", "domain §1.12",
            "该核验无须或已经由经办人员核实。", "The check was not asked, was passed, or is settled.";
        /// Settled without grounds.
        GroundsMissing => "CHECK_GROUNDS_MISSING", "行政许可法 art 38",
            "请写明核实依据。", "Say what the settlement rests on.";
    }
}

impl CheckOutcome {
    /// Whether an officer may settle it now.
    ///
    /// # Errors
    /// There is nothing to settle, or no grounds.
    pub fn may_be_settled(&self, grounds: &str) -> Result<(), CheckRefused> {
        if self.answer == CheckAnswer::Yes || self.settled.is_some() {
            Err(CheckRefused::NothingToSettle)
        } else if grounds.trim().is_empty() {
            Err(CheckRefused::GroundsMissing)
        } else {
            Ok(())
        }
    }

    /// Whether the other system is to be asked (again): it said nothing, and no officer has settled it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.answer == CheckAnswer::Unavailable && self.settled.is_none()
    }
}

/// What the checks hold against an application; what is on hold does so from the decision on.
pub(crate) fn failing(
    kind: ApplicationType,
    stage: Stage,
    outcomes: &[CheckOutcome],
    policy: &PolicyProfile,
) -> Vec<Refusal> {
    let of = |outcome: &CheckOutcome| {
        let rule = match (outcome.consequence(policy), outcome.check) {
            (FailPolicy::Pass, _) => return None,
            (FailPolicy::Hold, _) if stage == Stage::Submission => return None,
            (FailPolicy::Hold, _) => RuleId::CheckUnsettled,
            (FailPolicy::Refuse, ExternalCheck::SocialInsurance) => RuleId::SocialInsurance,
            (FailPolicy::Refuse, ExternalCheck::Education) => RuleId::Schooling,
        };
        let refusal = Refusal::of(rule)
            .fact("check", outcome.check.code())
            .fact("answer", outcome.answer.code());
        Some(refusal.fact("asked_on", outcome.asked_on))
    };
    let asked = outcomes.iter().filter(|outcome| outcome.check.applies_to(kind));
    asked.filter_map(of).collect()
}
