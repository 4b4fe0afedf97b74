//! Employers, who belongs to them, and how an employment is shown to have ended (domain §1.2, §1.3, §1.6).

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::authority::Officer;
use crate::credit_code::CreditCode;
use crate::ids::{AccountId, EmployerId, MaterialId, PersonId};
use crate::province::Province;

mod gap;
mod notice;

pub use gap::{EmploymentGap, GapMeaning, GapRule};
pub use notice::{NoticeRefused, NoticeState, TerminationNotice};

/// The kinds of units a constructor may be registered with (101号 art 4; domain §1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EmployerKind {
    /// 施工.
    Construction,
    /// 勘察.
    Survey,
    /// 设计.
    Design,
    /// 监理.
    Supervision,
    /// 招标代理.
    TenderAgency,
    /// 造价咨询.
    CostConsulting,
}

impl EmployerKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Construction,
        Self::Survey,
        Self::Design,
        Self::Supervision,
        Self::TenderAgency,
        Self::CostConsulting,
    ];

    /// The word on the form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Construction => "施工",
            Self::Survey => "勘察",
            Self::Design => "设计",
            Self::Supervision => "监理",
            Self::TenderAgency => "招标代理",
            Self::CostConsulting => "造价咨询",
        }
    }
}

/// An employing unit as the register sees it. Applications go to the province where it is registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Employer {
    /// Its id.
    pub id: EmployerId,
    /// Full name.
    pub name: String,
    /// Its unified social credit code.
    pub credit_code: CreditCode,
    /// Province of its business registration.
    pub province: Province,
    /// What it holds a qualification for.
    pub kinds: Vec<EmployerKind>,
    /// Whether it may employ constructors.
    pub standing: EmployerStanding,
}

/// Whether a unit meets the conditions of a registering unit (153号 art 15(9), 16(1)–(3)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EmployerStanding {
    /// It holds a qualification.
    Qualified,
    /// It never held one, or the kind does not count.
    Unqualified,
    /// Bankrupt.
    Bankrupt {
        /// Since when.
        since: Date,
    },
    /// Business licence revoked.
    LicenceRevoked {
        /// Since when.
        since: Date,
    },
    /// Enterprise qualification revoked or withdrawn.
    QualificationRevoked {
        /// Since when.
        since: Date,
    },
}

/// The labour contract an application rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// First day.
    pub from: Date,
    /// Last day; none for one without fixed term.
    pub to: Option<Date>,
}

impl Contract {
    /// Whether it is in force on a day.
    #[must_use]
    pub fn covers(&self, day: Date) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }
}

/// A person's place in an employer, as the employer's registrar confirmed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// Who.
    pub person: PersonId,
    /// Where.
    pub employer: EmployerId,
    /// The contract.
    pub contract: Contract,
    /// When the registrar confirmed it, and which.
    pub confirmed: Option<Confirmation>,
    /// How it ended, once it has.
    pub termination: Option<Termination>,
}

/// A registrar's confirmation on behalf of the employer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The registrar's account.
    pub by: AccountId,
    /// When.
    pub at: Timestamp,
}

/// The end of an employment and what shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Termination {
    /// The last day of employment.
    pub ended_on: Date,
    /// What shows it.
    pub evidence: TerminationEvidence,
}

/// What shows that an employment ended: the old employer's word, or one of the three papers that replace it where the
/// employer refuses (强制注销; domain §1.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "evidence", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TerminationEvidence {
    /// The old employer's registrar confirmed it.
    Confirmed(Confirmation),
    /// 解除劳动合同证明.
    DismissalCertificate {
        /// The uploaded paper.
        material: MaterialId,
    },
    /// 劳动仲裁裁决书.
    ArbitralAward {
        /// The uploaded paper.
        material: MaterialId,
    },
    /// 法院判决书.
    Judgment {
        /// The uploaded paper.
        material: MaterialId,
    },
    /// 退休证明.
    RetirementProof {
        /// The uploaded paper.
        material: MaterialId,
    },
    /// The old employer was told and did not object in time.
    Unopposed {
        /// When it was told.
        notified_at: Timestamp,
        /// The last day on which it could object.
        objections_until: Date,
    },
    /// It objected, and an officer found that the employment has ended all the same.
    ObjectionDismissed {
        /// The officer.
        by: Officer,
        /// When.
        at: Timestamp,
    },
}

impl TerminationEvidence {
    /// The name of the evidence.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Confirmed(_) => "原聘用单位确认",
            Self::DismissalCertificate { .. } => "解除劳动合同证明",
            Self::ArbitralAward { .. } => "劳动仲裁裁决书",
            Self::Judgment { .. } => "人民法院判决书",
            Self::RetirementProof { .. } => "退休证明",
            Self::Unopposed { .. } => "原聘用单位逾期未提出异议",
            Self::ObjectionDismissed { .. } => "原聘用单位异议不成立",
        }
    }

    /// The paper that it rests on.
    #[must_use]
    pub const fn material(&self) -> Option<MaterialId> {
        match self {
            Self::DismissalCertificate { material }
            | Self::ArbitralAward { material }
            | Self::Judgment { material }
            | Self::RetirementProof { material } => Some(*material),
            Self::Confirmed(_) | Self::Unopposed { .. } | Self::ObjectionDismissed { .. } => None,
        }
    }

    /// Whether it stands without the old employer.
    #[must_use]
    pub const fn is_forced(&self) -> bool {
        matches!(
            self,
            Self::DismissalCertificate { .. } | Self::ArbitralAward { .. } | Self::Judgment { .. }
        )
    }
}

impl Membership {
    /// Whether the person works there on a day, as far as the register knows.
    #[must_use]
    pub fn is_active(&self, day: Date) -> bool {
        self.confirmed.is_some()
            && self.contract.covers(day)
            && self
                .termination
                .as_ref()
                .is_none_or(|termination| day <= termination.ended_on)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_membership_is_active_once_confirmed_until_it_ends() {
        let confirmation = Confirmation {
            by: AccountId::from_uuid(Uuid::from_u128(1)),
            at: Timestamp::UNIX_EPOCH,
        };
        let mut membership = Membership {
            person: PersonId::from_uuid(Uuid::from_u128(2)),
            employer: EmployerId::from_uuid(Uuid::from_u128(3)),
            contract: Contract {
                from: date(2023, 1, 1),
                to: None,
            },
            confirmed: None,
            termination: None,
        };
        assert!(!membership.is_active(date(2024, 1, 1)));
        membership.confirmed = Some(confirmation);
        assert!(membership.is_active(date(2024, 1, 1)) && !membership.is_active(date(2022, 12, 31)));
        let evidence = TerminationEvidence::Confirmed(confirmation);
        assert!(!evidence.is_forced());
        membership.termination = Some(Termination {
            ended_on: date(2024, 5, 31),
            evidence,
        });
        assert!(membership.is_active(date(2024, 5, 31)) && !membership.is_active(date(2024, 6, 1)));
    }
}
