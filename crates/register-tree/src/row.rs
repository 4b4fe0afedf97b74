//! What both sides know of a registration, and its canonical form.

use domain::ids::{EmployerId, PersonId};
use domain::register::{EndCause, RegisterEntry, RegistrationState};
use domain::registration_number::{RegistrationDigits, RegistrationNumber};
use domain::specialty::Specialty;
use domain::validity::Validity;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{Digest, Hasher, Path};

/// Where a registration stands in the tree: SHA-256 over its digits, which no change and no move alters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Digest);

impl Key {
    /// The key of a registration.
    #[must_use]
    pub fn of(digits: RegistrationDigits) -> Self {
        Self(
            Hasher::new("jianzheng/register-tree/key/v1")
                .field(digits.to_string().as_bytes())
                .finish(),
        )
    }

    /// A key as stored.
    #[must_use]
    pub const fn from_bytes(bytes: Digest) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &Digest {
        &self.0
    }

    /// The bucket it stands in.
    #[must_use]
    pub const fn bucket(&self) -> Path {
        Path::bucket(u16::from_be_bytes([self.0[0], self.0[1]]))
    }
}

/// Where a registration stands by acts. What time alone does (a term that runs out, the 65th birthday) is derived by either
/// side and no part of this; nor is a move under way, which changes nothing before its announcement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "standing", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Standing {
    /// No act has ended or suspended it.
    InForce,
    /// 暂扣.
    Suspended {
        /// The last day, where it is stated.
        until: Option<Date>,
    },
    /// 失效, 注销, 撤销 or 吊销, which are never confused.
    Ended {
        /// Why.
        cause: EndCause,
    },
}

/// A registration as both sides know it. Ids and the number alone: neither name nor document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// As printed, with its prefix.
    pub number: RegistrationNumber,
    /// Whose.
    pub person: PersonId,
    /// With whom.
    pub employer: EmployerId,
    /// With the first and last day of each; in any order.
    pub specialties: Vec<(Specialty, Validity)>,
    /// By acts.
    pub standing: Standing,
}

impl Row {
    /// Where it stands in the tree.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::of(self.number.digits())
    }

    /// SHA-256 over the canonical form. Of an ended registration the terms are not part: what remains of them differs by
    /// how it ended.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let (status, detail) = match self.standing {
            Standing::InForce => ("01", String::new()),
            Standing::Suspended { until } => ("02", until.map(|day| day.to_string()).unwrap_or_default()),
            Standing::Ended { cause } => (cause.status().code(), cause_code(cause)),
        };
        let mut hasher = Hasher::new("jianzheng/register-tree/row/v1")
            .field(self.number.digits().to_string().as_bytes())
            .field(self.number.to_string().as_bytes())
            .field(self.person.as_uuid().as_bytes())
            .field(self.employer.as_uuid().as_bytes())
            .field(status.as_bytes())
            .field(detail.as_bytes());
        if !matches!(self.standing, Standing::Ended { .. }) {
            let mut terms = self.specialties.clone();
            terms.sort_by_key(|(specialty, _)| specialty.code());
            for (specialty, term) in terms {
                hasher = hasher
                    .field(specialty.code().as_bytes())
                    .field(term.from.to_string().as_bytes())
                    .field(term.to.to_string().as_bytes());
            }
        }
        hasher.finish()
    }
}

impl From<&RegisterEntry> for Row {
    fn from(entry: &RegisterEntry) -> Self {
        let standing = match &entry.state {
            RegistrationState::Active | RegistrationState::MovingOut { .. } => Standing::InForce,
            RegistrationState::Suspended { until, .. } => Standing::Suspended { until: *until },
            RegistrationState::Ended { cause, .. } => Standing::Ended { cause: *cause },
        };
        let terms = entry.specialties.iter();
        Self {
            number: entry.number,
            person: entry.person,
            employer: entry.employer.id,
            specialties: terms.map(|known| (known.specialty, known.validity)).collect(),
            standing,
        }
    }
}

/// The cause as both databases write it.
fn cause_code(cause: EndCause) -> String {
    serde_json::to_string(&cause).unwrap_or_default()
}
