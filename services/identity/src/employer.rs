//! Employers (聘用企业) and what makes a firm one.

use domain::credit_code::CreditCode;
use domain::ids::{AccountId, EmployerId};
use domain::province::Province;
use jiff::Timestamp;
use jiff::civil::Date;

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
    /// Whether it may employ constructors now.
    pub(crate) standing: EmployerStanding,
    /// Since when.
    pub(crate) standing_from: Date,
}

/// What the business register says of an employer on the days from `from` to `to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EmployerFact {
    /// Its registered name.
    pub(crate) title: String,
    /// 统一社会信用代码.
    pub(crate) credit_code: CreditCode,
    /// Whether it may employ constructors.
    pub(crate) standing: EmployerStanding,
    /// First day.
    pub(crate) from: Date,
    /// Last day; none while it holds.
    pub(crate) to: Option<Date>,
    /// What shows it.
    pub(crate) evidence: String,
    /// When it was recorded.
    pub(crate) recorded_at: Timestamp,
}

/// Whether a firm may employ constructors (153号 art 15(9), 16(1)–(3)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EmployerStanding {
    /// It holds a qualification.
    Qualified,
    /// It holds none.
    Unqualified,
    /// 破产.
    Bankrupt,
    /// 被吊销营业执照.
    LicenceRevoked,
    /// 被吊销或者撤回资质证书.
    QualificationRevoked,
    /// 因合并、分立而注销.
    Dissolved,
}

impl EmployerStanding {
    const ALL: [Self; 6] = [
        Self::Qualified,
        Self::Unqualified,
        Self::Bankrupt,
        Self::LicenceRevoked,
        Self::QualificationRevoked,
        Self::Dissolved,
    ];

    /// Stable name, as stored.
    #[must_use]
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Qualified => "QUALIFIED",
            Self::Unqualified => "UNQUALIFIED",
            Self::Bankrupt => "BANKRUPT",
            Self::LicenceRevoked => "LICENCE_REVOKED",
            Self::QualificationRevoked => "QUALIFICATION_REVOKED",
            Self::Dissolved => "DISSOLVED",
        }
    }

    /// Reads what [`Self::code`] wrote.
    #[must_use]
    pub(crate) fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.code() == code)
    }
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
