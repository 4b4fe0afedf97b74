//! Authorities and the officers who act for them (domain §1.2).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, OfficerId};
use crate::province::{Jurisdiction, Province, UnknownProvince};
use crate::specialty::JointReviewer;

/// An authority of the registration: what an officer's grant is for. A grant for one is never good for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Authority {
    /// A provincial housing department.
    Province(Province),
    /// The ministry, registration authority of Level-1 constructors (国务院住房城乡建设主管部门).
    Ministry,
    /// A co-reviewing central department.
    JointReviewer(JointReviewer),
}

impl Authority {
    /// The authority in words.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Province(province) => format!("{}住房城乡建设主管部门", province.name()),
            Self::Ministry => "国务院住房城乡建设主管部门".to_owned(),
            Self::JointReviewer(reviewer) => reviewer.name().to_owned(),
        }
    }
}

/// The resource name: `provinces/32`, `ministry`, `ministries/water-resources`.
impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Province(province) => write!(f, "provinces/{province}"),
            Self::Ministry => f.write_str("ministry"),
            Self::JointReviewer(reviewer) => write!(f, "ministries/{}", reviewer.slug()),
        }
    }
}

impl FromStr for Authority {
    type Err = UnknownProvince;

    fn from_str(name: &str) -> Result<Self, UnknownProvince> {
        if name == "ministry" {
            return Ok(Self::Ministry);
        }
        if let Some(slug) = name.strip_prefix("ministries/") {
            let reviewer = JointReviewer::ALL
                .into_iter()
                .find(|reviewer| reviewer.slug() == slug);
            return reviewer.map(Self::JointReviewer).ok_or(UnknownProvince);
        }
        let code = name.strip_prefix("provinces/").ok_or(UnknownProvince)?;
        Province::from_code(code)
            .map(Self::Province)
            .ok_or(UnknownProvince)
    }
}

impl TryFrom<String> for Authority {
    type Error = UnknownProvince;

    fn try_from(name: String) -> Result<Self, UnknownProvince> {
        name.parse()
    }
}

impl From<Authority> for String {
    fn from(authority: Authority) -> Self {
        authority.to_string()
    }
}

/// Which authority a policy charges with a step; the province is the one that holds the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargedAuthority {
    /// The province that holds the file.
    Province,
    /// The ministry.
    Ministry,
}

impl ChargedAuthority {
    /// The authority for a file held in `jurisdiction`; the nation's own files are all the ministry's.
    #[must_use]
    pub const fn of(self, jurisdiction: Jurisdiction) -> Authority {
        match (self, jurisdiction) {
            (Self::Province, Jurisdiction::Province(province)) => Authority::Province(province),
            (Self::Province, Jurisdiction::Nation) | (Self::Ministry, _) => Authority::Ministry,
        }
    }
}

/// An officer acting for one authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Officer {
    /// Who.
    pub id: OfficerId,
    /// For whom.
    pub authority: Authority,
}

/// Who did something. There is no default, so nobody is blamed by accident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "actor", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Actor {
    /// The person the application is about.
    Holder {
        /// Their account.
        account: AccountId,
    },
    /// The registrar of an employer.
    Registrar {
        /// Their account.
        account: AccountId,
    },
    /// An officer.
    Officer(Officer),
    /// Somebody of the public who objects or reports; not identified here.
    Public,
    /// The nation's exchange: claims, clearances.
    Nation,
    /// A job of this system acting on a date or a message.
    System,
    /// Nobody: the law itself acts when a limit or a term has run out.
    Clock,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities_have_resource_names() {
        for name in ["provinces/32", "ministry", "ministries/water-resources"] {
            let authority: Authority = name.parse().expect(name);
            assert_eq!(authority.to_string(), name);
        }
        for name in ["provinces/00", "ministries/health", "provinces", ""] {
            assert_eq!(name.parse::<Authority>(), Err(UnknownProvince));
        }
        let jiangsu = Province::from_code("32").expect("Jiangsu");
        assert_eq!(
            ChargedAuthority::Province.of(Jurisdiction::Province(jiangsu)),
            Authority::Province(jiangsu)
        );
        assert_eq!(
            ChargedAuthority::Province.of(Jurisdiction::Nation),
            Authority::Ministry
        );
    }
}
