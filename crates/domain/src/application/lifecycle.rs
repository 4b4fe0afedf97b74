//! Every move that an application can make: the documented lifecycle (docs/lifecycles.md is compared with it).

use super::Act;
use super::StateKind::{
    self, Accepted, Announced, Cleared, Completed, Completing, CorrectionRequested, Decided, DeemedRenewed,
    Draft, EmployerConfirmed, EmployerPending, EmployerRejected, JointReviewPending, JointReviewed,
    NotAccepted, Objected, PublicityClosed, Publicized, Refused, Reviewed, Submitted, Withdrawn,
};

/// Where an act is possible and where it leads; none: the application stays where it is.
pub const MOVES: &[(Act, &[StateKind], Option<StateKind>)] = &[
    (Act::Create, &[Draft], None),
    (Act::RequestEmployment, &[Draft], Some(EmployerPending)),
    (
        Act::ConfirmEmployment,
        &[EmployerPending],
        Some(EmployerConfirmed),
    ),
    (Act::RejectEmployment, &[EmployerPending], Some(EmployerRejected)),
    (
        Act::Revise,
        &[EmployerPending, EmployerConfirmed, EmployerRejected],
        Some(Draft),
    ),
    (
        Act::ShowTermination,
        &[Draft, EmployerPending, EmployerConfirmed, EmployerRejected],
        None,
    ),
    (
        Act::Submit,
        &[
            Draft,
            EmployerPending,
            EmployerRejected,
            EmployerConfirmed,
            CorrectionRequested,
        ],
        Some(Submitted),
    ),
    (Act::FileOnOwnMotion, &[Draft], Some(Accepted)),
    (Act::ConfirmCancellation, &[EmployerPending], Some(Completing)),
    (Act::Complete, &[Completing], Some(Completed)),
    (Act::RequestCorrection, &[Submitted], Some(CorrectionRequested)),
    (Act::DeclineAcceptance, &[Submitted], Some(NotAccepted)),
    (Act::Reopen, &[Refused], Some(Accepted)),
    (Act::Reopen, &[NotAccepted], Some(Submitted)),
    (Act::Accept, &[Submitted], Some(Accepted)),
    (Act::DeemAccepted, &[Submitted], Some(Accepted)),
    (Act::PauseClock, TIMED, None),
    (Act::ResumeClock, TIMED, None),
    (Act::RequestExtension, &[Accepted, Reviewed, JointReviewed], None),
    (Act::ExtendLimit, &[Accepted, Reviewed, JointReviewed], None),
    (
        Act::DeemRenewed,
        &[Submitted, Accepted, Reviewed, JointReviewPending, JointReviewed],
        Some(DeemedRenewed),
    ),
    (
        Act::SettleClaim,
        &[
            Accepted,
            Reviewed,
            JointReviewPending,
            JointReviewed,
            Decided,
            Publicized,
            Objected,
            PublicityClosed,
        ],
        None,
    ),
    (Act::Review, &[Accepted], Some(Reviewed)),
    (
        Act::RequestJointReview,
        &[Accepted, Reviewed],
        Some(JointReviewPending),
    ),
    (Act::RecordJointReview, &[JointReviewPending], None),
    (Act::RecordJointReview, &[JointReviewPending], Some(JointReviewed)),
    (Act::Grant, &[Accepted, Reviewed, JointReviewed], Some(Decided)),
    (Act::Refuse, &[Accepted, Reviewed, JointReviewed], Some(Refused)),
    (Act::OpenPublicity, &[Decided], Some(Publicized)),
    (Act::RaiseObjection, &[Publicized], Some(Objected)),
    (Act::RaiseObjection, &[Objected], None),
    (Act::ResolveObjection, &[Objected], None),
    (Act::ResolveObjection, &[Objected], Some(Publicized)),
    (Act::ResolveObjection, &[Objected], Some(Accepted)),
    (Act::ClosePublicity, &[Publicized], Some(PublicityClosed)),
    (Act::Clear, &[Decided, PublicityClosed], Some(Cleared)),
    (Act::ReleaseClearance, &[Cleared], Some(Decided)),
    (Act::ReleaseClearance, &[Cleared], Some(PublicityClosed)),
    (
        Act::ReturnForReview,
        &[Decided, Publicized, PublicityClosed, Cleared],
        Some(Accepted),
    ),
    (Act::ReturnForReview, &[Completing], Some(Draft)),
    (Act::Announce, &[Cleared], Some(Announced)),
    (
        Act::FollowEmployer,
        &[
            Draft,
            EmployerPending,
            EmployerConfirmed,
            EmployerRejected,
            Submitted,
            CorrectionRequested,
            Accepted,
            Reviewed,
            JointReviewPending,
            JointReviewed,
            Decided,
            Publicized,
            Objected,
            PublicityClosed,
        ],
        None,
    ),
    (
        Act::CancelMove,
        &[Decided, Publicized, Objected, PublicityClosed, Cleared],
        Some(Withdrawn),
    ),
    (
        Act::Withdraw,
        &[
            Draft,
            EmployerPending,
            EmployerConfirmed,
            EmployerRejected,
            Submitted,
            CorrectionRequested,
            Accepted,
            Reviewed,
            JointReviewPending,
            JointReviewed,
        ],
        Some(Withdrawn),
    ),
];

/// States in which a limit of an authority runs.
const TIMED: &[StateKind] = &[
    Submitted,
    Accepted,
    Reviewed,
    JointReviewPending,
    JointReviewed,
    Decided,
    Objected,
    PublicityClosed,
    Cleared,
];

/// Whether a move is one of [`MOVES`].
#[must_use]
pub fn documented(act: Act, from: StateKind, to: StateKind) -> bool {
    MOVES.iter().any(|(known, sources, target)| {
        *known == act && sources.contains(&from) && target.unwrap_or(from) == to
    })
}
