//! What cancellation, correction and seal re-issue say beyond person, employer and specialties.

use serde::{Deserialize, Serialize};

use super::{Application, ApplicationType, MoveRefused};
use crate::authority::Actor;
use crate::cancellation::{CancellationDetails, CancellationInitiator, CancellationTerms};
use crate::correction::{CorrectedFact, CorrectionDetails, CorrectionTerms};
use crate::policy::MaterialContext;

/// Why a practice seal is made anew (101号 art 13–14; domain §1.9). Either way the old one is void.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SealReissueReason {
    /// 遗失.
    Lost,
    /// 污损.
    Damaged,
}

/// What an application for a new practice seal says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealReissueDetails {
    /// Why.
    pub reason: SealReissueReason,
    /// In words.
    pub statement: String,
}

/// What the type says beyond; types that say no more have none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Particulars {
    /// Nothing.
    #[default]
    None,
    /// 注销注册.
    Cancellation(CancellationDetails),
    /// 信息更正.
    Correction(CorrectionDetails),
    /// 执业印章补办.
    SealReissue(SealReissueDetails),
}

impl Particulars {
    /// Whether they are those of a type.
    #[must_use]
    pub const fn fits(&self, kind: ApplicationType) -> bool {
        match self {
            Self::Cancellation(_) => matches!(kind, ApplicationType::Cancellation),
            Self::Correction(_) => matches!(kind, ApplicationType::Correction),
            Self::SealReissue(_) => matches!(kind, ApplicationType::SealReissue),
            Self::None => !matches!(
                kind,
                ApplicationType::Cancellation | ApplicationType::Correction | ApplicationType::SealReissue
            ),
        }
    }
}

impl Application {
    /// Who opened it, and alone submits and withdraws it.
    #[must_use]
    pub fn initiator(&self) -> CancellationInitiator {
        match &self.particulars {
            Particulars::Cancellation(details) => details.initiator,
            Particulars::Correction(details) => details.initiator,
            _ => CancellationInitiator::Holder,
        }
    }

    /// What it says of a cancellation.
    #[must_use]
    pub const fn cancellation(&self) -> Option<&CancellationDetails> {
        match &self.particulars {
            Particulars::Cancellation(details) => Some(details),
            _ => None,
        }
    }

    /// What it says of a correction.
    #[must_use]
    pub const fn correction(&self) -> Option<&CorrectionDetails> {
        match &self.particulars {
            Particulars::Correction(details) => Some(details),
            _ => None,
        }
    }

    /// What of a cancellation province and nation bind.
    #[must_use]
    pub fn cancellation_terms(&self) -> Option<CancellationTerms> {
        self.cancellation()
            .map(|details| details.terms(&self.specialties))
    }

    /// What of a correction province and nation bind.
    #[must_use]
    pub fn correction_terms(&self) -> Option<&CorrectionTerms> {
        self.correction().map(|details| &details.terms)
    }

    /// What decides which materials the application needs.
    #[must_use]
    pub fn material_context(&self, education_due: bool) -> MaterialContext {
        let by_paper = self
            .termination
            .as_ref()
            .is_some_and(|termination| termination.evidence.material().is_some());
        let is_about = |fact| matches!(&self.particulars, Particulars::Correction(details) if details.terms.is_about(fact));
        let identity = CorrectedFact::ALL.iter().filter(|fact| !fact.is_picture());
        MaterialContext {
            education_due,
            termination_unconfirmed: by_paper,
            not_by_holder: self
                .cancellation()
                .is_some_and(|details| details.initiator != CancellationInitiator::Holder),
            identity_corrected: identity.into_iter().any(|fact| is_about(*fact)),
            photo_corrected: is_about(CorrectedFact::Photo),
            signature_image_corrected: is_about(CorrectedFact::SignatureImage),
            seal_lost: matches!(
                &self.particulars,
                Particulars::SealReissue(details) if details.reason == SealReissueReason::Lost
            ),
        }
    }

    /// Only whoever opened an application submits and withdraws it; the system may do either for them.
    pub(super) fn check_initiator(&self, actor: Actor) -> Result<(), MoveRefused> {
        let initiator = self.initiator();
        match (initiator, actor) {
            (CancellationInitiator::Holder, Actor::Holder { .. })
            | (CancellationInitiator::Employer, Actor::Registrar { .. })
            | (CancellationInitiator::Authority, Actor::Officer(_))
            | (_, Actor::System | Actor::Nation) => Ok(()),
            _ => Err(MoveRefused::NotInitiator { initiator }),
        }
    }
}
