//! What a fact says, and on whose word.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::FactRefused;
use crate::employment::EmployerStanding;
use crate::refusal::PersonFact;

/// A dated fact about an employer (153号 art 15(9), 16(1)–(3)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EmployerFact {
    /// Bankrupt.
    Bankrupt {
        /// First day.
        since: Date,
        /// Last day; none while it lasts.
        to: Option<Date>,
    },
    /// Its business licence is revoked.
    LicenceRevoked {
        /// First day.
        since: Date,
        /// Last day; none while it lasts.
        to: Option<Date>,
    },
    /// Its qualification is revoked or withdrawn.
    QualificationRevoked {
        /// First day.
        since: Date,
        /// Last day; none while it lasts.
        to: Option<Date>,
    },
}

/// What a fact says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", content = "says", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Statement {
    /// About a person.
    Person(PersonFact),
    /// About an employer.
    Employer(EmployerFact),
    /// The corrected fact was never so: says nothing else.
    NotSo,
}

macro_rules! sources {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $zh:literal;)*) => {
        /// Whose word a fact rests on.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum FactSource {
            $($(#[$doc])* #[serde(rename = $code)] $name,)*
        }

        impl FactSource {
            /// Every source.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// In words.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $zh,)* }
            }
        }
    };
}

sources! {
    /// A court: sentences, incapacity, bankruptcy.
    Court = "COURT", "人民法院";
    /// A housing and construction authority: stripping, false material, fraud, qualifications of employers.
    HousingAuthority = "HOUSING_AUTHORITY", "住房城乡建设主管部门";
    /// A work-safety authority: accidents.
    SafetyAuthority = "SAFETY_AUTHORITY", "应急管理部门";
    /// A market regulator: business licences.
    MarketRegulator = "MARKET_REGULATOR", "市场监督管理部门";
    /// A provider of continuing education.
    EducationProvider = "EDUCATION_PROVIDER", "继续教育机构";
    /// Another authority by its statute.
    OtherAuthority = "OTHER_AUTHORITY", "其他行政机关";
    /// Reported by the person, the employer or anybody, and checked by an officer.
    Report = "REPORT", "举报或申报并经核实";
}

impl Statement {
    /// The provision that it bears on.
    #[must_use]
    pub const fn article(&self) -> &'static str {
        match self {
            Self::Person(PersonFact::Incapacity { .. }) => "153号 art 15(1)",
            Self::Person(PersonFact::Conviction { .. }) => "153号 art 15(4)–(6)",
            Self::Person(PersonFact::Stripped { .. }) => "153号 art 15(7)",
            Self::Person(PersonFact::MajorAccident { .. }) => "153号 art 15(8)",
            Self::Person(PersonFact::FalseMaterial { .. }) => "153号 art 33",
            Self::Person(PersonFact::Fraud { .. }) => "153号 art 34",
            Self::Person(PersonFact::Education { .. }) => "153号 art 15(3); 建市〔2010〕192号",
            Self::Person(PersonFact::OtherBar { .. }) => "153号 art 15(11)",
            Self::Employer(_) => "153号 art 15(9), 16(1)–(3)",
            Self::NotSo => "domain §1.5",
        }
    }

    /// Dates of events lie behind, periods end after they begin, hours are plausible.
    pub(super) fn check(&self, today: Date) -> Result<(), FactRefused> {
        let ordered = |from: Date, to: Option<Date>| to.is_none_or(|to| from <= to);
        let sound = match self {
            Self::Person(fact) => match fact {
                PersonFact::Incapacity { from, to } | PersonFact::OtherBar { from, to, .. } => {
                    *from <= today && ordered(*from, *to)
                }
                PersonFact::Conviction {
                    decided_on,
                    served_on,
                    ..
                } => *decided_on <= today && ordered(*decided_on, *served_on),
                PersonFact::Stripped { decided_on }
                | PersonFact::FalseMaterial { decided_on }
                | PersonFact::Fraud { decided_on } => *decided_on <= today,
                PersonFact::MajorAccident { happened_on } => *happened_on <= today,
                PersonFact::Education {
                    required_hours,
                    elective_hours,
                    completed_on,
                    ..
                } => {
                    let hours = u32::from(*required_hours) + u32::from(*elective_hours);
                    if !(1..=1000).contains(&hours) {
                        return Err(FactRefused::Hours);
                    }
                    *completed_on <= today
                }
            },
            Self::Employer(
                EmployerFact::Bankrupt { since, to }
                | EmployerFact::LicenceRevoked { since, to }
                | EmployerFact::QualificationRevoked { since, to },
            ) => *since <= today && ordered(*since, *to),
            Self::NotSo => true,
        };
        if sound { Ok(()) } else { Err(FactRefused::Dates) }
    }
}

/// How an employer stands on a day: what is recorded against it weighs more than the qualification it is listed with
/// (153号 art 15(9), 16(1)–(3)).
#[must_use]
pub fn employer_standing(qualified: bool, facts: &[EmployerFact], today: Date) -> EmployerStanding {
    let against = facts.iter().find_map(|fact| {
        let (since, to, standing) = match *fact {
            EmployerFact::Bankrupt { since, to } => (since, to, EmployerStanding::Bankrupt { since }),
            EmployerFact::LicenceRevoked { since, to } => {
                (since, to, EmployerStanding::LicenceRevoked { since })
            }
            EmployerFact::QualificationRevoked { since, to } => {
                (since, to, EmployerStanding::QualificationRevoked { since })
            }
        };
        (since <= today && to.is_none_or(|to| today <= to)).then_some(standing)
    });
    against.unwrap_or(if qualified {
        EmployerStanding::Qualified
    } else {
        EmployerStanding::Unqualified
    })
}
