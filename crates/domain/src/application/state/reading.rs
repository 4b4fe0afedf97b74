//! Reading the facts out of a state, whichever it is.

use jiff::Timestamp;

use super::{Acceptance, ApplicationState, Cleared, Decision, JointOpinion, Publicity, Reviewed, Submission};
use crate::calendar::{end_of, start_of};
use crate::ids::OfficerId;
use crate::policy::Step;

impl ApplicationState {
    /// The acceptance within, once there is one.
    #[must_use]
    pub fn acceptance(&self) -> Option<&Acceptance> {
        match self {
            Self::Accepted(acceptance) => Some(acceptance),
            _ => self.reviewed().map(|reviewed| &reviewed.acceptance),
        }
    }

    /// The submission within, once there is one.
    #[must_use]
    pub fn submission(&self) -> Option<&Submission> {
        match self {
            Self::Submitted(submission)
            | Self::CorrectionRequested { submission, .. }
            | Self::Completing(submission) => Some(submission),
            Self::Completed(completed) => Some(&completed.submission),
            Self::NotAccepted(declined) => Some(&declined.submission),
            _ => self.acceptance().map(|acceptance| &acceptance.submission),
        }
    }

    /// The provincial review within, once there is one.
    #[must_use]
    pub fn reviewed(&self) -> Option<&Reviewed> {
        match self {
            Self::Reviewed(reviewed) => Some(reviewed),
            Self::JointReviewPending(joint) | Self::JointReviewed(joint) => Some(&joint.reviewed),
            Self::DeemedRenewed(deemed) => Some(&deemed.reviewed),
            _ => self.decision().map(|decision| &decision.reviewed),
        }
    }

    /// The joint opinions recorded so far.
    #[must_use]
    pub fn joint_opinions(&self) -> &[JointOpinion] {
        match self {
            Self::JointReviewPending(joint) | Self::JointReviewed(joint) => &joint.opinions,
            Self::DeemedRenewed(deemed) => &deemed.joint,
            _ => self.decision().map_or(&[], |decision| &decision.joint),
        }
    }

    /// The decision within, once there is one.
    #[must_use]
    pub fn decision(&self) -> Option<&Decision> {
        match self {
            Self::Decided(decision)
            | Self::Publicized { decision, .. }
            | Self::Objected { decision, .. }
            | Self::PublicityClosed { decision, .. }
            | Self::Refused(decision) => Some(decision),
            _ => self.cleared().map(|cleared| &cleared.decision),
        }
    }

    /// The publicity within, once there is one.
    #[must_use]
    pub fn publicity(&self) -> Option<&Publicity> {
        match self {
            Self::Publicized { publicity, .. }
            | Self::Objected { publicity, .. }
            | Self::PublicityClosed { publicity, .. } => Some(publicity),
            _ => self.cleared().and_then(|cleared| cleared.publicity.as_ref()),
        }
    }

    /// The clearance within, once there is one.
    #[must_use]
    pub fn cleared(&self) -> Option<&Cleared> {
        match self {
            Self::Cleared(cleared) => Some(cleared),
            Self::Announced(announced) => Some(&announced.cleared),
            _ => None,
        }
    }

    /// Which officer took which step of this file.
    #[must_use]
    pub fn steps_taken(&self) -> Vec<(Step, OfficerId)> {
        let mut steps = Vec::new();
        let accepter = self.acceptance().and_then(|acceptance| acceptance.by);
        steps.extend(accepter.map(|officer| (Step::Accept, officer.id)));
        let opinion = self.reviewed().and_then(|reviewed| reviewed.opinion.as_ref());
        steps.extend(opinion.map(|opinion| (Step::Review, opinion.by.id)));
        steps.extend(
            self.joint_opinions()
                .iter()
                .map(|joint| (Step::JointReview, joint.opinion.by.id)),
        );
        steps.extend(self.decision().map(|decision| (Step::Decide, decision.by.id)));
        steps
    }

    /// Since when it stands there; none where nothing in the state says so.
    #[must_use]
    pub fn since(&self) -> Option<Timestamp> {
        match self {
            Self::Draft { since } | Self::EmployerPending { since } => Some(*since),
            Self::EmployerConfirmed { confirmation } => Some(confirmation.at),
            Self::EmployerRejected { at, .. } | Self::Withdrawn { at, .. } => Some(*at),
            Self::Submitted(submission) => Some(
                submission
                    .correction
                    .as_ref()
                    .map_or(submission.at, |(_, answered)| *answered),
            ),
            Self::CorrectionRequested { correction, .. } => Some(correction.at),
            Self::Accepted(acceptance) => Some(acceptance.at),
            Self::Reviewed(reviewed) => reviewed.opinion.as_ref().map(|opinion| opinion.at),
            Self::JointReviewPending(joint) => Some(joint.requested_at),
            Self::JointReviewed(joint) => joint.opinions.iter().map(|known| known.opinion.at).max(),
            Self::Decided(decision) | Self::Refused(decision) => Some(decision.at),
            Self::Objected { objection, .. } => Some(objection.at),
            Self::Publicized { publicity, .. } => Some(start_of(publicity.opens_on)),
            Self::PublicityClosed { publicity, .. } => Some(end_of(publicity.closes_on)),
            Self::Cleared(cleared) => Some(cleared.at),
            Self::Announced(announced) => Some(announced.at),
            Self::NotAccepted(declined) => Some(declined.at),
            Self::Completing(submission) => Some(submission.at),
            Self::Completed(completed) => Some(completed.at),
            Self::DeemedRenewed(deemed) => Some(deemed.at),
        }
    }
}
