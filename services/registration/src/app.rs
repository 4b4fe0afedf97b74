//! Puts the service together: configuration → keys, object store, database → server and jobs.

use std::sync::Arc;
use std::time::Duration;

use api::registration::v1::announcement_correction_service_server::AnnouncementCorrectionServiceServer;
use api::registration::v1::announcement_service_server::AnnouncementServiceServer;
use api::registration::v1::application_service_server::ApplicationServiceServer;
use api::registration::v1::cancellation_service_server::CancellationServiceServer;
use api::registration::v1::case_service_server::CaseServiceServer;
use api::registration::v1::clock_service_server::ClockServiceServer;
use api::registration::v1::fact_service_server::FactServiceServer;
use api::registration::v1::import_service_server::ImportServiceServer;
use api::registration::v1::lapse_service_server::LapseServiceServer;
use api::registration::v1::notice_service_server::NoticeServiceServer;
use api::registration::v1::notification_service_server::NotificationServiceServer;
use api::registration::v1::objection_service_server::ObjectionServiceServer;
use api::registration::v1::qualification_service_server::QualificationServiceServer;
use api::registration::v1::registration_service_server::RegistrationServiceServer;
use api::registration::v1::review_service_server::ReviewServiceServer;
use api::registration::v1::succession_service_server::SuccessionServiceServer;
use api::registration::v1::termination_service_server::TerminationServiceServer;
use api::registration::v1::work_service_server::WorkServiceServer;
use audit_service::AuditLog;
use certificate_face::font::FontPack;
use domain::application::Application;
use domain::authority::Authority;
use domain::calendar::day_of;
use domain::ids::{
    AnnouncementCorrectionId, ApplicationId, CaseId, DelegationId, FactId, ImportId, LapseId, ObjectionId,
    PublicityId, ReportId, SuccessionId,
};
use domain::policy::{PolicyBook, PolicyProfile};
use domain::province::{Jurisdiction, Province};
use jiff::Timestamp;
use postgres::{Database, ReadDatabase};
use service_runtime::auth::{Allow, Rule, TokenTrust};
use service_runtime::clock::{RegisterClock, SystemClock};
use service_runtime::config::Common;
use service_runtime::server::{Running, StartError};
use service_runtime::telemetry::{Gauge, gauge};
use service_runtime::tls::Outbound;
use service_runtime::{Lifecycle, Server};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::config::Config;
use crate::coverage::GlyphCoverage;
use crate::error::Error;
use crate::exchange::{HeadSigner, ReceiptKey};
use crate::job;
use crate::listing::ListKey;
use crate::objects::Objects;
use crate::peer::check::Checks;
use crate::peer::exchange::Issuance;
use crate::peer::identity::Identity;
use crate::peer::project_lock::{Platform, ProjectLocks};
use crate::rpc::Rpc;
use crate::sealing::Sealing;
use crate::store::announcement::Announcement;

/// What commands, queries and jobs work with.
pub(crate) struct Deps {
    pub(crate) database: Database,
    pub(crate) reader: ReadDatabase,
    pub(crate) objects: Objects,
    pub(crate) sealing: Sealing,
    pub(crate) signer: HeadSigner,
    pub(crate) receipt_key: ReceiptKey,
    pub(crate) list_key: ListKey,
    pub(crate) identity: Identity,
    pub(crate) issuance: Issuance,
    pub(crate) checks: Checks,
    /// The platform that says whom a running project holds, where there is one.
    pub(crate) project_locks: Option<ProjectLocks>,
    pub(crate) coverage: Arc<dyn GlyphCoverage>,
    pub(crate) clock: RegisterClock,
    pub(crate) system: SystemClock,
    pub(crate) province: Province,
    /// The province's stream: outbox and positions.
    pub(crate) stream: String,
    pub(crate) policy: String,
    pub(crate) policies: PolicyBook,
    pub(crate) clock_skew: Duration,
    /// Days that the official calendar still covers.
    pub(crate) calendar_left: Gauge,
    pub(crate) wake: Wake,
}

/// Wakes jobs that have something to do.
#[derive(Debug, Default)]
pub(crate) struct Wake {
    pub(crate) push: Notify,
    pub(crate) claim: Notify,
    pub(crate) clearance: Notify,
    /// Wakes no job: the nation has answered for an application.
    pub(crate) settled: Notify,
    pub(crate) release: Notify,
    pub(crate) pull: Notify,
    pub(crate) audit: Notify,
    pub(crate) lapse: Notify,
    pub(crate) succession: Notify,
    pub(crate) silence: Notify,
    pub(crate) clocks: Notify,
    pub(crate) import: Notify,
    pub(crate) remind: Notify,
    /// Notifications wait for their positions.
    pub(crate) number: Notify,
    /// Rings for every watcher once they have them.
    pub(crate) numbered: Notify,
}

impl Deps {
    /// The policy of an application: that of its submission, before it the one in force.
    pub(crate) fn policy_of(
        &self,
        application: &Application,
        now: Timestamp,
    ) -> Result<&PolicyProfile, Error> {
        let book = &self.policies;
        let found = match &application.policy {
            Some(reference) => book.find(reference),
            None => book.in_force(&self.policy, day_of(now)),
        };
        found.ok_or_else(|| Error::internal("no policy profile is in force"))
    }

    /// The policy in force for new applications.
    pub(crate) fn policy_now(&self, now: Timestamp) -> Result<&PolicyProfile, Error> {
        let found = self.policies.in_force(&self.policy, day_of(now));
        found.ok_or_else(|| Error::internal("no policy profile is in force"))
    }

    /// `provinces/{province}/applications/{application}`
    pub(crate) fn application_name(&self, id: ApplicationId) -> String {
        id.name_in(Jurisdiction::Province(self.province))
    }

    /// `provinces/{province}/facts/{fact}`
    pub(crate) fn fact_name(&self, id: FactId) -> String {
        format!("provinces/{}/facts/{id}", self.province)
    }

    /// `provinces/{province}/imports/{import}`
    pub(crate) fn import_name(&self, id: ImportId) -> String {
        format!("provinces/{}/imports/{id}", self.province)
    }

    /// `provinces/{province}/publicities/{publicity}`
    pub(crate) fn publicity_name(&self, id: PublicityId) -> String {
        format!("provinces/{}/publicities/{id}", self.province)
    }

    /// `provinces/{province}/successions/{succession}`
    pub(crate) fn succession_name(&self, id: SuccessionId) -> String {
        format!("provinces/{}/successions/{id}", self.province)
    }

    /// `provinces/{province}/cases/{case}`
    pub(crate) fn case_name(&self, id: CaseId) -> String {
        format!("provinces/{}/cases/{id}", self.province)
    }

    /// `provinces/{province}/delegations/{delegation}`
    pub(crate) fn delegation_name(&self, id: DelegationId) -> String {
        format!("provinces/{}/delegations/{id}", self.province)
    }

    /// `provinces/{province}/opinionTemplates/{template}`
    pub(crate) fn template_name(&self, id: Uuid) -> String {
        format!("provinces/{}/opinionTemplates/{id}", self.province)
    }

    /// `provinces/{province}/notices/{notice}`
    pub(crate) fn notice_name(&self, id: Uuid) -> String {
        format!("provinces/{}/notices/{id}", self.province)
    }

    /// `provinces/{province}/lapses/{lapse}`
    pub(crate) fn lapse_name(&self, id: LapseId) -> String {
        format!("provinces/{}/lapses/{id}", self.province)
    }

    /// `provinces/{province}/reports/{report}`
    pub(crate) fn report_name(&self, id: ReportId) -> String {
        format!("provinces/{}/reports/{id}", self.province)
    }

    /// `provinces/{province}/announcements/{number}`, as `2026-1`; those of the ministry as `ministry-2026-1`.
    pub(crate) fn announcement_name(&self, announcement: &Announcement) -> String {
        let Announcement {
            year,
            serial,
            announced_by,
            ..
        } = announcement;
        let own = *announced_by == Authority::Province(self.province).to_string();
        let of = if own {
            String::new()
        } else {
            format!("{announced_by}-")
        };
        format!("provinces/{}/announcements/{of}{year}-{serial}", self.province)
    }

    /// `provinces/{province}/announcementCorrections/{correction}`
    pub(crate) fn announcement_correction_name(&self, id: AnnouncementCorrectionId) -> String {
        format!("provinces/{}/announcementCorrections/{id}", self.province)
    }

    /// `provinces/{province}/objections/{objection}`
    pub(crate) fn objection_name(&self, id: ObjectionId) -> String {
        format!("provinces/{}/objections/{id}", self.province)
    }
}

/// The service, ready to listen.
pub struct App {
    deps: Arc<Deps>,
    common: Common,
}

/// Why the service cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The database.
    #[error("database: {0}")]
    Database(#[from] postgres::Error),
    /// The object store.
    #[error("objects: {0}")]
    Objects(String),
}

/// Who may call what.
#[must_use]
pub fn allow_list() -> &'static [Allow] {
    const HOLDER: &[Rule] = &[Rule::Holder];
    const REGISTRAR: &[Rule] = &[Rule::Employer(&["REGISTRAR"])];
    const PARTIES: &[Rule] = &[Rule::Holder, Rule::Employer(&["REGISTRAR"])];
    const ANYONE_CONCERNED: &[Rule] = &[
        Rule::Holder,
        Rule::Employer(&["REGISTRAR"]),
        Rule::Officer(&["OFFICER"]),
    ];
    const REGISTRAR_OR_OFFICER: &[Rule] = &[Rule::Employer(&["REGISTRAR"]), Rule::Officer(&["OFFICER"])];
    const OFFICER: &[Rule] = &[Rule::Officer(&["OFFICER"])];
    const HOLDER_OR_OFFICER: &[Rule] = &[Rule::Holder, Rule::Officer(&["OFFICER"])];
    const LEADER: &[Rule] = &[Rule::Officer(&["LEADER"])];
    const OFFICER_OR_LEADER: &[Rule] = &[Rule::Officer(&["OFFICER", "LEADER"])];
    const PUBLIC: &[Rule] = &[Rule::Public];
    const LIST: &[Allow] = &[
        Allow::new(
            "/jianzheng.registration.v1.QualificationService/ImportQualifications",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.QualificationService/ListQualifications",
            HOLDER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ApplicationService/CheckEligibility",
            HOLDER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ApplicationService/CreateApplication",
            HOLDER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ApplicationService/AttachMaterial",
            ANYONE_CONCERNED,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ApplicationService/RequestEmployment",
            HOLDER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ApplicationService/ConfirmEmployment",
            REGISTRAR,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ApplicationService/ConfirmTermination",
            REGISTRAR,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ApplicationService/SubmitApplication",
            ANYONE_CONCERNED,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ApplicationService/WithdrawApplication",
            ANYONE_CONCERNED,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ApplicationService/GetApplication",
            ANYONE_CONCERNED,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ApplicationService/ListApplications",
            PARTIES,
        ),
        Allow::new(
            "/jianzheng.registration.v1.CancellationService/OpenCancellation",
            REGISTRAR_OR_OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ReviewService/ListWork",
            OFFICER_OR_LEADER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ReviewService/RequestCorrection",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ReviewService/AcceptApplication",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ReviewService/DeclineAcceptance",
            OFFICER,
        ),
        Allow::new("/jianzheng.registration.v1.ReviewService/RecordReview", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.ReviewService/RequestJointReview",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ReviewService/RecordJointReview",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ReviewService/DecideApplication",
            OFFICER,
        ),
        Allow::new("/jianzheng.registration.v1.ReviewService/ReadMaterial", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.ReviewService/PreviewMaterial",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ReviewService/ReturnForReview",
            OFFICER,
        ),
        Allow::new("/jianzheng.registration.v1.WorkService/ClaimWork", OFFICER),
        Allow::new("/jianzheng.registration.v1.WorkService/ReleaseWork", OFFICER),
        Allow::new("/jianzheng.registration.v1.WorkService/AssignWork", LEADER),
        Allow::new(
            "/jianzheng.registration.v1.WorkService/DeclareConflict",
            OFFICER_OR_LEADER,
        ),
        Allow::new("/jianzheng.registration.v1.WorkService/DelegatePowers", OFFICER),
        Allow::new("/jianzheng.registration.v1.WorkService/RevokeDelegation", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.WorkService/ListDelegations",
            OFFICER_OR_LEADER,
        ),
        Allow::new("/jianzheng.registration.v1.WorkService/BatchAct", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.WorkService/SaveOpinionTemplate",
            OFFICER_OR_LEADER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.WorkService/ListOpinionTemplates",
            OFFICER_OR_LEADER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.NoticeService/GetNotice",
            ANYONE_CONCERNED,
        ),
        Allow::new(
            "/jianzheng.registration.v1.NoticeService/ListNotices",
            ANYONE_CONCERNED,
        ),
        Allow::new("/jianzheng.registration.v1.CaseService/OpenCase", PUBLIC),
        Allow::new("/jianzheng.registration.v1.CaseService/ClaimCase", OFFICER),
        Allow::new("/jianzheng.registration.v1.CaseService/HearHolder", OFFICER),
        Allow::new("/jianzheng.registration.v1.CaseService/StateView", HOLDER),
        Allow::new("/jianzheng.registration.v1.CaseService/ProposeDecision", OFFICER),
        Allow::new("/jianzheng.registration.v1.CaseService/DecideCase", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.CaseService/GetCase",
            HOLDER_OR_OFFICER,
        ),
        Allow::new("/jianzheng.registration.v1.CaseService/ListCases", OFFICER),
        Allow::new("/jianzheng.registration.v1.CaseService/ReadComplaint", OFFICER),
        Allow::new("/jianzheng.registration.v1.CaseService/ReopenCase", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.ObjectionService/ListObjections",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.ObjectionService/ReadObjection",
            OFFICER,
        ),
        Allow::new("/jianzheng.registration.v1.FactService/RecordFact", OFFICER),
        Allow::new("/jianzheng.registration.v1.FactService/ImportFacts", OFFICER),
        Allow::new("/jianzheng.registration.v1.FactService/CorrectFact", OFFICER),
        Allow::new("/jianzheng.registration.v1.FactService/ConfirmFacts", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.FactService/ListFacts",
            HOLDER_OR_OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.FactService/ReadFactEvidence",
            HOLDER_OR_OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.FactService/ListChecks",
            HOLDER_OR_OFFICER,
        ),
        Allow::new("/jianzheng.registration.v1.FactService/SettleCheck", OFFICER),
        Allow::new("/jianzheng.registration.v1.ImportService/CreateImport", OFFICER),
        Allow::new("/jianzheng.registration.v1.ImportService/StartImport", OFFICER),
        Allow::new("/jianzheng.registration.v1.ImportService/GetImport", OFFICER),
        Allow::new("/jianzheng.registration.v1.ImportService/ListImports", OFFICER),
        Allow::new("/jianzheng.registration.v1.ImportService/ListFailedRows", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.ImportService/DownloadFailedRows",
            OFFICER,
        ),
        Allow::new("/jianzheng.registration.v1.ImportService/CancelImport", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementService/OpenPublicity",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementService/RaiseObjection",
            PUBLIC,
        ),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementService/ResolveObjection",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementService/ClosePublicity",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementService/PublishAnnouncement",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementService/GetAnnouncement",
            PUBLIC,
        ),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementService/ListAnnouncements",
            PUBLIC,
        ),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementService/DownloadAnnouncement",
            PUBLIC,
        ),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementService/ProveAnnouncementRow",
            PUBLIC,
        ),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementService/ListAnnouncementKeys",
            PUBLIC,
        ),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementCorrectionService/CorrectAnnouncement",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementCorrectionService/PublishCorrection",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementCorrectionService/DeclineCorrection",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.AnnouncementCorrectionService/ListAnnouncementCorrections",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.RegistrationService/GetRegistration",
            ANYONE_CONCERNED,
        ),
        Allow::new(
            "/jianzheng.registration.v1.RegistrationService/ListRegistrations",
            ANYONE_CONCERNED,
        ),
        Allow::new(
            "/jianzheng.registration.v1.RegistrationService/ExplainAvailability",
            &[
                Rule::Holder,
                Rule::Employer(&["REGISTRAR"]),
                Rule::Officer(&["OFFICER", "HELP_DESK"]),
            ],
        ),
        Allow::new(
            "/jianzheng.registration.v1.TerminationService/NotifyTermination",
            HOLDER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.TerminationService/ObjectToTermination",
            REGISTRAR,
        ),
        Allow::new(
            "/jianzheng.registration.v1.TerminationService/ResolveTerminationObjection",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.TerminationService/GetTerminationNotice",
            ANYONE_CONCERNED,
        ),
        Allow::new(
            "/jianzheng.registration.v1.TerminationService/ListTerminationNotices",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.TerminationService/CancelMove",
            &[Rule::Holder, Rule::Officer(&["OFFICER"])],
        ),
        Allow::new(
            "/jianzheng.registration.v1.SuccessionService/ProposeSuccession",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.SuccessionService/AnnounceSuccession",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.SuccessionService/WithdrawSuccession",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.SuccessionService/GetSuccession",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.SuccessionService/ListSuccessionRows",
            OFFICER,
        ),
        Allow::new("/jianzheng.registration.v1.LapseService/RecordLapse", OFFICER),
        Allow::new("/jianzheng.registration.v1.LapseService/UndoLapse", OFFICER),
        Allow::new("/jianzheng.registration.v1.LapseService/ConfirmLapse", OFFICER),
        Allow::new("/jianzheng.registration.v1.LapseService/RefuseLapse", OFFICER),
        Allow::new("/jianzheng.registration.v1.LapseService/WithdrawLapse", OFFICER),
        Allow::new("/jianzheng.registration.v1.LapseService/GetLapse", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.LapseService/ListLapses",
            HOLDER_OR_OFFICER,
        ),
        Allow::new("/jianzheng.registration.v1.LapseService/ListLapseRows", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.LapseService/ReadLapseEvidence",
            OFFICER,
        ),
        Allow::new(
            "/jianzheng.registration.v1.LapseService/ReportRegistration",
            PUBLIC,
        ),
        Allow::new("/jianzheng.registration.v1.LapseService/ListReports", OFFICER),
        Allow::new("/jianzheng.registration.v1.LapseService/DismissReport", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.NotificationService/ListNotifications",
            ANYONE_CONCERNED,
        ),
        Allow::new(
            "/jianzheng.registration.v1.NotificationService/WatchNotifications",
            &[Rule::Client("notifications")],
        ),
        Allow::new("/jianzheng.registration.v1.ClockService/PauseClock", OFFICER),
        Allow::new("/jianzheng.registration.v1.ClockService/ResumeClock", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.ClockService/RequestExtension",
            OFFICER,
        ),
        Allow::new("/jianzheng.registration.v1.ClockService/ExtendLimit", OFFICER),
        Allow::new(
            "/jianzheng.registration.v1.ClockService/ListClockEvents",
            ANYONE_CONCERNED,
        ),
        Allow::new("/jianzheng.registration.v1.ClockService/GetCalendar", PUBLIC),
        audit_service::VERIFY,
        audit_service::EXPORT,
    ];
    LIST
}

/// The fonts of the certificate, loaded when the first name is judged.
struct ShippedFonts;

impl GlyphCoverage for ShippedFonts {
    fn missing(&self, text: &str) -> Vec<char> {
        FontPack::shared().missing(text)
    }
}

impl App {
    /// Opens everything; names are judged by the fonts that ship with the program.
    ///
    /// # Errors
    /// What is wrong with the database or the object store.
    pub async fn build(config: Config) -> Result<Self, BuildError> {
        Self::build_with(config, Arc::new(ShippedFonts)).await
    }

    /// As [`App::build`], with another knowledge of fonts.
    ///
    /// # Errors
    /// As [`App::build`].
    pub async fn build_with(config: Config, coverage: Arc<dyn GlyphCoverage>) -> Result<Self, BuildError> {
        let objects = Objects::open(&config.objects).map_err(BuildError::Objects)?;
        match &config.migration {
            Some(owner) => postgres::migrate(owner, &crate::MIGRATIONS).await?,
            None => postgres::ensure_migrated(&config.database, &crate::MIGRATIONS).await?,
        }
        let database = Database::connect(&config.database, "registration").await?;
        let reader = ReadDatabase::connect(&config.database, "registration").await?;
        let outbound = Outbound::new(Arc::clone(&config.common.tls.leaf));
        let clock = config.common.clocks.register.clone();
        let deps = Deps {
            database,
            reader,
            objects,
            sealing: config.sealing,
            signer: config.signer,
            receipt_key: config.receipt_key,
            list_key: config.list_key,
            identity: Identity::new(outbound.channel(&config.identity), clock.clone()),
            issuance: Issuance::new(outbound.channel(&config.issuance), config.province),
            project_locks: config.project_lock.map(|platform| {
                let platform = Platform::new(outbound.channel(&platform));
                ProjectLocks::new(Box::new(platform), config.project_lock_refuses_unknown)
            }),
            coverage,
            clock,
            system: config.common.clocks.system.clone(),
            province: config.province,
            stream: format!("provinces/{}", config.province),
            policy: config.policy,
            policies: config.policies,
            checks: config.checks,
            clock_skew: config.clock_skew,
            calendar_left: gauge(
                "calendar.covered",
                "d",
                "days that the official calendar still covers",
            ),
            wake: Wake::default(),
        };
        Ok(Self {
            deps: Arc::new(deps),
            common: config.common,
        })
    }

    /// Listens and works until the life drains. Neither identity nor issuance needs to be up; health is NOT_SERVING until
    /// it is known what verifies tokens.
    ///
    /// # Errors
    /// A port that cannot be bound, or an allow list that does not fit the descriptors.
    pub async fn serve(self, life: &Lifecycle) -> Result<Running, StartError> {
        let trust = TokenTrust::follow(life, self.deps.identity.channel(), &self.common);
        let authenticator = trust.authenticator(&self.common);
        let limit = self.common.limits.message;
        let rpc = Rpc {
            deps: Arc::clone(&self.deps),
            life: life.clone(),
        };
        macro_rules! server {
            ($server:ident) => {
                $server::new(rpc.clone())
                    .max_decoding_message_size(limit)
                    .max_encoding_message_size(limit)
            };
        }
        let audit = AuditLog::of_province(
            self.deps.province.code(),
            self.deps.database.clone(),
            self.deps.reader.clone(),
            self.deps.clock.clone(),
            life.clone(),
        );
        let running = Server::new(&self.common, life, authenticator, api::FILE_DESCRIPTOR_SET)
            .allow(allow_list())
            .service(server!(QualificationServiceServer))
            .service(server!(ApplicationServiceServer))
            .service(server!(CancellationServiceServer))
            .service(server!(ReviewServiceServer))
            .service(server!(WorkServiceServer))
            .service(server!(NoticeServiceServer))
            .service(server!(CaseServiceServer))
            .service(server!(ObjectionServiceServer))
            .service(server!(FactServiceServer))
            .service(server!(ImportServiceServer))
            .service(server!(AnnouncementServiceServer))
            .service(server!(AnnouncementCorrectionServiceServer))
            .service(server!(RegistrationServiceServer))
            .service(server!(TerminationServiceServer))
            .service(server!(SuccessionServiceServer))
            .service(server!(LapseServiceServer))
            .service(server!(NotificationServiceServer))
            .service(server!(ClockServiceServer))
            .service(audit.server().max_decoding_message_size(limit))
            .ready_when(async move { trust.known().await })
            .start()
            .await?;
        job::start(&self.deps, life);
        Ok(running)
    }
}
