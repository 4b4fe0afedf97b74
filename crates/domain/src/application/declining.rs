//! 不予受理, and what brings an ended application back: a reconsideration or a judgment.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::filing::required;
use super::{
    Act, Application, ApplicationEvent, ApplicationState, Claim, MoveRefused, ReturnReason, Submission,
};
use crate::authority::{Actor, Officer};
use crate::ids::OfficerId;
use crate::policy::PolicyProfile;

/// Why an application is not accepted (行政许可法 art 32).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NonAcceptanceGround {
    /// Art 32(1).
    NoPermitNeeded,
    /// Art 32(2); the notice names whom to turn to.
    NotCompetent,
    /// The one correction notice was answered and something it listed is still missing (by inversion of art 32(4), (5)).
    NotCorrected,
}

impl NonAcceptanceGround {
    /// The ground in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoPermitNeeded => "申请事项依法不需要取得行政许可",
            Self::NotCompetent => "申请事项依法不属于本机关职权范围",
            Self::NotCorrected => "经一次性告知补正后，申请材料仍不齐全或者不符合法定形式",
        }
    }

    /// The article.
    #[must_use]
    pub const fn article(self) -> &'static str {
        match self {
            Self::NoPermitNeeded => "行政许可法 art 32(1)",
            Self::NotCompetent => "行政许可法 art 32(2)",
            Self::NotCorrected => "行政许可法 art 32(4), (5)",
        }
    }
}

impl fmt::Display for NonAcceptanceGround {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A decision not to accept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NonAcceptance {
    /// What was submitted.
    pub submission: Submission,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Officer,
    /// Why.
    pub ground: NonAcceptanceGround,
    /// In words.
    pub grounds: String,
}

impl Application {
    /// Does not accept (不予受理), with grounds.
    ///
    /// # Errors
    /// Not submitted, the officer's authority does not accept, no grounds, or the correction notice was not given.
    pub fn decline_acceptance(
        self,
        policy: &PolicyProfile,
        officer: Officer,
        ground: NonAcceptanceGround,
        grounds: &str,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let act = Act::DeclineAcceptance;
        let submission = self.submitted_to(act, policy, officer)?;
        if ground == NonAcceptanceGround::NotCorrected && submission.correction.is_none() {
            return Err(MoveRefused::CorrectionNotRequested);
        }
        let declined = NonAcceptance {
            submission: submission.clone(),
            at,
            by: officer,
            ground,
            grounds: required(grounds)?,
        };
        let state = ApplicationState::NotAccepted(Box::new(declined));
        Ok(self.advance(act, Actor::Officer(officer), at, state))
    }

    /// Takes up again what was refused or not accepted, because a reconsideration or a judgment says so (行政复议法,
    /// 行政诉讼法): what was refused is reviewed and decided anew, by another officer than the one who refused; what was
    /// not accepted is submitted again. The nation is asked for its claim anew.
    ///
    /// # Errors
    /// Neither refused nor declined, or no document is named.
    pub fn reopen(
        mut self,
        officer: Officer,
        document: &str,
        at: Timestamp,
    ) -> Result<(Self, ApplicationEvent), MoveRefused> {
        let act = Act::Reopen;
        let document = required(document)?;
        let (state, refused_by) = match &self.state {
            ApplicationState::Refused(decision) => {
                let mut acceptance = decision.reviewed.acceptance.clone();
                if acceptance.claim != Claim::Exempt {
                    acceptance.claim = Claim::Pending;
                }
                (ApplicationState::Accepted(Box::new(acceptance)), decision.by.id)
            }
            ApplicationState::NotAccepted(declined) => {
                let submission = Box::new(declined.submission.clone());
                (ApplicationState::Submitted(submission), declined.by.id)
            }
            _ => return Err(self.out_of_order(act)),
        };
        self.returns.push(ReturnReason::Reopened {
            document,
            refused_by,
            at,
        });
        Ok(self.advance(act, Actor::Officer(officer), at, state))
    }

    /// Officers whose refusal was overturned: they do not judge the file again.
    pub fn overturned(&self) -> impl Iterator<Item = OfficerId> {
        self.returns.iter().filter_map(|why| match why {
            ReturnReason::Reopened { refused_by, .. } => Some(*refused_by),
            _ => None,
        })
    }
}
