//! Enumerated terms that wire and domain share, name for name.

use domain::announcement::ListingFault;
use domain::application::{
    ApplicationType, MaterialKind, NonAcceptanceGround, PauseGround, SealReissueReason, StateKind,
};
use domain::calendar::Coverage;
use domain::cancellation::{CancellationGround, CancellationInitiator};
use domain::certificate::{Purpose, SupersessionReason};
use domain::check::{CheckAnswer, ExternalCheck};
use domain::correction::CorrectedFact;
use domain::document_number::{DocumentKind, Sex};
use domain::fact::FactSource;
use domain::lapse::{LapseGround, ReportKind};
use domain::national_act::RevocationGround;
use domain::notice::NoticeKind;
use domain::notification::NotificationKind;
use domain::register::{EndCause, StatusCode};
use domain::specialty::Specialty;
use domain::standing::Verdict;
use domain::use_copy::{CopyRequestState, MissingReason};
use domain::work::ConflictGround;

use super::{Malformed, Read};
use crate::{issuance, registration, types, verification};

/// Pairs a wire enum with a domain enum whose variants have the same names.
macro_rules! same_names {
    ($($wire:path => $domain:path, $expected:literal: $($name:ident)+;)*) => {$(
        impl From<$domain> for $wire {
            fn from(term: $domain) -> Self {
                match term {
                    $(<$domain>::$name => Self::$name,)+
                }
            }
        }

        impl Read<$domain> for $wire {
            fn read(self, field: &str) -> Result<$domain, Malformed> {
                match self {
                    Self::Unspecified => Err(Malformed::new(field, $expected)),
                    $(Self::$name => Ok(<$domain>::$name),)+
                }
            }
        }
    )*};
}

same_names! {
    types::v1::Specialty => Specialty, "a specialty":
        Building Highway Railway CivilAviation PortAndWaterway WaterAndHydropower Mining Municipal Communications
        MechanicalAndElectrical;
    types::v1::Sex => Sex, "a sex": Male Female;
    types::v1::DocumentKind => DocumentKind, "a kind of document":
        CitizenIdentityCard HongKongResidencePermit MacaoResidencePermit TaiwanResidencePermit
        ForeignPermanentResident2017 ForeignPermanentResident2023 MilitaryOfficer ArmedPoliceOfficer Soldier
        ArmedPoliceSoldier MilitaryCivilian ArmedPoliceCivilian DiplomaticPassport ServicePassport
        OfficialOrdinaryPassport OrdinaryPassport TaiwanTravelPermit HongKongMacaoTravelPermit Other;
    types::v1::ApplicationType => ApplicationType, "a type of application":
        Initial Renewal Change Addition Reregistration Cancellation Correction SealReissue;
    types::v1::NotificationKind => NotificationKind, "a kind of notification":
        EmployerConfirmationRequested EmployerConfirmed EmployerRejected
        TerminationConfirmationRequested Submitted CorrectionRequested Accepted DeemedAccepted
        Reviewed JointReviewRequested JointReviewed Granted Refused Publicized Objected
        ObjectionResolved PublicityClosed ReturnedForReview Announced Withdrawn ClaimConflict
        CertificateReady CopiesSuperseded EmployeeLeft ClockPaused ClockResumed LimitExtended
        Overdue RenewalAlarm DeemedRenewed TermEnding CopyEnding Suspended Restored Lapsed
        LapseUndone Cancelled Revoked Stripped MovedAway NotAccepted Reopened
        CaseHearing CaseDecided RegistrationRestored TerminationObjected TerminationObjectionResolved
        SuccessionRowRefused MoveBegun FactsChanged CopyRequested ConsentUsed ConsentGranted ConsentEnded
        CopyRequestAnswered ChangeCleared StreamStopped EnvelopeSkipped ClearanceVoided PersonsMerged PersonSplit;
    registration::v1::NoticeKind => NoticeKind, "a kind of notice":
        Acceptance Correction NonAcceptance Grant Refusal Extension Pause;
    registration::v1::ConflictGround => ConflictGround, "a ground": Applicant Employer Relative Interest;
    registration::v1::NonAcceptanceGround => NonAcceptanceGround, "a ground":
        NoPermitNeeded NotCompetent NotCorrected;
    registration::v1::PauseGround => PauseGround, "a ground": Hearing Inspection Appraisal ExpertReview;
    registration::v1::get_calendar_response::Coverage => Coverage, "a coverage":
        NextYear ThisYear NextYearMissing Ended;
    registration::v1::MaterialKind => MaterialKind, "a kind of material":
        ApplicationForm QualificationCertificate EducationCertificate IdentityDocument LabourContract
        ContinuingEducation Photo SignatureImage TerminationProof PreviousCertificate CorrectionProof CancellationProof
        LossNotice;
    registration::v1::ListingFault => ListingFault, "what was wrong with a row": Typo NeverShouldHaveBeen Omitted;
    registration::v1::FactSource => FactSource, "a source of facts":
        Court HousingAuthority SafetyAuthority MarketRegulator EducationProvider OtherAuthority Report;
    registration::v1::ExternalCheck => ExternalCheck, "an external check": SocialInsurance Education;
    registration::v1::CheckAnswer => CheckAnswer, "an answer": Yes No Unavailable;
    registration::v1::application::State => StateKind, "a state of an application":
        Draft EmployerPending EmployerConfirmed EmployerRejected Submitted CorrectionRequested Accepted Reviewed
        JointReviewPending JointReviewed Decided Publicized Objected PublicityClosed Cleared Announced Refused
        Withdrawn Completing Completed DeemedRenewed NotAccepted;
    types::v1::CancellationInitiator => CancellationInitiator, "who asks for a cancellation":
        Holder Employer Authority;
    types::v1::CancellationGround => CancellationGround, "a ground of cancellation":
        EmployerBankrupt EmployerLicenceRevoked EmployerQualificationRevoked EmploymentEnded TermExpired OverAge
        DeadOrIncapable RegistrationRevoked CertificateStripped CriminalPenalty OwnWish OtherStatute;
    types::v1::CorrectedFact => CorrectedFact, "a fact to correct":
        Name Document Sex BirthDate Photo SignatureImage;
    types::v1::SealReissueReason => SealReissueReason, "why the seal is made anew": Lost Damaged;
    types::v1::SupersessionReason => SupersessionReason, "why a version was superseded":
        Renewal EmployerChange Move SpecialtyAdded Correction SealReissued Reregistration SpecialtyCancelled;
    types::v1::EndCause => EndCause, "what ends a registration":
        EmployerBankrupt EmployerLicenceRevoked EmployerQualificationRevoked EmploymentEnded TermExpired OverAge
        DeadOrIncapable Cancelled WronglyGranted Fraud Penalty OtherStatute;
    registration::v1::LapseGround => LapseGround, "a ground of lapse":
        EmployerBankrupt EmployerLicenceRevoked EmployerQualificationRevoked EmploymentEnded TermExpired OverAge
        DeadOrIncapable Other;
    registration::v1::ReportKind => ReportKind, "a kind of report": ShouldHaveLapsed Wrong;
    issuance::v1::MissingReason => MissingReason, "why a copy is missing":
        NotMember HolderAsked Declined Unavailable BeingMade;
    issuance::v1::copy_request::State => CopyRequestState, "a state of a request": Pending Approved Declined Lapsed;
    issuance::v1::RevocationGround => RevocationGround, "a ground of revocation": WronglyGranted Fraud Penalty;
    types::v1::StatusCode => StatusCode, "a status of a registration":
        Valid Suspended Revoked Cancelled Lapsed MovingOut Stripped Other;
    issuance::v1::Purpose => Purpose, "a purpose of a use copy":
        Tender EnterpriseQualification ConstructionPermit Inspection Employment Other;
    verification::v1::Verdict => Verdict, "a verdict":
        Valid Superseded CopyExpired CopyRevoked RegistrationEnded RegistrationSuspended Altered WrongAuthority NotFound
        CannotSay NotIssuedHere ListedInvalid;
}
