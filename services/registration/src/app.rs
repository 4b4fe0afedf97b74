//! Puts the service together: configuration → keys, object store, database → server and jobs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64};

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
use api::registration::v1::reconciliation_service_server::ReconciliationServiceServer;
use api::registration::v1::registration_service_server::RegistrationServiceServer;
use api::registration::v1::review_service_server::ReviewServiceServer;
use api::registration::v1::succession_service_server::SuccessionServiceServer;
use api::registration::v1::termination_service_server::TerminationServiceServer;
use api::registration::v1::witness_service_server::WitnessServiceServer;
use api::registration::v1::work_service_server::WorkServiceServer;
use audit_service::AuditLog;
use certificate_face::font::FontPack;
use postgres::{Database, ReadDatabase};
use service_runtime::auth::TokenTrust;
use service_runtime::config::Common;
use service_runtime::server::{Running, StartError};
use service_runtime::telemetry::gauge;
use service_runtime::tls::Outbound;
use service_runtime::{Lifecycle, Server};

use crate::allow::allow_list;
use crate::command::take_up_log::{self, WitnessError};
use crate::config::Config;
use crate::coverage::GlyphCoverage;
use crate::deps::{Deps, Wake};
use crate::job;
use crate::objects::Objects;
use crate::peer::exchange::Issuance;
use crate::peer::identity::Identity;
use crate::peer::project_lock::{Platform, ProjectLocks};
use crate::rpc::Rpc;

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
            previewer: config.previewer,
            coverage,
            clock,
            system: config.common.clocks.system.clone(),
            province: config.province,
            stream: format!("provinces/{}", config.province),
            policy: config.policy,
            policies: config.policies,
            checks: config.checks,
            clock_skew: config.clock_skew,
            reconcile_at: config.reconcile_at,
            calendar_left: gauge(
                "calendar.covered",
                "d",
                "days that the official calendar still covers",
            ),
            witness: config.witness,
            wake: Wake::default(),
            head_agreed: AtomicBool::new(false),
            nation_through: AtomicI64::new(0),
        };
        Ok(Self {
            deps: Arc::new(deps),
            common: config.common,
        })
    }

    /// Takes up the nation's log for the province's witness, for good; `actor` is who answers for it.
    ///
    /// # Errors
    /// No witness is configured, or it has taken up the log before.
    pub async fn enrol_witness(&self, actor: &str) -> Result<(), WitnessError> {
        let observer = self.deps.witness.as_ref().ok_or(WitnessError::NotConfigured)?;
        if take_up_log::enrol(&self.deps, observer, actor).await? {
            Ok(())
        } else {
            Err(WitnessError::AlreadyEnrolled)
        }
    }

    /// Anchors a witness that lost its memory at a checkpoint that a quorum of others has cosigned; returns its size.
    ///
    /// # Errors
    /// No witness is configured, it has lost nothing, or too few others vouch for the checkpoint.
    pub async fn anchor_witness(
        &self,
        actor: &str,
        checkpoint: &tlog::Note,
        others: &tlog::Quorum,
    ) -> Result<u64, WitnessError> {
        let observer = self.deps.witness.as_ref().ok_or(WitnessError::NotConfigured)?;
        take_up_log::anchor(&self.deps, observer, actor, (checkpoint, others)).await
    }

    /// The key of the province's witness, where it is one.
    #[must_use]
    pub fn witness_key(&self) -> Option<&tlog::VerifierKey> {
        self.deps
            .witness
            .as_ref()
            .map(|observer| observer.witness.verifier())
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
            .service(server!(ReconciliationServiceServer))
            .service(server!(WitnessServiceServer))
            .service(audit.server().max_decoding_message_size(limit))
            .ready_when(async move { trust.known().await })
            .start()
            .await?;
        job::start(&self.deps, life);
        Ok(running)
    }
}
