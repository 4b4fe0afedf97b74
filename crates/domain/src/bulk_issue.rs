//! Documents made for many certificates as one act of an officer of the nation (批量签发, 全量重签): what is chosen, and how the
//! act moves on (design §4). Single requests always go before it; it never comes to a stand because of them.

use serde::{Deserialize, Serialize};

use crate::authority::{Authority, Officer};
use crate::province::Province;
use crate::reason::reasons;

/// Longest ground, in characters.
const GROUND: usize = 500;
/// Most certificates that can be named one by one.
pub const LONGEST_LIST: usize = 10_000;

/// Why documents are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BulkPurpose {
    /// 签发: documents that are not there: waiting for their turn, or stopped and to be tried again.
    Issue,
    /// 重签: documents that are there are made anew with the present seal.
    Reissue,
}

impl BulkPurpose {
    /// Stable name, as stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Reissue => "reissue",
        }
    }

    /// Of a stored name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Issue, Self::Reissue]
            .into_iter()
            .find(|purpose| purpose.code() == code)
    }
}

/// Which current certificate versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkSelection {
    /// Those that a province announced.
    Province(Province),
    /// Those of persons who came with a province's import of its register (`migrated`).
    Import(uuid::Uuid),
    /// Those whose newest documents carry another making of this seal than the present one.
    Seal(String),
    /// Those with these licence identifiers.
    List(Vec<String>),
}

impl BulkSelection {
    /// Stable name of its kind, as stored.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Province(_) => "province",
            Self::Import(_) => "import",
            Self::Seal(_) => "seal",
            Self::List(_) => "list",
        }
    }

    /// What it is of; nothing for a list, whose members are its rows.
    #[must_use]
    pub fn target(&self) -> String {
        match self {
            Self::Province(province) => province.code().to_owned(),
            Self::Import(import) => import.to_string(),
            Self::Seal(seal) => seal.clone(),
            Self::List(_) => String::new(),
        }
    }
}

/// Where a bulk stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BulkState {
    /// Its rows are worked on, after those of single requests.
    Running,
    /// None of its rows begins; those that somebody works on are finished.
    Paused,
    /// Every row was issued or stopped.
    Done,
}

reasons! {
    /// Why a bulk does not begin, or does not move.
    pub enum BulkRefused {
        /// Another authority's officer.
        Authority => "BULK_AUTHORITY", "design §4",
            "批量签发由注册机关办理。", "Only the registration authority issues in bulk.";
        /// Nothing is said, or too much.
        Ground => "BULK_GROUND_MISSING", "design §4",
            "请填写事由（不超过500字）。", "Say the ground, in at most 500 characters.";
        /// Nothing to choose from, or too long a list.
        List => "BULK_LIST_LENGTH", "design §4",
            "清单为空或超过一万条。", "The list is empty, or names more than ten thousand.";
        /// A list names what is no current certificate.
        Unknown => "BULK_ROW_UNKNOWN", "design §4",
            "清单中有不存在或已被替代的证书。", "The list names a certificate that does not exist or was superseded.";
        /// What is being issued carries the present seal already.
        SealOfNothing => "BULK_SEAL_NOTHING_TO_ISSUE", "design §4",
            "按印章选择仅适用于重签。", "Only what is issued anew is chosen by its seal.";
        /// Every row has its result.
        Done => "BULK_DONE", "design §4",
            "该批次已办理完毕。", "The bulk is done.";
    }
}

impl BulkState {
    /// Stable name, as stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done => "done",
        }
    }

    /// Of a stored name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Running, Self::Paused, Self::Done]
            .into_iter()
            .find(|state| state.code() == code)
    }

    /// Lets no further row begin; of one that is paused nothing changes.
    ///
    /// # Errors
    /// It is done.
    pub fn pause(self) -> Result<Self, BulkRefused> {
        match self {
            Self::Running | Self::Paused => Ok(Self::Paused),
            Self::Done => Err(BulkRefused::Done),
        }
    }

    /// Lets its rows begin again; of one that runs nothing changes.
    ///
    /// # Errors
    /// It is done.
    pub fn resume(self) -> Result<Self, BulkRefused> {
        match self {
            Self::Running | Self::Paused => Ok(Self::Running),
            Self::Done => Err(BulkRefused::Done),
        }
    }
}

/// An officer of the ministry, and nobody else.
///
/// # Errors
/// The officer acts for another authority.
pub fn check_officer(officer: Officer) -> Result<(), BulkRefused> {
    if officer.authority == Authority::Ministry {
        Ok(())
    } else {
        Err(BulkRefused::Authority)
    }
}

/// Whether a bulk may begin.
///
/// # Errors
/// Why not.
pub fn check_start(
    officer: Officer,
    purpose: BulkPurpose,
    selection: &BulkSelection,
    ground: &str,
) -> Result<(), BulkRefused> {
    check_officer(officer)?;
    if ground.trim().is_empty() || ground.chars().count() > GROUND {
        return Err(BulkRefused::Ground);
    }
    match selection {
        BulkSelection::Seal(_) if purpose == BulkPurpose::Issue => Err(BulkRefused::SealOfNothing),
        BulkSelection::List(list) if list.is_empty() || list.len() > LONGEST_LIST => Err(BulkRefused::List),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::OfficerId;

    fn officer(authority: Authority) -> Officer {
        Officer {
            id: OfficerId::from_uuid(uuid::Uuid::from_u128(7)),
            authority,
        }
    }

    #[test]
    fn only_the_ministry_issues_in_bulk_and_says_why() {
        let province = Province::from_code("32").expect("a province");
        let all = BulkSelection::Province(province);
        let start = |authority, ground| check_start(officer(authority), BulkPurpose::Reissue, &all, ground);
        assert_eq!(start(Authority::Ministry, "印章更换"), Ok(()));
        assert_eq!(start(Authority::Ministry, "  "), Err(BulkRefused::Ground));
        assert_eq!(
            start(Authority::Province(province), "印章更换"),
            Err(BulkRefused::Authority)
        );
        let ministry = officer(Authority::Ministry);
        let seal = BulkSelection::Seal("seals/a".to_owned());
        let issue = |selection: &BulkSelection| check_start(ministry, BulkPurpose::Issue, selection, "补制");
        assert_eq!(issue(&seal), Err(BulkRefused::SealOfNothing));
        assert_eq!(issue(&BulkSelection::List(Vec::new())), Err(BulkRefused::List));
        assert_eq!(
            issue(&BulkSelection::List(vec![String::new(); LONGEST_LIST + 1])),
            Err(BulkRefused::List)
        );
    }

    #[test]
    fn what_is_done_neither_pauses_nor_resumes() {
        assert_eq!(BulkState::Running.pause(), Ok(BulkState::Paused));
        assert_eq!(BulkState::Paused.resume(), Ok(BulkState::Running));
        assert_eq!(BulkState::Done.pause(), Err(BulkRefused::Done));
        assert_eq!(BulkState::Done.resume(), Err(BulkRefused::Done));
        for state in [BulkState::Running, BulkState::Paused, BulkState::Done] {
            assert_eq!(BulkState::from_code(state.code()), Some(state));
        }
    }
}
