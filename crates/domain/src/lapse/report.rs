//! 举报: anybody may report a registration that should have lapsed, or is wrong (153号 art 17; 101号 art 11).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::fact::Hand;
use crate::ids::{LapseId, PersonId, ReportId};
use crate::reason::reasons;

/// What is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReportKind {
    /// An event of art 16 that nobody recorded.
    ShouldHaveLapsed,
    /// The registration should not be as it is.
    Wrong,
}

impl ReportKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::ShouldHaveLapsed, Self::Wrong];

    /// Stable name, as stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ShouldHaveLapsed => "SHOULD_HAVE_LAPSED",
            Self::Wrong => "WRONG",
        }
    }

    /// Reads what [`Self::code`] wrote.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// Where a report stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReportState {
    /// In the officers' queue.
    Open,
    /// A lapse is recorded on it and waits for its second officer.
    UnderWay {
        /// Which.
        lapse: LapseId,
    },
    /// The lapse was confirmed. Terminal.
    Upheld {
        /// Which.
        lapse: LapseId,
    },
    /// There is nothing in it. Terminal.
    Dismissed {
        /// By whom.
        dismissed: Hand,
        /// Why.
        grounds: String,
    },
}

impl ReportState {
    /// Stable name, as stored and sent.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::UnderWay { .. } => "UNDER_WAY",
            Self::Upheld { .. } => "UPHELD",
            Self::Dismissed { .. } => "DISMISSED",
        }
    }
}

/// A report without its sealed words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its id.
    pub id: ReportId,
    /// What the reporter is told it is known by.
    pub number: String,
    /// About whom.
    pub person: PersonId,
    /// What is reported.
    pub kind: ReportKind,
    /// When.
    pub reported_at: Timestamp,
    /// Where it stands.
    pub state: ReportState,
}

reasons! {
    /// Why a report does not move.
    pub enum ReportRefused {
        /// It is not in the queue.
        NotOpen => "REPORT_NOT_OPEN", "153号 art 17",
            "该举报已在办理或已办结。", "The report is being dealt with, or is settled.";
        /// It is about somebody else.
        OtherPerson => "REPORT_OF_ANOTHER", "153号 art 17",
            "该举报与登记对象不符。", "The report is about somebody else.";
        /// Dismissed without grounds.
        GroundsMissing => "REPORT_GROUNDS_MISSING", "行政许可法 art 38",
            "请写明不予采纳的理由。", "Grounds must be given.";
    }
}

impl ReportState {
    /// A lapse is recorded on it.
    ///
    /// # Errors
    /// It is not open.
    pub fn taken_up(self, lapse: LapseId) -> Result<Self, ReportRefused> {
        match self {
            Self::Open => Ok(Self::UnderWay { lapse }),
            _ => Err(ReportRefused::NotOpen),
        }
    }

    /// What the second officer's word on the lapse makes of it: upheld, or back in the queue.
    #[must_use]
    pub fn settled(self, confirmed: bool) -> Self {
        match self {
            Self::UnderWay { lapse } if confirmed => Self::Upheld { lapse },
            Self::UnderWay { .. } => Self::Open,
            other => other,
        }
    }

    /// An officer finds nothing in it.
    ///
    /// # Errors
    /// It is not open, or no grounds are given.
    pub fn dismissed(self, by: Hand, grounds: &str) -> Result<Self, ReportRefused> {
        let grounds = grounds.trim().to_owned();
        match self {
            Self::Open if grounds.is_empty() => Err(ReportRefused::GroundsMissing),
            Self::Open => Ok(Self::Dismissed {
                dismissed: by,
                grounds,
            }),
            _ => Err(ReportRefused::NotOpen),
        }
    }
}
