//! Puts the service together: configuration → keystore, database → server.

use std::sync::Arc;

use api::seal::v1::seal_service_server::SealServiceServer;
use audit_service::AuditLog;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use postgres::{Database, ReadDatabase, Tx};
use service_runtime::auth::{Allow, Authenticator, NoKeys, Revocations, Rule};
use service_runtime::clock::{Clock as _, RegisterClock};
use service_runtime::config::{Common, Deployment};
use service_runtime::server::{Running, StartError};
use service_runtime::{Lifecycle, Server};

use crate::config::{Ceilings, Config};
use crate::job;
use crate::keystore::{Keystore, KeystoreError};
use crate::rpc::Rpc;
use crate::store::seal;

/// What commands and queries work with.
pub(crate) struct Deps {
    pub(crate) database: Database,
    pub(crate) reader: ReadDatabase,
    pub(crate) keystore: Keystore,
    pub(crate) clock: RegisterClock,
    pub(crate) ceilings: RateCeilings,
}

/// One ceiling for each profile.
pub(crate) struct RateCeilings {
    original: DefaultDirectRateLimiter,
    use_copy: DefaultDirectRateLimiter,
}

impl RateCeilings {
    fn new(ceilings: Ceilings) -> Self {
        let limiter = |rate| RateLimiter::direct(Quota::per_second(rate));
        Self {
            original: limiter(ceilings.original),
            use_copy: limiter(ceilings.use_copy),
        }
    }

    /// Whether one more signature of a profile may be made now.
    pub(crate) fn admit(&self, profile: &str) -> bool {
        match profile {
            "original" => self.original.check().is_ok(),
            _ => self.use_copy.check().is_ok(),
        }
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
    /// The keystore.
    #[error("keystore: {0}")]
    Keystore(#[from] KeystoreError),
    /// The database.
    #[error("database: {0}")]
    Database(#[from] postgres::Error),
    /// Software keys are for specimens only (design §4).
    #[error("production refuses software seals: `{0}` is one")]
    SoftwareSeal(String),
}

/// Who may call what: `issuance` alone.
#[must_use]
pub fn allow_list() -> &'static [Allow] {
    const LIST: &[Allow] = &[
        Allow::new(
            "/jianzheng.seal.v1.SealService/SignDocuments",
            &[Rule::Service("issuance")],
        ),
        Allow::new(
            "/jianzheng.seal.v1.SealService/GetSeal",
            &[Rule::Service("issuance")],
        ),
        Allow::new(
            "/jianzheng.seal.v1.SealService/ListSeals",
            &[Rule::Service("issuance")],
        ),
        audit_service::VERIFY_RELAYED,
        audit_service::EXPORT_RELAYED,
    ];
    LIST
}

impl App {
    /// Opens keystore and database, and notes the seals.
    ///
    /// # Errors
    /// What is wrong with either.
    pub async fn build(config: Config) -> Result<Self, BuildError> {
        let keystore = Keystore::open(&config.keystore)?;
        if config.common.deployment == Deployment::Production
            && let Some(kept) = keystore.iter().next()
        {
            return Err(BuildError::SoftwareSeal(kept.name.clone()));
        }
        match &config.migration {
            Some(owner) => postgres::migrate(owner, &crate::MIGRATIONS).await?,
            None => postgres::ensure_migrated(&config.database, &crate::MIGRATIONS).await?,
        }
        let database = Database::connect(&config.database, "seal").await?;
        let reader = ReadDatabase::connect(&config.database, "seal reader").await?;
        let clock = config.common.clocks.register.clone();
        let now = clock.now();
        database
            .run_tx("register seals", async |tx: &mut Tx| {
                for kept in keystore.iter() {
                    seal::register(tx, kept, now).await?;
                }
                Ok::<_, postgres::Error>(())
            })
            .await?;
        let ceilings = RateCeilings::new(config.ceilings);
        Ok(Self {
            deps: Arc::new(Deps {
                database,
                reader,
                keystore,
                clock,
                ceilings,
            }),
            common: config.common,
        })
    }

    /// Listens until the life drains.
    ///
    /// # Errors
    /// A port that cannot be bound, or an allow list that does not fit the descriptors.
    pub async fn serve(self, life: &Lifecycle) -> Result<Running, StartError> {
        let authenticator = Authenticator::new(
            NoKeys,
            self.common.tokens.clone(),
            self.deps.clock.clone(),
            Revocations::new(),
        );
        let limit = self.common.limits.message;
        let audit = AuditLog::of_nation(
            "seal",
            self.deps.database.clone(),
            self.deps.reader.clone(),
            self.deps.clock.clone(),
            life.clone(),
        );
        job::start(life, &self.deps, &self.common.clocks.system);
        let service = SealServiceServer::new(Rpc { deps: self.deps })
            .max_decoding_message_size(limit)
            .max_encoding_message_size(limit);
        Server::new(&self.common, life, authenticator, api::FILE_DESCRIPTOR_SET)
            .allow(allow_list())
            .service(service)
            .service(audit.server().max_decoding_message_size(limit))
            .start()
            .await
    }
}
