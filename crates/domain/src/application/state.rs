//! Where an application stands, with the facts that are true there.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{NonAcceptance, RenewalFiling};
use crate::authority::{Actor, Officer};
use crate::employment::Confirmation;
use crate::ids::{AccountId, AnnouncementId, ClaimId, ClearanceId, ObjectionId, PublicityId};
use crate::registration_number::RegistrationNumber;
use crate::specialty::{JointReviewer, Specialty};

mod reading;

/// Where an application stands. A store keeps [`ApplicationState::kind`] and the whole as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ApplicationState {
    /// Being written.
    Draft {
        /// Since when.
        since: Timestamp,
    },
    /// With the employer's registrar.
    EmployerPending {
        /// Since when.
        since: Timestamp,
    },
    /// The employer stands behind it; not yet submitted.
    EmployerConfirmed {
        /// Who and when.
        confirmation: Confirmation,
    },
    /// The employer does not; it may be revised.
    EmployerRejected {
        /// The registrar.
        by: AccountId,
        /// When.
        at: Timestamp,
        /// Why.
        grounds: String,
    },
    /// With the accepting authority.
    Submitted(Box<Submission>),
    /// Back with the person, told once what is missing.
    CorrectionRequested {
        /// What was submitted.
        submission: Box<Submission>,
        /// What is missing.
        correction: Correction,
    },
    /// 受理.
    Accepted(Box<Acceptance>),
    /// 初审 done.
    Reviewed(Box<Reviewed>),
    /// With the co-reviewing departments.
    JointReviewPending(Box<JointReview>),
    /// Every co-reviewing department has spoken.
    JointReviewed(Box<JointReview>),
    /// Granted; not yet public.
    Decided(Box<Decision>),
    /// 公示.
    Publicized {
        /// The decision.
        decision: Box<Decision>,
        /// The window.
        publicity: Publicity,
    },
    /// An objection is open.
    Objected {
        /// The decision.
        decision: Box<Decision>,
        /// The window.
        publicity: Publicity,
        /// The objection that is looked into.
        objection: Objection,
        /// Others raised meanwhile, in their order.
        #[serde(default)]
        further: Vec<Objection>,
    },
    /// The window ended without an objection upheld.
    PublicityClosed {
        /// The decision.
        decision: Box<Decision>,
        /// The window.
        publicity: Publicity,
    },
    /// The nation cleared it.
    Cleared(Box<Cleared>),
    /// 公告: the person is registered. Terminal.
    Announced(Box<Announced>),
    /// 视为准予延续: undecided at the end of the term (行政许可法 art 50). Terminal.
    DeemedRenewed(Box<DeemedRenewal>),
    /// 不予受理. Only a reconsideration or a judgment takes it up again.
    NotAccepted(Box<NonAcceptance>),
    /// 不予注册. Only a reconsideration or a judgment takes it up again.
    Refused(Box<Decision>),
    /// Terminal.
    Withdrawn {
        /// When.
        at: Timestamp,
        /// By whom.
        by: Actor,
        /// Why.
        grounds: String,
        /// Where it stood.
        from: StateKind,
    },
    /// Confirmed by the employer, which completes it once the nation has cleared it (cancellation, 2018 practice).
    Completing(Box<Submission>),
    /// 已办结 without an announcement. Terminal.
    Completed(Box<Completed>),
}

/// What was submitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// When first; the policy and the time limits hang on it.
    pub at: Timestamp,
    /// By whom.
    pub by: AccountId,
    /// The employer's confirmation; none for a cancellation forced against the employer.
    pub confirmation: Option<Confirmation>,
    /// The one correction notice, and when it was answered.
    pub correction: Option<(Correction, Timestamp)>,
    /// For a renewal: what it was filed against.
    #[serde(default)]
    pub renewal: Option<RenewalFiling>,
}

/// The one notice of everything that is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Officer,
    /// Everything that is missing.
    pub points: Vec<String>,
}

/// Acceptance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// What was accepted.
    pub submission: Submission,
    /// When; where silence counts as acceptance, from the receipt on.
    pub at: Timestamp,
    /// By whom; nobody where silence counts as acceptance (101号 art 17; 行政许可法 art 32).
    pub by: Option<Officer>,
    /// The nationwide claim.
    pub claim: Claim,
}

/// The nationwide claim that this is the person's only open application (design §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "claim", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Claim {
    /// The type needs none.
    Exempt,
    /// The nation was out of reach; acceptance went on.
    Pending,
    /// Held.
    Held {
        /// The nation's id of it.
        id: ClaimId,
    },
    /// Another application of the person is open elsewhere.
    Conflict {
        /// Since when it is known.
        known_at: Timestamp,
    },
}

impl Claim {
    /// Whether the nation can be asked for clearance.
    #[must_use]
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Exempt | Self::Held { .. })
    }
}

/// An officer's opinion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opinion {
    /// By whom.
    pub by: Officer,
    /// When.
    pub at: Timestamp,
    /// For or against.
    pub favourable: bool,
    /// Why; required where against.
    pub grounds: String,
}

/// An accepted application with the province's opinion, where the policy asks for one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviewed {
    /// The acceptance.
    pub acceptance: Acceptance,
    /// The opinion; none under a policy without provincial review.
    pub opinion: Option<Opinion>,
}

/// A co-reviewing department's opinion on one specialty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JointOpinion {
    /// On which.
    pub specialty: Specialty,
    /// The opinion; its officer acts for the department.
    pub opinion: Opinion,
}

/// A joint review, open or complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JointReview {
    /// The review before.
    pub reviewed: Reviewed,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// Which specialties need whose opinion.
    pub required: BTreeMap<Specialty, JointReviewer>,
    /// What has been said.
    pub opinions: Vec<JointOpinion>,
}

/// What a decision says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    /// 准予注册.
    Granted,
    /// 不予注册.
    Refused {
        /// Why, in words.
        grounds: String,
        /// The rules that fail, by stable id.
        rules: Vec<String>,
    },
}

/// A decision with the examination it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The review before.
    pub reviewed: Reviewed,
    /// The joint opinions, one for every specialty that needed one.
    pub joint: Vec<JointOpinion>,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Officer,
    /// What.
    pub verdict: Verdict,
}

/// A renewal that counts as granted, with the examination as far as it had got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeemedRenewal {
    /// The acceptance, and the review if there was one.
    pub reviewed: Reviewed,
    /// The joint opinions recorded by then.
    pub joint: Vec<JointOpinion>,
    /// When it was recorded.
    pub at: Timestamp,
    /// The end of the term that passed undecided.
    pub ended_on: Date,
}

/// A publicity window; both days are days on which one may object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publicity {
    /// The batch.
    pub id: PublicityId,
    /// First day.
    pub opens_on: Date,
    /// Last day.
    pub closes_on: Date,
    /// Objections that were dismissed.
    pub dismissed: Vec<ObjectionId>,
}

/// An open objection; its text and contact are kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    /// Its id.
    pub id: ObjectionId,
    /// When it was raised.
    pub at: Timestamp,
}

/// The nation's clearance (design §3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleared {
    /// The decision.
    pub decision: Decision,
    /// The publicity; none where the policy has none.
    pub publicity: Option<Publicity>,
    /// The clearance.
    pub clearance: ClearanceId,
    /// When it was given.
    pub at: Timestamp,
    /// The number to print.
    pub number: RegistrationNumber,
    /// Hex digest of the application that it binds.
    pub application_hash: String,
    /// No announcement after this instant.
    pub announce_by: Timestamp,
}

/// The announcement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    /// The clearance it used.
    pub cleared: Cleared,
    /// The announcement.
    pub announcement: AnnouncementId,
    /// Its number (公告文号).
    pub announcement_number: String,
    /// The legal moment.
    pub at: Timestamp,
    /// By whom.
    pub by: Officer,
}

/// A cancellation that the employer's confirmation completed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completed {
    /// What the parties filed.
    pub submission: Submission,
    /// The clearance it used.
    pub clearance: ClearanceId,
    /// The number that was registered.
    pub number: RegistrationNumber,
    /// Hex digest of the application that the clearance bound.
    pub application_hash: String,
    /// The legal moment.
    pub at: Timestamp,
}

macro_rules! kinds {
    ($($name:ident = $code:literal, $zh:literal;)*) => {
        /// The bare name of a state, for columns, filters and messages.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum StateKind {
            $(#[doc = $zh] $name,)*
        }

        impl StateKind {
            /// Every state, in the order of the path.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Stable name, as stored and sent.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The state in words.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $zh,)* }
            }
        }

        impl ApplicationState {
            /// The bare name of the state.
            #[must_use]
            pub const fn kind(&self) -> StateKind {
                match self { $(Self::$name { .. } => StateKind::$name,)* }
            }
        }
    };
}

kinds! {
    Draft = "DRAFT", "草稿";
    EmployerPending = "EMPLOYER_PENDING", "待聘用单位确认";
    EmployerConfirmed = "EMPLOYER_CONFIRMED", "聘用单位已确认";
    EmployerRejected = "EMPLOYER_REJECTED", "聘用单位已退回";
    Submitted = "SUBMITTED", "已提交";
    CorrectionRequested = "CORRECTION_REQUESTED", "待补正";
    Accepted = "ACCEPTED", "已受理";
    Reviewed = "REVIEWED", "已初审";
    JointReviewPending = "JOINT_REVIEW_PENDING", "会审中";
    JointReviewed = "JOINT_REVIEWED", "已会审";
    Decided = "DECIDED", "已准予";
    Publicized = "PUBLICIZED", "公示中";
    Objected = "OBJECTED", "异议处理中";
    PublicityClosed = "PUBLICITY_CLOSED", "公示期满";
    Cleared = "CLEARED", "已核准待公告";
    Announced = "ANNOUNCED", "已公告";
    Refused = "REFUSED", "不予注册";
    Withdrawn = "WITHDRAWN", "已撤回";
    Completing = "COMPLETING", "单位已确认待办结";
    Completed = "COMPLETED", "已办结";
    DeemedRenewed = "DEEMED_RENEWED", "视为准予延续";
    NotAccepted = "NOT_ACCEPTED", "不予受理";
}

impl StateKind {
    /// Reads what [`Self::code`] wrote.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }

    /// Whether nothing can follow in the ordinary course.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Announced
                | Self::Refused
                | Self::Withdrawn
                | Self::Completed
                | Self::DeemedRenewed
                | Self::NotAccepted
        )
    }

    /// Whether the application can still be withdrawn: any state before the decision.
    #[must_use]
    pub fn is_before_decision(self) -> bool {
        self < Self::Decided
    }
}

impl fmt::Display for StateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
