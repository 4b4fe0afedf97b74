//! Puts the service together: configuration → database, keys → jobs, server.

use std::sync::Arc;

use api::identity::v1::access_service_server::AccessServiceServer;
use api::identity::v1::account_service_server::AccountServiceServer;
use api::identity::v1::bulk_directory_service_server::BulkDirectoryServiceServer;
use api::identity::v1::directory_service_server::DirectoryServiceServer;
use api::identity::v1::employer_service_server::EmployerServiceServer;
use api::identity::v1::session_service_server::SessionServiceServer;
use audit_service::AuditLog;
use postgres::{Database, ReadDatabase};
use service_runtime::auth::{Allow, Authenticator, Revocations};
use service_runtime::config::Common;
use service_runtime::server::{Running, StartError};
use service_runtime::{Lifecycle, Server};
use tokio::sync::Notify;

use crate::config::Config;
use crate::deps::Deps;
use crate::job;
use crate::password::Passwords;
use crate::rpc::{ALLOW, Rpc};

/// The service, ready to listen.
pub struct App {
    deps: Arc<Deps>,
    common: Common,
    /// Number of the newest revocation taken over.
    revoked: u64,
}

/// Why the service cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The database is not there, or its schema is not the one this program was built for.
    #[error("database: {0}")]
    Database(#[from] postgres::Error),
    /// Passwords cannot be hashed here.
    #[error("passwords: {0}")]
    Passwords(String),
}

/// Who may call what: one entry for each method.
#[must_use]
pub fn allow_list() -> &'static [Allow] {
    ALLOW
}

impl App {
    /// Migrates if the configuration says so, else checks that somebody has; connects, and learns which sessions
    /// are revoked. Opens no port.
    ///
    /// # Errors
    /// What is wrong with the database.
    pub async fn build(config: Config) -> Result<Self, BuildError> {
        match &config.migration {
            Some(owner) => postgres::migrate(owner, &crate::MIGRATIONS).await?,
            None => postgres::ensure_migrated(&config.database, &crate::MIGRATIONS).await?,
        }
        let deps = Deps {
            database: Database::connect(&config.database, "identity").await?,
            read: ReadDatabase::connect(&config.database, "identity reader").await?,
            clock: config.common.clocks.register.clone(),
            sealing: config.sealing,
            passwords: Passwords::new(config.parallel_hashes)
                .map_err(|error| BuildError::Passwords(error.to_string()))?,
            token_keys: config.token_keys,
            issuer: config.common.tokens.issuer.clone(),
            rules: config.rules,
            revocations: Revocations::new(),
            revoked: Notify::new(),
        };
        let revoked = job::follow(&deps, None).await?;
        Ok(Self {
            deps: Arc::new(deps),
            common: config.common,
            revoked,
        })
    }

    /// Starts the jobs and listens until the life drains.
    ///
    /// # Errors
    /// A port that cannot be bound, or an allow list that does not fit the descriptors.
    pub async fn serve(self, life: &Lifecycle) -> Result<Running, StartError> {
        let Self {
            deps,
            common,
            revoked,
        } = self;
        let authenticator = Authenticator::new(
            deps.token_keys.verifying(),
            common.tokens.clone(),
            deps.clock.clone(),
            deps.revocations.clone(),
        );
        let limit = common.limits.message;
        let audit = AuditLog::of_nation(
            "identity",
            deps.database.clone(),
            deps.read.clone(),
            deps.clock.clone(),
            life.clone(),
        );
        let revoked = job::start(life, &deps, &common.clocks.system, revoked);
        let rpc = Rpc {
            deps,
            life: life.clone(),
            revoked,
        };
        Server::new(&common, life, authenticator, api::FILE_DESCRIPTOR_SET)
            .allow(allow_list())
            .service(AccountServiceServer::new(rpc.clone()).max_decoding_message_size(limit))
            .service(SessionServiceServer::new(rpc.clone()).max_decoding_message_size(limit))
            .service(EmployerServiceServer::new(rpc.clone()).max_decoding_message_size(limit))
            .service(AccessServiceServer::new(rpc.clone()).max_decoding_message_size(limit))
            .service(BulkDirectoryServiceServer::new(rpc.clone()).max_decoding_message_size(limit))
            .service(DirectoryServiceServer::new(rpc).max_decoding_message_size(limit))
            .service(audit.server().max_decoding_message_size(limit))
            .start()
            .await
    }
}
