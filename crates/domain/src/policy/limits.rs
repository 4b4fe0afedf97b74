//! The steps of a file and the working days an authority has for each (domain §1.4).

use serde::{Deserialize, Serialize};

use crate::application::ApplicationType;

/// A step that an officer takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// 受理, including the one notice of what is missing.
    Accept,
    /// 初审.
    Review,
    /// 会审.
    JointReview,
    /// 审批.
    Decide,
    /// 公示 and 公告.
    Announce,
}

impl Step {
    /// The step in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accept => "受理",
            Self::Review => "初审",
            Self::JointReview => "会审",
            Self::Decide => "审批",
            Self::Announce => "公示公告",
        }
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Working days of one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepLimit {
    /// For 初始、增项、重新.
    pub full: u16,
    /// For 延续、变更 and the rest.
    pub short: u16,
}

/// Working days of every step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeLimits {
    /// To say what is missing; silence means accepted (101号 art 17).
    pub completeness: u16,
    /// The province's review.
    pub review: StepLimit,
    /// A co-reviewing department.
    pub joint_review: StepLimit,
    /// The decision.
    pub decision: StepLimit,
    /// What a leader may add to the decision, with reasons notified (行政许可法 art 42).
    pub decision_extension: u16,
    /// From the decision (or the end of publicity) to the announcement (行政许可法 art 44).
    pub announcement: u16,
}

impl TimeLimits {
    /// Working days for a step of an application.
    #[must_use]
    pub const fn days(&self, step: Step, kind: ApplicationType) -> u16 {
        let limit = match step {
            Step::Accept => return self.completeness,
            Step::Announce => return self.announcement,
            Step::Review => self.review,
            Step::JointReview => self.joint_review,
            Step::Decide => self.decision,
        };
        if kind.registers_specialties() {
            limit.full
        } else {
            limit.short
        }
    }
}
