//! What the nation itself does to a registration, by two officers of the registration authority: 撤销 (行政许可法 art 69;
//! 153号 art 34), 吊销, 暂扣 and 暂扣发还 (domain §1.6).

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::authority::{Authority, Officer};
use crate::calendar::day_of;
use crate::four_eyes::{FourEyes, FourEyesRefused};
use crate::ids::{NationalActId, PersonId};
use crate::reason::reasons;
use crate::register::{EndCause, RegisterAct};

/// Longest reference or statement, in characters.
const TEXT: usize = 500;

/// Why a registration is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RevocationGround {
    /// 撤销: wrongly granted.
    WronglyGranted,
    /// 撤销: obtained by fraud or bribery.
    Fraud,
    /// 吊销: a penalty.
    Penalty,
}

impl RevocationGround {
    /// Every ground.
    pub const ALL: [Self; 3] = [Self::WronglyGranted, Self::Fraud, Self::Penalty];

    /// As the register keeps it.
    #[must_use]
    pub const fn cause(self) -> EndCause {
        match self {
            Self::WronglyGranted => EndCause::WronglyGranted,
            Self::Fraud => EndCause::Fraud,
            Self::Penalty => EndCause::Penalty,
        }
    }
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "measure", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Measure {
    /// 撤销 or 吊销.
    Revoke {
        /// Which, and why.
        ground: RevocationGround,
    },
    /// 暂扣.
    Suspend {
        /// The last day, where it is stated.
        until: Option<Date>,
    },
    /// 暂扣发还.
    Restore,
    /// 合并: the person is the same human being as another, who stands for both from now on.
    Merge {
        /// Who stands for both.
        into: PersonId,
    },
    /// 拆分: a merge is undone.
    Split,
}

impl Measure {
    /// Stable name, as stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Revoke { .. } => "REVOKE",
            Self::Suspend { .. } => "SUSPEND",
            Self::Restore => "RESTORE",
            Self::Merge { .. } => "MERGE",
            Self::Split => "SPLIT",
        }
    }

    /// The article.
    #[must_use]
    pub const fn article(self) -> &'static str {
        match self {
            Self::Revoke { ground } => ground.cause().article(),
            Self::Suspend { .. } | Self::Restore => "domain §1.6",
            Self::Merge { .. } | Self::Split => "153号 art 15(2); design §3",
        }
    }

    /// The act on the register; none where it is about who somebody is.
    #[must_use]
    pub const fn act(self) -> Option<RegisterAct> {
        Some(match self {
            Self::Revoke { ground } => RegisterAct::End {
                cause: ground.cause(),
            },
            Self::Suspend { until } => RegisterAct::Suspend { until },
            Self::Restore => RegisterAct::Restore,
            Self::Merge { .. } | Self::Split => return None,
        })
    }
}

/// An act of the nation, proposed and settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NationalAct {
    /// Its id.
    pub id: NationalActId,
    /// About whom.
    pub person: PersonId,
    /// What.
    pub measure: Measure,
    /// Number of the decision it rests on (文书号); nothing personal.
    pub reference: String,
    /// The grounds in words; nothing personal.
    pub statement: String,
    /// The two officers.
    pub four_eyes: FourEyes,
}

reasons! {
    /// Why an act of the nation is not proposed.
    pub enum NationalActRefused {
        /// Another authority's officer.
        Authority => "NATIONAL_ACT_AUTHORITY", "101号 art 3; 153号 art 34",
            "撤销、吊销、暂扣由注册机关决定。", "Only the registration authority revokes, strips or suspends.";
        /// The last day of a suspension is past.
        Until => "NATIONAL_ACT_UNTIL", "domain §1.6",
            "暂扣截止日不得早于今天。", "The last day of a suspension cannot be past.";
        /// Merged with themself.
        SamePerson => "NATIONAL_ACT_SAME_PERSON", "design §3",
            "不能将人员与其自身合并。", "A person cannot be merged with themself.";
        /// Nothing shows it, or nothing is said.
        Evidence => "NATIONAL_ACT_EVIDENCE_MISSING", "行政许可法 art 69; 行政处罚法",
            "请填写决定文书号、事由并附决定文书。", "Name the decision, say the grounds, and hand in the decision.";
    }
}

impl NationalAct {
    /// Proposes one; it has no effect until another officer confirms it.
    ///
    /// # Errors
    /// The officer's authority, the last day, or what shows it.
    pub fn propose(
        (id, person, measure): (NationalActId, PersonId, Measure),
        (reference, statement): (&str, &str),
        by: Officer,
        at: Timestamp,
    ) -> Result<Self, NationalActRefused> {
        if by.authority != Authority::Ministry {
            return Err(NationalActRefused::Authority);
        }
        if let Measure::Suspend { until: Some(until) } = measure
            && until < day_of(at)
        {
            return Err(NationalActRefused::Until);
        }
        if measure == (Measure::Merge { into: person }) {
            return Err(NationalActRefused::SamePerson);
        }
        let (reference, statement) = (reference.trim(), statement.trim());
        let said = |text: &str| (1..=TEXT).contains(&text.chars().count());
        if !said(reference) || !said(statement) {
            return Err(NationalActRefused::Evidence);
        }
        Ok(Self {
            id,
            person,
            measure,
            reference: reference.to_owned(),
            statement: statement.to_owned(),
            four_eyes: FourEyes::propose(by, at),
        })
    }

    /// A second officer confirms it: the legal moment.
    ///
    /// # Errors
    /// See [`FourEyes::confirm`].
    pub fn confirm(self, by: Officer, at: Timestamp) -> Result<Self, FourEyesRefused> {
        let four_eyes = self.four_eyes.confirm(by, at)?;
        Ok(Self { four_eyes, ..self })
    }

    /// A second officer does not agree.
    ///
    /// # Errors
    /// See [`FourEyes::decline`].
    pub fn decline(self, by: Officer, grounds: &str, at: Timestamp) -> Result<Self, FourEyesRefused> {
        let four_eyes = self.four_eyes.decline(by, grounds, at)?;
        Ok(Self { four_eyes, ..self })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;
    use crate::calendar::start_of;
    use crate::ids::OfficerId;
    use crate::register::StatusCode;

    fn propose(
        measure: Measure,
        reference: &str,
        authority: &str,
    ) -> Result<NationalAct, NationalActRefused> {
        let by = Officer {
            id: OfficerId::from_uuid(Uuid::from_u128(1)),
            authority: authority.parse().expect("an authority"),
        };
        let whom = (
            NationalActId::from_uuid(Uuid::from_u128(2)),
            PersonId::from_uuid(Uuid::from_u128(3)),
            measure,
        );
        NationalAct::propose(
            whom,
            (reference, "以虚假材料取得注册"),
            by,
            start_of(date(2026, 6, 1)),
        )
    }

    #[test]
    fn only_the_registration_authority_acts_and_names_its_decision() {
        let fraud = Measure::Revoke {
            ground: RevocationGround::Fraud,
        };
        let proposed = propose(fraud, "建市撤〔2026〕1号", "ministry").expect("proposed");
        assert!(!proposed.four_eyes.is_confirmed());
        for refused in [
            (
                propose(fraud, "建市撤〔2026〕1号", "provinces/32"),
                NationalActRefused::Authority,
            ),
            (propose(fraud, " ", "ministry"), NationalActRefused::Evidence),
        ] {
            assert_eq!(refused.0, Err(refused.1));
        }
        let until = |day| {
            propose(
                Measure::Suspend { until: Some(day) },
                "建市罚〔2026〕2号",
                "ministry",
            )
        };
        assert_eq!(until(date(2026, 5, 31)), Err(NationalActRefused::Until));
        assert!(until(date(2026, 6, 1)).is_ok());
    }

    #[test]
    fn revoking_and_stripping_are_different_states_with_their_articles() {
        let status = |ground: RevocationGround| ground.cause().status();
        assert_eq!(status(RevocationGround::WronglyGranted), StatusCode::Revoked);
        assert_eq!(status(RevocationGround::Fraud), StatusCode::Revoked);
        assert_eq!(status(RevocationGround::Penalty), StatusCode::Stripped);
        for ground in RevocationGround::ALL {
            assert!(!Measure::Revoke { ground }.article().is_empty());
        }
        let restore = Measure::Restore.act().expect("acts on the register");
        assert_eq!(restore.operation().code(), "06");
        let itself = Measure::Merge {
            into: PersonId::from_uuid(Uuid::from_u128(3)),
        };
        assert_eq!(itself.act(), None);
        assert_eq!(
            propose(itself, "建市人〔2026〕1号", "ministry"),
            Err(NationalActRefused::SamePerson)
        );
    }
}
