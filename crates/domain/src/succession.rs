//! Succession of an employer (企业更名、合并、分立): one act of a province over everybody registered with it. The contracts go on
//! with the successor, so nobody applies and no term changes (153号 art 13; labour-contract law on renaming and merger
//! is outside the domain reference and unverified: a province uses this only by order of two officers).

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::authority::Officer;
use crate::calendar::day_of;
use crate::ids::{EmployerId, PersonId, SuccessionId};
use crate::reason::reasons;

reasons! {
    /// Why a step of a succession is refused.
    pub enum SuccessionRefused {
        /// A renaming names another employer, or a merger or split only the same one.
        Successor => "SUCCESSION_SUCCESSOR", "153号 art 13; domain §1.3",
            "更名的承继单位须为原单位；合并、分立须至少有一个其他承继单位。",
            "A renaming is succeeded by the same employer; a merger or split by another one at least.";
        /// It takes effect after today.
        InFuture => "SUCCESSION_IN_FUTURE", "153号 art 13",
            "生效日不得晚于今天。", "It cannot take effect after today.";
        /// The same officer may not propose and announce.
        SameOfficer => "SUCCESSION_SAME_OFFICER", "101号 art 16",
            "提出与公告不得由同一人办理。", "The officer who proposed it may not announce it.";
        /// Another authority's officer.
        OtherAuthority => "SUCCESSION_OTHER_AUTHORITY", "101号 art 5",
            "须由提出该事项的机关办理。", "It belongs to the authority that proposed it.";
        /// It was announced or withdrawn already.
        Settled => "SUCCESSION_SETTLED", "domain §1.3",
            "该事项已公告或已撤回。", "It has been announced or withdrawn.";
        /// No evidence is named.
        Evidence => "SUCCESSION_EVIDENCE_MISSING", "行政许可法 art 38",
            "请写明依据（如核准变更登记通知书文号）。", "Name the evidence, such as the number of the notice of the business register.";
    }
}

/// What happened to the employer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SuccessionKind {
    /// 更名: another name or credit code, the same employer.
    Renaming,
    /// 合并.
    Merger,
    /// 分立.
    Split,
}

impl SuccessionKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Renaming, Self::Merger, Self::Split];

    /// The word people know.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Renaming => "企业更名",
            Self::Merger => "企业合并",
            Self::Split => "企业分立",
        }
    }

    /// Stable name, as stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Renaming => "RENAMING",
            Self::Merger => "MERGER",
            Self::Split => "SPLIT",
        }
    }

    /// Reads what [`Self::code`] wrote.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// What an officer proposes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// What happened.
    pub kind: SuccessionKind,
    /// To whom.
    pub employer: EmployerId,
    /// Who takes everybody not named in `assignments`.
    pub successor: EmployerId,
    /// Who takes whom, where several do.
    pub assignments: BTreeMap<PersonId, EmployerId>,
    /// Since when by the business register.
    pub effective_on: Date,
    /// What shows it; nothing personal.
    pub evidence: String,
}

/// Where a succession stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SuccessionState {
    /// Waits for a second officer.
    Proposed,
    /// Terminal.
    Withdrawn {
        /// By whom.
        by: Officer,
        /// When.
        at: Timestamp,
    },
    /// The legal moment; its rows are worked off one by one. Terminal.
    Announced {
        /// The second officer.
        by: Officer,
        /// When.
        at: Timestamp,
        /// 公告文号.
        number: String,
    },
}

impl SuccessionState {
    /// Stable name, as stored and sent.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Proposed => "PROPOSED",
            Self::Withdrawn { .. } => "WITHDRAWN",
            Self::Announced { .. } => "ANNOUNCED",
        }
    }
}

/// A succession and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Succession {
    /// Its id.
    pub id: SuccessionId,
    /// What is proposed.
    pub proposal: Proposal,
    /// The first officer.
    pub proposed_by: Officer,
    /// When.
    pub proposed_at: Timestamp,
    state: SuccessionState,
}

impl Succession {
    /// Proposes one.
    ///
    /// # Errors
    /// The successors do not fit the kind, it lies in the future, or nothing shows it.
    pub fn propose(
        id: SuccessionId,
        proposal: Proposal,
        by: Officer,
        at: Timestamp,
    ) -> Result<Self, SuccessionRefused> {
        let renaming = proposal.kind == SuccessionKind::Renaming;
        if renaming != proposal.stays() {
            return Err(SuccessionRefused::Successor);
        }
        if proposal.effective_on > day_of(at) {
            return Err(SuccessionRefused::InFuture);
        }
        if proposal.evidence.trim().is_empty() {
            return Err(SuccessionRefused::Evidence);
        }
        Ok(Self {
            id,
            proposal,
            proposed_by: by,
            proposed_at: at,
            state: SuccessionState::Proposed,
        })
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> &SuccessionState {
        &self.state
    }

    /// Announces it: another officer of the same authority (101号 art 16).
    ///
    /// # Errors
    /// The same officer, another authority, or settled.
    pub fn announce(self, by: Officer, number: String, at: Timestamp) -> Result<Self, SuccessionRefused> {
        self.check(by)?;
        if by.id == self.proposed_by.id {
            return Err(SuccessionRefused::SameOfficer);
        }
        let state = SuccessionState::Announced { by, at, number };
        Ok(Self { state, ..self })
    }

    /// Takes it back before it is announced.
    ///
    /// # Errors
    /// Another authority, or settled.
    pub fn withdraw(self, by: Officer, at: Timestamp) -> Result<Self, SuccessionRefused> {
        self.check(by)?;
        let state = SuccessionState::Withdrawn { by, at };
        Ok(Self { state, ..self })
    }

    fn check(&self, by: Officer) -> Result<(), SuccessionRefused> {
        if self.state != SuccessionState::Proposed {
            return Err(SuccessionRefused::Settled);
        }
        if by.authority != self.proposed_by.authority {
            return Err(SuccessionRefused::OtherAuthority);
        }
        Ok(())
    }
}

impl Proposal {
    /// Who takes a person.
    #[must_use]
    pub fn successor_of(&self, person: PersonId) -> EmployerId {
        self.assignments.get(&person).copied().unwrap_or(self.successor)
    }

    /// Whether everybody stays with the same employer.
    fn stays(&self) -> bool {
        self.successors().all(|one| one == self.employer)
    }

    /// Every employer that takes somebody.
    pub fn successors(&self) -> impl Iterator<Item = EmployerId> {
        std::iter::once(self.successor).chain(self.assignments.values().copied())
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

    fn employer(n: u128) -> EmployerId {
        EmployerId::from_uuid(Uuid::from_u128(n))
    }

    fn officer(n: u128, province: &str) -> Officer {
        Officer {
            id: OfficerId::from_uuid(Uuid::from_u128(n)),
            authority: Authority::Province(Province::from_code(province).expect("a province")),
        }
    }

    fn proposal(kind: SuccessionKind, successor: u128) -> Proposal {
        Proposal {
            kind,
            employer: employer(1),
            successor: employer(successor),
            assignments: BTreeMap::new(),
            effective_on: date(2024, 5, 1),
            evidence: "（苏）登字〔2024〕第1号".to_owned(),
        }
    }

    fn propose(proposal: Proposal) -> Result<Succession, SuccessionRefused> {
        let id = SuccessionId::from_uuid(Uuid::from_u128(9));
        Succession::propose(id, proposal, officer(1, "32"), start_of(date(2024, 5, 6)))
    }

    #[test]
    fn a_renaming_stays_and_a_merger_or_split_goes_to_another() {
        use SuccessionKind::{Merger, Renaming, Split};
        assert!(propose(proposal(Renaming, 1)).is_ok() && propose(proposal(Merger, 2)).is_ok());
        for wrong in [proposal(Renaming, 2), proposal(Merger, 1), proposal(Split, 1)] {
            assert_eq!(propose(wrong), Err(SuccessionRefused::Successor));
        }
        let mut split = proposal(Split, 1);
        let leaves = PersonId::from_uuid(Uuid::from_u128(5));
        split.assignments.insert(leaves, employer(3));
        let split = propose(split).expect("somebody goes to another");
        let stays = PersonId::from_uuid(Uuid::from_u128(6));
        assert_eq!(split.proposal.successor_of(leaves), employer(3));
        assert_eq!(split.proposal.successor_of(stays), employer(1));
    }

    #[test]
    fn it_takes_evidence_a_past_day_and_two_officers_of_one_authority() {
        let at = start_of(date(2024, 5, 6));
        let mut late = proposal(SuccessionKind::Renaming, 1);
        late.effective_on = date(2024, 5, 7);
        assert_eq!(propose(late), Err(SuccessionRefused::InFuture));
        let mut bare = proposal(SuccessionKind::Renaming, 1);
        bare.evidence = " ".to_owned();
        assert_eq!(propose(bare), Err(SuccessionRefused::Evidence));
        let proposed = propose(proposal(SuccessionKind::Renaming, 1)).expect("proposed");
        let announce = |by| {
            proposed
                .clone()
                .announce(by, "苏建注公告〔2024〕9号".to_owned(), at)
        };
        assert_eq!(announce(officer(1, "32")), Err(SuccessionRefused::SameOfficer));
        assert_eq!(announce(officer(2, "33")), Err(SuccessionRefused::OtherAuthority));
        let announced = announce(officer(2, "32")).expect("announced");
        assert_eq!(announced.state().code(), "ANNOUNCED");
        assert_eq!(
            announced.withdraw(officer(1, "32"), at),
            Err(SuccessionRefused::Settled)
        );
        let withdrawn = proposed
            .clone()
            .withdraw(officer(1, "32"), at)
            .expect("withdrawn");
        assert_eq!(
            withdrawn.announce(officer(2, "32"), String::new(), at),
            Err(SuccessionRefused::Settled)
        );
    }
}
