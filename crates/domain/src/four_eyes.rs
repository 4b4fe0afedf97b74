//! What one officer proposes and another confirms (101号 art 16 by analogy): lapses, and acts of the nation.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::authority::Officer;
use crate::fact::Hand;
use crate::reason::reasons;

reasons! {
    /// Why a second officer's step is refused.
    pub enum FourEyesRefused {
        /// The same officer may not propose and confirm.
        SameOfficer => "FOUR_EYES_SAME_OFFICER", "101号 art 16",
            "提出与复核不得由同一人办理。", "The officer who proposed it may not confirm or decline it.";
        /// Another authority's officer.
        OtherAuthority => "FOUR_EYES_OTHER_AUTHORITY", "101号 art 5",
            "须由提出该事项的机关办理。", "It belongs to the authority that proposed it.";
        /// It was confirmed, declined or withdrawn already.
        Settled => "FOUR_EYES_SETTLED", "101号 art 16",
            "该事项已办结，不在待复核状态。", "It does not wait for a second officer any more.";
        /// Declined without grounds.
        GroundsMissing => "FOUR_EYES_GROUNDS_MISSING", "行政许可法 art 38",
            "请写明不予复核通过的理由。", "Grounds must be given.";
    }
}

/// Where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FourEyesState {
    /// Waits for a second officer; has no effect.
    Proposed,
    /// The second officer agreed. Terminal.
    Confirmed {
        /// By whom.
        confirmed: Hand,
    },
    /// The second officer did not agree. Terminal.
    Declined {
        /// By whom.
        declined: Hand,
        /// Why.
        grounds: String,
    },
    /// Taken back before. Terminal.
    Withdrawn {
        /// By whom.
        withdrawn: Hand,
    },
}

impl FourEyesState {
    /// Stable name, as stored and sent.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Proposed => "PROPOSED",
            Self::Confirmed { .. } => "CONFIRMED",
            Self::Declined { .. } => "DECLINED",
            Self::Withdrawn { .. } => "WITHDRAWN",
        }
    }
}

/// Two officers of one authority over one thing. The state changes only by the transitions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FourEyes {
    /// The first officer.
    pub proposed: Hand,
    #[serde(flatten)]
    state: FourEyesState,
}

impl FourEyes {
    /// Opens with the first officer's word.
    #[must_use]
    pub const fn propose(by: Officer, at: Timestamp) -> Self {
        Self {
            proposed: Hand { by, at },
            state: FourEyesState::Proposed,
        }
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> &FourEyesState {
        &self.state
    }

    /// Whether the second officer agreed.
    #[must_use]
    pub const fn is_confirmed(&self) -> bool {
        matches!(self.state, FourEyesState::Confirmed { .. })
    }

    /// Another officer of the same authority agrees.
    ///
    /// # Errors
    /// The same officer, another authority, or settled.
    pub fn confirm(self, by: Officer, at: Timestamp) -> Result<Self, FourEyesRefused> {
        self.check_second(by)?;
        let confirmed = Hand { by, at };
        Ok(self.into_state(FourEyesState::Confirmed { confirmed }))
    }

    /// Another officer of the same authority does not agree.
    ///
    /// # Errors
    /// As [`Self::confirm`], or no grounds.
    pub fn decline(self, by: Officer, grounds: &str, at: Timestamp) -> Result<Self, FourEyesRefused> {
        self.check_second(by)?;
        let grounds = grounds.trim().to_owned();
        if grounds.is_empty() {
            return Err(FourEyesRefused::GroundsMissing);
        }
        let declined = Hand { by, at };
        Ok(self.into_state(FourEyesState::Declined { declined, grounds }))
    }

    /// Taken back by an officer of the authority, the first one too.
    ///
    /// # Errors
    /// Another authority, or settled.
    pub fn withdraw(self, by: Officer, at: Timestamp) -> Result<Self, FourEyesRefused> {
        self.check(by)?;
        let withdrawn = Hand { by, at };
        Ok(self.into_state(FourEyesState::Withdrawn { withdrawn }))
    }

    fn into_state(self, state: FourEyesState) -> Self {
        Self { state, ..self }
    }

    fn check(&self, by: Officer) -> Result<(), FourEyesRefused> {
        if self.state != FourEyesState::Proposed {
            return Err(FourEyesRefused::Settled);
        }
        if by.authority != self.proposed.by.authority {
            return Err(FourEyesRefused::OtherAuthority);
        }
        Ok(())
    }

    fn check_second(&self, by: Officer) -> Result<(), FourEyesRefused> {
        self.check(by)?;
        if by.id == self.proposed.by.id {
            return Err(FourEyesRefused::SameOfficer);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;
    use crate::authority::Authority;
    use crate::calendar::start_of;
    use crate::ids::OfficerId;
    use crate::province::Province;

    fn officer(n: u128, authority: &str) -> Officer {
        Officer {
            id: OfficerId::from_uuid(Uuid::from_u128(n)),
            authority: authority.parse::<Authority>().expect("an authority"),
        }
    }

    #[test]
    fn it_takes_a_second_officer_of_the_same_authority_and_settles_once() {
        let at = start_of(date(2026, 6, 1));
        assert_eq!(
            Authority::Province(Province::from_code("32").expect("Jiangsu")).to_string(),
            "provinces/32"
        );
        let open = FourEyes::propose(officer(1, "provinces/32"), at);
        let refused = |by, done: Result<FourEyes, FourEyesRefused>| (by, done.expect_err("refused"));
        let confirm = |by| open.clone().confirm(by, at);
        assert_eq!(
            refused(1, confirm(officer(1, "provinces/32"))).1,
            FourEyesRefused::SameOfficer
        );
        assert_eq!(
            refused(2, confirm(officer(2, "ministry"))).1,
            FourEyesRefused::OtherAuthority
        );
        let second = officer(2, "provinces/32");
        assert_eq!(
            open.clone().decline(second, " ", at),
            Err(FourEyesRefused::GroundsMissing)
        );
        let declined = open.clone().decline(second, "依据不足", at).expect("declined");
        let confirmed = confirm(second).expect("confirmed");
        let withdrawn = open
            .clone()
            .withdraw(officer(1, "provinces/32"), at)
            .expect("withdrawn");
        assert!(confirmed.is_confirmed() && !declined.is_confirmed());
        for settled in [declined, confirmed, withdrawn] {
            assert_eq!(
                settled.clone().confirm(officer(3, "provinces/32"), at),
                Err(FourEyesRefused::Settled),
                "{}",
                settled.state().code()
            );
            let json = serde_json::to_string(&settled).expect("json");
            assert_eq!(serde_json::from_str::<FourEyes>(&json).expect("back"), settled);
        }
    }
}
