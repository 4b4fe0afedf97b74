//! Puts the service together: configuration → database, model → jobs, server.

use std::sync::Arc;

use api::verification::v1::subscription_service_server::SubscriptionServiceServer;
use api::verification::v1::verification_service_server::VerificationServiceServer;
use postgres::Database;
use service_runtime::auth::{Allow, TokenTrust};
use service_runtime::config::Common;
use service_runtime::server::{Running, StartError};
use service_runtime::tls::{Outbound, PeerChannel};
use service_runtime::{Lifecycle, Server};
use tokio::sync::mpsc;

use crate::config::Config;
use crate::deps::{Deps, Reading};
use crate::job;
use crate::limits::Limits;
use crate::peer::issuance::Issuance;
use crate::records::{Record, Records};
use crate::rpc::{ALLOW, Rpc};
use crate::snapshots::Snapshots;

/// The service, ready to listen.
pub struct App {
    deps: Arc<Deps>,
    database: Database,
    queue: mpsc::Receiver<Record>,
    issuance: Issuance,
    snapshots: Option<Snapshots>,
    identity: PeerChannel,
    common: Common,
}

/// Why the service cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The database is not there, or its schema is not the one this program was built for.
    #[error("database: {0}")]
    Database(#[from] postgres::Error),
}

/// Who may call what: one entry for each method.
#[must_use]
pub fn allow_list() -> &'static [Allow] {
    ALLOW
}

impl App {
    /// Migrates if the configuration says so, else checks that somebody has, and connects. Opens no port.
    ///
    /// # Errors
    /// What is wrong with the database.
    pub async fn build(config: Config) -> Result<Self, BuildError> {
        match &config.migration {
            Some(owner) => postgres::migrate(owner, &crate::MIGRATIONS).await?,
            None => postgres::ensure_migrated(&config.database, &crate::MIGRATIONS).await?,
        }
        let database = Database::connect(&config.database, "verification").await?;
        let outbound = Outbound::new(Arc::clone(&config.common.tls.leaf));
        let (records, queue) = Records::queue(config.record_queue);
        let issuance = Issuance::new(outbound.channel(&config.issuance));
        let clock = config.common.clocks.register.clone();
        let deps = Deps {
            reading: Reading::nothing(config.indices, &clock),
            clock,
            freshness: config.freshness,
            limits: Limits::new(&config.rates),
            records,
            desk: config.desk,
            issuance: issuance.clone(),
        };
        Ok(Self {
            deps: Arc::new(deps),
            database,
            queue,
            issuance,
            snapshots: config.snapshots,
            identity: outbound.channel(&config.identity),
            common: config.common,
        })
    }

    /// Starts the jobs and listens until the life drains. Health is NOT_SERVING until the register is read and it
    /// is known what verifies tokens.
    ///
    /// # Errors
    /// A port that cannot be bound, or an allow list that does not fit the descriptors.
    pub async fn serve(self, life: &Lifecycle) -> Result<Running, StartError> {
        let Self {
            deps,
            database,
            queue,
            issuance,
            snapshots,
            identity,
            common,
        } = self;
        let trust = TokenTrust::follow(life, identity, &common);
        let authenticator = trust.authenticator(&common);
        let limit = common.limits.message;
        let rpc = Rpc {
            deps: Arc::clone(&deps),
            life: life.clone(),
        };
        let subscriptions = SubscriptionServiceServer::new(rpc.clone())
            .max_decoding_message_size(limit)
            .max_encoding_message_size(limit);
        let service = VerificationServiceServer::new(rpc)
            .max_decoding_message_size(limit)
            .max_encoding_message_size(limit);
        let running = Server::new(&common, life, authenticator, api::FILE_DESCRIPTOR_SET)
            .allow(allow_list())
            .service(service)
            .service(subscriptions)
            .ready_when(job::caught_up(Arc::clone(&deps), trust))
            .start()
            .await?;
        job::write_records(life, database, queue);
        job::forget_quiet_callers(life, &deps);
        job::follow_register(life, deps, issuance, snapshots);
        Ok(running)
    }
}
