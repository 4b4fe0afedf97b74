//! Employers (聘用企业) and what makes a firm one.

use domain::credit_code::CreditCode;
use domain::ids::{AccountId, EmployerId};
use domain::province::Province;
use jiff::Timestamp;

/// An employer as registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Employer {
    /// Its id.
    pub(crate) id: EmployerId,
    /// Its registered name.
    pub(crate) title: String,
    /// 统一社会信用代码.
    pub(crate) credit_code: CreditCode,
    /// Where it is registered and its people apply.
    pub(crate) province: Province,
    /// Its classes of enterprise qualification, each once.
    pub(crate) qualifications: Vec<EmployerQualification>,
    /// Since when it is registered here.
    pub(crate) created_at: Timestamp,
}

/// Somebody who acts for an employer as its registrar (注册经办人).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Member {
    /// The employer.
    pub(crate) employer: EmployerId,
    /// The account.
    pub(crate) account: AccountId,
    /// Since when.
    pub(crate) since: Timestamp,
}

impl Member {
    /// `employers/{employer}/members/{account}`
    #[must_use]
    pub(crate) fn resource_name(&self) -> String {
        format!("{}/members/{}", self.employer.resource_name(), self.account)
    }
}

/// Reads `employers/{employer}/members/{account}`.
#[must_use]
pub(crate) fn parse_member_name(name: &str) -> Option<(EmployerId, AccountId)> {
    let (employer, account) = name.split_once("/members/")?;
    Some((
        EmployerId::from_resource_name(employer).ok()?,
        account.parse().ok()?,
    ))
}

/// Classes of enterprise qualification (建市〔2007〕101号).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum EmployerQualification {
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

impl EmployerQualification {
    const ALL: [Self; 6] = [
        Self::Construction,
        Self::Survey,
        Self::Design,
        Self::Supervision,
        Self::TenderAgency,
        Self::CostConsulting,
    ];

    /// Stable name, as stored.
    #[must_use]
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Construction => "CONSTRUCTION",
            Self::Survey => "SURVEY",
            Self::Design => "DESIGN",
            Self::Supervision => "SUPERVISION",
            Self::TenderAgency => "TENDER_AGENCY",
            Self::CostConsulting => "COST_CONSULTING",
        }
    }

    /// Reads what [`Self::code`] wrote.
    #[must_use]
    pub(crate) fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.code() == code)
    }
}
