//! Enumerated terms that wire and domain share, name for name.

use domain::application::{ApplicationType, MaterialKind, StateKind};
use domain::check::{CheckAnswer, ExternalCheck};
use domain::document_number::{DocumentKind, Sex};
use domain::fact::FactSource;
use domain::specialty::Specialty;

use super::{Malformed, Read};
use crate::{registration, types};

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
    registration::v1::MaterialKind => MaterialKind, "a kind of material":
        ApplicationForm QualificationCertificate EducationCertificate IdentityDocument LabourContract
        ContinuingEducation Photo SignatureImage TerminationProof PreviousCertificate CorrectionProof;
    registration::v1::FactSource => FactSource, "a source of facts":
        Court HousingAuthority SafetyAuthority MarketRegulator EducationProvider OtherAuthority Report;
    registration::v1::ExternalCheck => ExternalCheck, "an external check": SocialInsurance Education;
    registration::v1::CheckAnswer => CheckAnswer, "an answer": Yes No Unavailable;
    registration::v1::application::State => StateKind, "a state of an application":
        Draft EmployerPending EmployerConfirmed EmployerRejected Submitted CorrectionRequested Accepted Reviewed
        JointReviewPending JointReviewed Decided Publicized Objected PublicityClosed Cleared Announced Refused
        Withdrawn;
}
