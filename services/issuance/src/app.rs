//! Puts the service together: configuration → database, keys, store → jobs, server.

use std::sync::Arc;

use api::exchange::v1::exchange_service_server::ExchangeServiceServer;
use api::exchange::v1::migration_service_server::MigrationServiceServer;
use api::exchange::v1::move_service_server::MoveServiceServer;
use api::exchange::v1::standing_service_server::StandingServiceServer;
use api::issuance::v1::certificate_service_server::CertificateServiceServer;
use api::issuance::v1::consent_service_server::ConsentServiceServer;
use api::issuance::v1::issuance_service_server::IssuanceServiceServer;
use api::issuance::v1::log_service_server::LogServiceServer;
use api::issuance::v1::national_act_service_server::NationalActServiceServer;
use api::issuance::v1::notification_service_server::NotificationServiceServer;
use api::issuance::v1::package_service_server::PackageServiceServer;
use api::issuance::v1::province_stream_service_server::ProvinceStreamServiceServer;
use api::issuance::v1::register_service_server::RegisterServiceServer;
use api::issuance::v1::restoration_service_server::RestorationServiceServer;
use api::issuance::v1::status_service_server::StatusServiceServer;
use audit_service::AuditLog;
use domain::store_check::Reading;
use jiff::Timestamp;
use postgres::{Database, ReadDatabase};
use service_runtime::auth::{Allow, TokenTrust};
use service_runtime::config::Common;
use service_runtime::server::{Running, StartError};
use service_runtime::tls::{Outbound, PeerChannel};
use service_runtime::{Lifecycle, Server};

use crate::command::check_stores::{StoresChecked, check_stores, turn};
use crate::command::renew_archive::{RenewError, Renewed, renew_archive};
use crate::command::restoration::assess::{Cause, assess, close};
use crate::config::Config;
use crate::deps::{Bells, Deps};
use crate::issuing::Issuing;
use crate::job;
use crate::job::issue::{Step, TrustError};
use crate::objects::{ObjectError, Objects};
use crate::peer::identity::Identity;
use crate::peer::seal::SealClient;
use crate::positions::Positions;
use crate::restoration::Gate;
use crate::rpc::certificate::CertificateRpc;
use crate::rpc::consents::ConsentRpc;
use crate::rpc::issuance::IssuanceRpc;
use crate::rpc::packages::PackageRpc;
use crate::rpc::{ALLOW, Rpc};

/// The service, ready to listen.
pub struct App {
    deps: Arc<Deps>,
    common: Common,
    issuing: Issuing,
    identity: PeerChannel,
    seal: PeerChannel,
}

/// The stores could not be compared, or the nation not be closed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CheckError(String);

/// Why the service cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The database is not there, or its schema is not the one this program was built for.
    #[error("database: {0}")]
    Database(#[from] postgres::Error),
    /// The folder of sealed bytes cannot be used.
    #[error("{0}")]
    Objects(String),
    /// The trust bundle cannot be used.
    #[error("trust: {0}")]
    Trust(#[from] TrustError),
    /// It cannot be found out whether the database was restored to an earlier point.
    #[error("restoration: {0}")]
    Restoration(String),
}

impl From<ObjectError> for BuildError {
    fn from(error: ObjectError) -> Self {
        Self::Objects(error.to_string())
    }
}

/// Who may call what: one entry for each method.
#[must_use]
pub fn allow_list() -> &'static [Allow] {
    ALLOW
}

impl App {
    /// Migrates if the configuration says so, else checks that somebody has, and connects. Opens no port and calls
    /// nobody: identity need not be up.
    ///
    /// # Errors
    /// What is wrong with database or store.
    pub async fn build(config: Config) -> Result<Self, BuildError> {
        match &config.migration {
            Some(owner) => postgres::migrate(owner, &crate::MIGRATIONS).await?,
            None => postgres::ensure_migrated(&config.database, &crate::MIGRATIONS).await?,
        }
        let objects = Objects::open(&config.objects)?;
        let outbound = Outbound::new(Arc::clone(&config.common.tls.leaf));
        let identity = outbound.channel(&config.identity);
        let deps = Deps {
            database: Database::connect(&config.database, "issuance").await?,
            read: ReadDatabase::connect(&config.database, "issuance reader").await?,
            clock: config.common.clocks.register.clone(),
            system: config.common.clocks.system.clone(),
            sealing: config.sealing,
            objects,
            identity: Identity::new(identity.clone()),
            exchange: config.exchange,
            issuer: config.issuer,
            log: config.log,
            status: config.status.map(Arc::new),
            witnesses: config.witnesses,
            gate: Gate::default(),
            positions: Positions::new(),
            bells: Bells::default(),
        };
        assess(&deps)
            .await
            .map_err(|error| BuildError::Restoration(error.to_string()))?;
        let seal = outbound.channel(&config.seal);
        let issuing = Issuing::new(
            &deps,
            SealClient::new(seal.clone()),
            config.time_stamps,
            config.issuing,
        )?;
        Ok(Self {
            deps: Arc::new(deps),
            issuing,
            identity,
            seal,
            common: config.common,
        })
    }

    /// Lets the issuing job end after a step as by a crash, to prove that it is resumed.
    #[must_use]
    pub fn stopping_after(mut self, step: Step) -> Self {
        self.issuing.stop_after = Some(step);
        self
    }

    /// Renews the proof of time of every stored PDF of an original that ends before `before`, instead of serving; `actor`
    /// is who answers for it.
    ///
    /// # Errors
    /// No time-stamping authority is configured, or the store failed. What was renewed by then stays so.
    pub async fn renew_archive(&self, actor: &str, before: Timestamp) -> Result<Renewed, RenewError> {
        renew_archive(&self.issuing, actor, before).await
    }

    /// Compares the keeper's journal, the register, the log and the stored files, instead of serving; `actor` is who answers
    /// for it. Every file is read, or those whose turn it is.
    ///
    /// # Errors
    /// The keeper of the seals or a store cannot be asked.
    pub async fn check_stores(&self, actor: &str, in_turn: bool) -> Result<StoresChecked, CheckError> {
        let told = |error: &dyn std::fmt::Display| CheckError(error.to_string());
        let reading = if in_turn {
            turn(&self.issuing).await.map_err(|error| told(&error))?
        } else {
            Reading::All
        };
        let checked = check_stores(&self.issuing, actor, reading).await;
        checked.map_err(|error| told(&error))
    }

    /// Closes the nation, because its database was restored to an earlier point; `actor` is who answers for it. To be done before
    /// any process serves again.
    ///
    /// # Errors
    /// The store's.
    pub async fn restore_nation(&self, actor: &str) -> Result<(), CheckError> {
        let closed = close(&self.deps, Cause::Declared, actor).await;
        closed.map_err(|error| CheckError(error.to_string()))
    }

    /// Starts the jobs and listens until the life drains. Health is NOT_SERVING until it is known what verifies tokens.
    ///
    /// # Errors
    /// A port that cannot be bound, or an allow list that does not fit the descriptors.
    pub async fn serve(self, life: &Lifecycle) -> Result<Running, StartError> {
        let Self {
            deps,
            issuing,
            identity,
            seal,
            common,
        } = self;
        let issuing = Arc::new(issuing);
        let trust = TokenTrust::follow(life, identity, &common);
        let authenticator = trust.authenticator(&common);
        let limit = common.limits.message;
        let audit = AuditLog::of_nation(
            "issuance",
            deps.database.clone(),
            deps.read.clone(),
            deps.clock.clone(),
            life.clone(),
        )
        .relaying("nation/seal", seal);
        job::start(life, &deps);
        job::issue::start(life, &issuing);
        life.spawn(
            "restore",
            job::restore::run(life.clone(), Arc::clone(&deps), Arc::clone(&issuing)),
        );
        life.spawn(
            "follow_restoration",
            job::restore::follow(life.clone(), Arc::clone(&deps)),
        );
        let door = deps.gate.door();
        life.spawn(
            "check_stores",
            job::check_stores::run(life.clone(), Arc::clone(&issuing)),
        );
        let certificates = CertificateServiceServer::new(CertificateRpc {
            issuing: Arc::clone(&issuing),
        });
        let consents = ConsentServiceServer::new(ConsentRpc {
            issuing: Arc::clone(&issuing),
        });
        let packages = PackageServiceServer::new(PackageRpc {
            issuing: Arc::clone(&issuing),
        });
        let issuances = IssuanceServiceServer::new(IssuanceRpc { issuing });
        let rpc = Rpc {
            deps,
            life: life.clone(),
        };
        // A batch of envelopes or of applications with their pictures is larger than other calls.
        let exchange =
            ExchangeServiceServer::new(rpc.clone()).max_decoding_message_size(limit.max(LARGEST_BATCH));
        let migration = MigrationServiceServer::new(rpc.clone()).max_decoding_message_size(limit);
        let moves = MoveServiceServer::new(rpc.clone()).max_decoding_message_size(limit);
        let national_acts = NationalActServiceServer::new(rpc.clone()).max_decoding_message_size(limit);
        let streams = ProvinceStreamServiceServer::new(rpc.clone()).max_decoding_message_size(limit);
        let standings = StandingServiceServer::new(rpc.clone()).max_decoding_message_size(limit);
        let notifications = NotificationServiceServer::new(rpc.clone()).max_decoding_message_size(limit);
        let log = LogServiceServer::new(rpc.clone()).max_decoding_message_size(limit);
        let statuses = StatusServiceServer::new(rpc.clone()).max_decoding_message_size(limit);
        let restorations = RestorationServiceServer::new(rpc.clone()).max_decoding_message_size(limit);
        let register = RegisterServiceServer::new(rpc).max_decoding_message_size(limit);
        Server::new(&common, life, authenticator, api::FILE_DESCRIPTOR_SET)
            .allow(allow_list())
            .behind(door)
            .service(exchange)
            .service(migration)
            .service(moves)
            .service(standings)
            .service(register)
            .service(log)
            .service(statuses)
            .service(national_acts)
            .service(streams)
            .service(restorations)
            .service(notifications)
            .service(certificates.max_decoding_message_size(limit))
            .service(consents.max_decoding_message_size(limit))
            .service(packages.max_decoding_message_size(limit))
            .service(issuances.max_decoding_message_size(limit))
            .service(audit.server().max_decoding_message_size(limit))
            .ready_when(async move { trust.known().await })
            .start()
            .await
    }
}

const LARGEST_BATCH: usize = 64 << 20;
