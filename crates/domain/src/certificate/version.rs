//! Versions of a certificate: exactly one of a living registration is current (design §4).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::correction::CorrectionNature;
use crate::ids::{CertificateVersionId, PersonId};
use crate::licence_identifier::LicenceIdentifier;
use crate::register::{RegisterAct, StatusCode};

/// Why a version took the place of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SupersessionReason {
    /// 延续.
    Renewal,
    /// 变更聘用单位.
    EmployerChange,
    /// 转入其他省.
    Move,
    /// 增项.
    SpecialtyAdded,
    /// 更正.
    Correction,
    /// 印章补办.
    SealReissued,
    /// 重新注册.
    Reregistration,
    /// 注销部分专业.
    SpecialtyCancelled,
}

/// Why a version took the place of another, and for a correction since when the other was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Supersession {
    /// Why.
    pub reason: SupersessionReason,
    /// For a correction: a register error makes the version before wrong from its beginning, a legal change from its day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correction: Option<CorrectionNature>,
}

impl Supersession {
    /// Why an act supersedes, if it makes a version.
    #[must_use]
    pub fn of(act: &RegisterAct) -> Option<Self> {
        let correction = match act {
            RegisterAct::Correct { terms, .. } => Some(terms.nature),
            _ => None,
        };
        SupersessionReason::of(act).map(|reason| Self { reason, correction })
    }
}

impl SupersessionReason {
    /// Why an act supersedes, if it makes a version.
    #[must_use]
    pub const fn of(act: &RegisterAct) -> Option<Self> {
        match act {
            RegisterAct::Register { .. } => Some(Self::Reregistration),
            RegisterAct::Renew { .. } | RegisterAct::DeemRenewed { .. } => Some(Self::Renewal),
            RegisterAct::ChangeEmployer { .. } => Some(Self::EmployerChange),
            RegisterAct::MoveIn { .. } => Some(Self::Move),
            RegisterAct::AddSpecialties { .. } => Some(Self::SpecialtyAdded),
            RegisterAct::CancelSpecialties { .. } => Some(Self::SpecialtyCancelled),
            RegisterAct::Correct { .. } => Some(Self::Correction),
            RegisterAct::ReissueSeal => Some(Self::SealReissued),
            RegisterAct::NoteRenewalAccepted
            | RegisterAct::NoteRenewalClosed
            | RegisterAct::Suspend { .. }
            | RegisterAct::Restore
            | RegisterAct::Reinstate { .. }
            | RegisterAct::Lapse { .. }
            | RegisterAct::UndoLapse { .. }
            | RegisterAct::NoteMoveBegun { .. }
            | RegisterAct::MoveOut
            | RegisterAct::CancelMoveOut
            | RegisterAct::Cancel { .. }
            | RegisterAct::End { .. } => None,
        }
    }

    /// The reason in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Renewal => "延续注册",
            Self::EmployerChange => "变更聘用单位",
            Self::Move => "跨省转入",
            Self::SpecialtyAdded => "增项注册",
            Self::Correction => "信息更正",
            Self::SealReissued => "执业印章补办",
            Self::Reregistration => "重新注册",
            Self::SpecialtyCancelled => "注销部分专业",
        }
    }
}

/// Whether a version is the current one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum VersionState {
    /// The one that counts.
    Current,
    /// A later version took its place.
    Superseded {
        /// At the legal moment of the act.
        at: Timestamp,
        /// The later version.
        by: LicenceIdentifier,
        /// Why.
        reason: SupersessionReason,
    },
    /// The registration ended without a later version.
    Ended {
        /// At the legal moment of the act.
        at: Timestamp,
        /// How.
        status: StatusCode,
    },
}

/// One version of one certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateVersion {
    /// Its id.
    pub id: CertificateVersionId,
    /// Whose.
    pub person: PersonId,
    /// Its identifier.
    pub identifier: LicenceIdentifier,
    /// The legal moment of the act that made it.
    pub made_at: Timestamp,
    /// Whether it counts.
    pub state: VersionState,
}

impl CertificateVersion {
    /// The version before a later one; one that was superseded or ended already stays as it is.
    #[must_use]
    pub fn superseded(self, at: Timestamp, by: &Self, reason: SupersessionReason) -> Self {
        match self.state {
            VersionState::Current => {
                let state = VersionState::Superseded {
                    at,
                    by: by.identifier.clone(),
                    reason,
                };
                Self { state, ..self }
            }
            VersionState::Superseded { .. } | VersionState::Ended { .. } => self,
        }
    }

    /// The version once its registration has ended.
    #[must_use]
    pub fn ended(self, at: Timestamp, status: StatusCode) -> Self {
        match self.state {
            VersionState::Current => Self {
                state: VersionState::Ended { at, status },
                ..self
            },
            VersionState::Superseded { .. } | VersionState::Ended { .. } => self,
        }
    }

    /// Whether it was the current one at an instant.
    #[must_use]
    pub fn is_current_at(&self, instant: Timestamp) -> bool {
        let until = match &self.state {
            VersionState::Current => None,
            VersionState::Superseded { at, .. } | VersionState::Ended { at, .. } => Some(*at),
        };
        self.made_at <= instant && until.is_none_or(|until| instant < until)
    }
}
