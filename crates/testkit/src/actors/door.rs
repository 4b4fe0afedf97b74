//! The channels through which an actor reaches the services.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use api::identity::v1::access_service_client::AccessServiceClient;
use api::identity::v1::account_service_client::AccountServiceClient;
use api::identity::v1::employer_service_client::EmployerServiceClient;
use api::identity::v1::session_service_client::SessionServiceClient;
use api::issuance::v1::certificate_service_client::CertificateServiceClient;
use api::issuance::v1::consent_service_client::ConsentServiceClient;
use api::issuance::v1::issuance_service_client::IssuanceServiceClient;
use api::issuance::v1::national_act_service_client::NationalActServiceClient;
use api::issuance::v1::notification_service_client::NotificationServiceClient as NationalNotifications;
use api::issuance::v1::package_service_client::PackageServiceClient;
use api::issuance::v1::register_service_client::RegisterServiceClient;
use api::registration::v1::announcement_correction_service_client::AnnouncementCorrectionServiceClient;
use api::registration::v1::announcement_service_client::AnnouncementServiceClient;
use api::registration::v1::application_service_client::ApplicationServiceClient;
use api::registration::v1::cancellation_service_client::CancellationServiceClient;
use api::registration::v1::case_service_client::CaseServiceClient;
use api::registration::v1::fact_service_client::FactServiceClient;
use api::registration::v1::import_service_client::ImportServiceClient;
use api::registration::v1::lapse_service_client::LapseServiceClient;
use api::registration::v1::notice_service_client::NoticeServiceClient;
use api::registration::v1::notification_service_client::NotificationServiceClient;
use api::registration::v1::objection_service_client::ObjectionServiceClient;
use api::registration::v1::qualification_service_client::QualificationServiceClient;
use api::registration::v1::reconciliation_service_client::ReconciliationServiceClient;
use api::registration::v1::registration_service_client::RegistrationServiceClient;
use api::registration::v1::review_service_client::ReviewServiceClient;
use api::registration::v1::succession_service_client::SuccessionServiceClient;
use api::registration::v1::termination_service_client::TerminationServiceClient;
use api::registration::v1::work_service_client::WorkServiceClient;
use api::verification::v1::verification_service_client::VerificationServiceClient;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use service_runtime::clock::{Clock as _, ClockFile, ClockFileError, RegisterClock, start_of};
use service_runtime::tls::PeerChannel;
use tonic_types::StatusExt as _;

/// Largest message that an actor takes: documents come in chunks well below it.
const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// The register clock of a story: told by everybody's authenticator, moved by the story.
#[derive(Clone)]
pub struct StoryClock {
    file: Arc<ClockFile>,
    clock: RegisterClock,
}

impl StoryClock {
    /// The clock that a deployment's control file moves.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn open(path: &Path) -> Result<Self, ClockFileError> {
        Ok(Self {
            file: Arc::new(ClockFile::open(path)?),
            clock: RegisterClock::controlled(ClockFile::open(path)?),
        })
    }

    /// The register's present.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The register's legal day.
    pub fn today(&self) -> Date {
        self.clock.today()
    }

    /// Moves every process to an instant; one that has passed is left alone.
    ///
    /// # Panics
    /// If the control file cannot be written, or the instant has not come for the machine either.
    pub fn advance_to(&self, instant: Timestamp) {
        if instant > self.now() {
            self.file
                .set(instant)
                .expect("a story moves forward within the past");
        }
    }

    /// Moves every process to nine in the morning of a day.
    ///
    /// # Panics
    /// As [`Self::advance_to`].
    pub fn advance_to_morning_of(&self, day: Date) {
        self.advance_to(start_of(day) + SignedDuration::from_hours(9));
    }
}

/// Channels that carry one client certificate, and the story's clock.
#[derive(Clone)]
pub struct Door {
    /// To `identity`.
    pub identity: PeerChannel,
    /// To `issuance`.
    pub issuance: PeerChannel,
    /// To `verification`.
    pub verification: PeerChannel,
    /// Province code → its `registration`.
    pub provinces: BTreeMap<String, PeerChannel>,
    /// The register clock.
    pub clock: StoryClock,
}

macro_rules! clients {
    ($($(#[$doc:meta])* $method:ident: $client:ident on $channel:ident;)*) => {
        impl Door {
            $($(#[$doc])*
            pub fn $method(&self) -> $client<PeerChannel> {
                $client::new(self.$channel.clone()).max_decoding_message_size(MAX_MESSAGE)
            })*
        }
    };
}

clients! {
    /// `identity.v1.AccountService`
    accounts: AccountServiceClient on identity;
    /// `identity.v1.SessionService`
    sessions: SessionServiceClient on identity;
    /// `identity.v1.EmployerService`
    employers: EmployerServiceClient on identity;
    /// `identity.v1.AccessService`
    access: AccessServiceClient on identity;
    /// `issuance.v1.CertificateService`
    certificates: CertificateServiceClient on issuance;
    /// `issuance.v1.ConsentService`
    consents: ConsentServiceClient on issuance;
    /// `issuance.v1.PackageService`
    packages: PackageServiceClient on issuance;
    /// `issuance.v1.RegisterService`
    register: RegisterServiceClient on issuance;
    /// `issuance.v1.IssuanceService`
    issuances: IssuanceServiceClient on issuance;
    /// `issuance.v1.NationalActService`
    national_acts: NationalActServiceClient on issuance;
    /// `issuance.v1.NotificationService`
    national_notifications: NationalNotifications on issuance;
    /// `verification.v1.VerificationService`
    verifications: VerificationServiceClient on verification;
}

impl Door {
    /// The channel to a province's `registration`.
    ///
    /// # Panics
    /// If the story has no such province.
    pub fn province(&self, code: &str) -> PeerChannel {
        self.provinces
            .get(code)
            .expect("the story names only provinces that run")
            .clone()
    }

    /// `registration.v1.ApplicationService` of a province.
    pub fn applications(&self, province: &str) -> ApplicationServiceClient<PeerChannel> {
        ApplicationServiceClient::new(self.province(province))
    }

    /// `registration.v1.CancellationService` of a province.
    pub fn cancellations(&self, province: &str) -> CancellationServiceClient<PeerChannel> {
        CancellationServiceClient::new(self.province(province))
    }

    /// `registration.v1.ReviewService` of a province.
    pub fn reviews(&self, province: &str) -> ReviewServiceClient<PeerChannel> {
        ReviewServiceClient::new(self.province(province))
    }

    /// `registration.v1.FactService` of a province.
    pub fn facts(&self, province: &str) -> FactServiceClient<PeerChannel> {
        FactServiceClient::new(self.province(province))
    }

    /// `registration.v1.ImportService` of a province.
    pub fn imports(&self, province: &str) -> ImportServiceClient<PeerChannel> {
        ImportServiceClient::new(self.province(province))
    }

    /// `registration.v1.AnnouncementService` of a province.
    pub fn announcements(&self, province: &str) -> AnnouncementServiceClient<PeerChannel> {
        AnnouncementServiceClient::new(self.province(province))
    }

    /// `registration.v1.AnnouncementCorrectionService` of a province.
    pub fn announcement_corrections(
        &self,
        province: &str,
    ) -> AnnouncementCorrectionServiceClient<PeerChannel> {
        AnnouncementCorrectionServiceClient::new(self.province(province))
    }

    /// `registration.v1.QualificationService` of a province.
    pub fn qualifications(&self, province: &str) -> QualificationServiceClient<PeerChannel> {
        QualificationServiceClient::new(self.province(province))
    }

    /// `registration.v1.TerminationService` of a province.
    pub fn terminations(&self, province: &str) -> TerminationServiceClient<PeerChannel> {
        TerminationServiceClient::new(self.province(province))
    }

    /// `registration.v1.SuccessionService` of a province.
    pub fn successions(&self, province: &str) -> SuccessionServiceClient<PeerChannel> {
        SuccessionServiceClient::new(self.province(province))
    }

    /// `registration.v1.ReconciliationService` of a province.
    pub fn reconciliations(&self, province: &str) -> ReconciliationServiceClient<PeerChannel> {
        ReconciliationServiceClient::new(self.province(province))
    }

    /// `registration.v1.LapseService` of a province.
    pub fn lapses(&self, province: &str) -> LapseServiceClient<PeerChannel> {
        LapseServiceClient::new(self.province(province))
    }

    /// `registration.v1.WorkService` of a province.
    pub fn work(&self, province: &str) -> WorkServiceClient<PeerChannel> {
        WorkServiceClient::new(self.province(province))
    }

    /// `registration.v1.NoticeService` of a province.
    pub fn notices(&self, province: &str) -> NoticeServiceClient<PeerChannel> {
        NoticeServiceClient::new(self.province(province))
    }

    /// `registration.v1.ObjectionService` of a province.
    pub fn objections(&self, province: &str) -> ObjectionServiceClient<PeerChannel> {
        ObjectionServiceClient::new(self.province(province))
    }

    /// `registration.v1.CaseService` of a province.
    pub fn cases(&self, province: &str) -> CaseServiceClient<PeerChannel> {
        CaseServiceClient::new(self.province(province))
    }

    /// `registration.v1.NotificationService` of a province.
    pub fn notifications(&self, province: &str) -> NotificationServiceClient<PeerChannel> {
        NotificationServiceClient::new(self.province(province))
    }

    /// `registration.v1.RegistrationService` of a province.
    pub fn registrations(&self, province: &str) -> RegistrationServiceClient<PeerChannel> {
        RegistrationServiceClient::new(self.province(province))
    }
}

/// A fresh request id.
pub fn request_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// The stable reason of a refused call; empty when the status carries none.
pub fn reason(status: &tonic::Status) -> String {
    status
        .get_details_error_info()
        .map(|info| info.reason)
        .unwrap_or_default()
}
