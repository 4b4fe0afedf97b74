//! Business types of applications (注册类型; domain §1.3).

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is applied for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ApplicationType {
    /// 初始注册.
    Initial,
    /// 延续注册.
    Renewal,
    /// 变更注册.
    Change,
    /// 增项注册.
    Addition,
    /// 重新注册.
    Reregistration,
    /// 注销注册.
    Cancellation,
    /// 信息更正.
    Correction,
    /// 执业印章补办.
    SealReissue,
}

impl ApplicationType {
    /// Every type.
    pub const ALL: [Self; 8] = [
        Self::Initial,
        Self::Renewal,
        Self::Change,
        Self::Addition,
        Self::Reregistration,
        Self::Cancellation,
        Self::Correction,
        Self::SealReissue,
    ];

    /// The name on the form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Initial => "初始注册",
            Self::Renewal => "延续注册",
            Self::Change => "变更注册",
            Self::Addition => "增项注册",
            Self::Reregistration => "重新注册",
            Self::Cancellation => "注销注册",
            Self::Correction => "信息更正",
            Self::SealReissue => "执业印章补办",
        }
    }

    /// The stable name, as stored and sent.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Initial => "INITIAL",
            Self::Renewal => "RENEWAL",
            Self::Change => "CHANGE",
            Self::Addition => "ADDITION",
            Self::Reregistration => "REREGISTRATION",
            Self::Cancellation => "CANCELLATION",
            Self::Correction => "CORRECTION",
            Self::SealReissue => "SEAL_REISSUE",
        }
    }

    /// Reads what [`Self::code`] wrote.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The article that provides for it.
    #[must_use]
    pub const fn article(self) -> &'static str {
        match self {
            Self::Initial => "101号 art 8; domain §1.3",
            Self::Renewal => "153号 art 12",
            Self::Change => "153号 art 13",
            Self::Addition => "101号 art 10",
            Self::Reregistration => "101号 art 12",
            Self::Cancellation => "153号 art 17",
            Self::Correction => "domain §1.3",
            Self::SealReissue => "101号 art 13–14",
        }
    }

    /// Whether specialties are registered anew, so that qualification and long time limits apply (domain §1.4).
    #[must_use]
    pub const fn registers_specialties(self) -> bool {
        matches!(self, Self::Initial | Self::Addition | Self::Reregistration)
    }

    /// Whether the authority judges the person again, so that the rules of refusal apply in full.
    #[must_use]
    pub const fn is_judged(self) -> bool {
        !matches!(self, Self::Cancellation | Self::Correction | Self::SealReissue)
    }

    /// Whether it needs a nationwide claim while open; cancellation and correction are excepted (design §3).
    #[must_use]
    pub const fn needs_claim(self) -> bool {
        !matches!(self, Self::Cancellation | Self::Correction)
    }

    /// Whether the person must be registered when it is filed; otherwise they must not be.
    #[must_use]
    pub const fn presupposes_registration(self) -> bool {
        !matches!(self, Self::Initial | Self::Reregistration)
    }

    /// Whether an announced application makes a new certificate version; a cancellation ends the last one.
    #[must_use]
    pub const fn makes_version(self) -> bool {
        !matches!(self, Self::Cancellation)
    }
}

impl fmt::Display for ApplicationType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
