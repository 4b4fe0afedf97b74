//! Puts the service together: configuration → keystore, database → server.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use api::seal::v1::seal_admin_service_server::SealAdminServiceServer;
use api::seal::v1::seal_service_server::SealServiceServer;
use audit_service::AuditLog;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use parking_lot::Mutex;
use postgres::{Database, ReadDatabase, Tx};
use service_runtime::auth::{Allow, Authenticator, NoKeys, Revocations, Rule};
use service_runtime::clock::{Clock as _, RegisterClock};
use service_runtime::config::{Common, Deployment};
use service_runtime::server::{Running, StartError};
use service_runtime::{Lifecycle, Server};

use crate::backend::{BackendError, Backends};
use crate::config::{Ceilings, Config};
use crate::drafting::SealMaker;
use crate::error::Error;
use crate::job;
use crate::keystore::{Keystore, KeystoreError};
use crate::logged::Log;
use crate::making::{Kind, Making};
use crate::rpc::Rpc;
use crate::rpc::admin::AdminRpc;
use crate::store::{making, seal};

/// What commands and queries work with.
pub(crate) struct Deps {
    pub(crate) database: Database,
    pub(crate) reader: ReadDatabase,
    pub(crate) backends: Backends,
    pub(crate) clock: RegisterClock,
    pub(crate) ceilings: RateCeilings,
    /// What is signed is a leaf of it first, where it is known.
    pub(crate) log: Option<Log>,
    /// Names of the client certificates of seal officers.
    pub(crate) officers: BTreeSet<String>,
    pub(crate) maker: Option<SealMaker>,
    /// Whether this deployment's seals are specimens.
    pub(crate) specimen: bool,
    /// Makings never change, so those that were read stay.
    makings: Mutex<HashMap<[u8; 32], Arc<Making>>>,
}

impl Deps {
    /// A making by the SM3 of its SESeal.
    pub(crate) async fn making(&self, digest: &[u8; 32]) -> Result<Arc<Making>, Error> {
        let known = self.makings.lock().get(digest).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let found = self
            .database
            .run_tx("read making", async |tx: &mut Tx| making::find(tx, digest).await)
            .await?;
        let found = found.ok_or_else(|| Error::internal("a making is named that is not kept"))?;
        let found = Arc::new(found);
        self.makings.lock().insert(*digest, Arc::clone(&found));
        Ok(found)
    }
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
    /// A backend.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The seal maker's certificate or key.
    #[error("maker: {0}")]
    Maker(String),
    /// Software keys are for specimens only (design §4).
    #[error("production refuses software seals: `{0}` is one")]
    SoftwareSeal(String),
}

/// Who may call what: `issuance` signs, seal officers manage. Their certificates are told from other clients' by the list
/// in `[officers]`, which every method of theirs asks.
#[must_use]
pub fn allow_list() -> &'static [Allow] {
    const ISSUANCE: &[Rule] = &[Rule::Service("issuance")];
    const OFFICERS: &[Rule] = &[Rule::ClientCertificate];
    const READERS: &[Rule] = &[Rule::Service("issuance"), Rule::ClientCertificate];
    macro_rules! admin {
        ($method:literal) => {
            Allow::new(
                concat!("/jianzheng.seal.v1.SealAdminService/", $method),
                OFFICERS,
            )
        };
    }
    const LIST: &[Allow] = &[
        Allow::new("/jianzheng.seal.v1.SealService/SignDocuments", ISSUANCE),
        Allow::new("/jianzheng.seal.v1.SealService/GetSeal", READERS),
        Allow::new("/jianzheng.seal.v1.SealService/ListSeals", READERS),
        Allow::new("/jianzheng.seal.v1.SealService/ReadJournal", ISSUANCE),
        admin!("RequestSeal"),
        admin!("RotateKey"),
        admin!("MakeSeal"),
        admin!("FileSeal"),
        admin!("SuspendSeal"),
        admin!("ResumeSeal"),
        admin!("RenewSeal"),
        admin!("DestroySeal"),
        admin!("WithdrawProposal"),
        admin!("ExportJournal"),
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
        let (settings, profiles) = (&config.backends, config.profiles.clone());
        let backends = Backends::open(settings, profiles, &config.keystore)?;
        if config.common.deployment == Deployment::Production {
            let in_file = keystore
                .iter()
                .find(|kept| kept.has_key_files)
                .map(|kept| kept.name.as_str());
            if let Some(name) = in_file.or_else(|| backends.software().next()) {
                return Err(BuildError::SoftwareSeal(name.to_owned()));
            }
            // Production takes seals that were made elsewhere: no seal maker's key lies in a file.
            if config.maker.is_some() {
                return Err(BuildError::SoftwareSeal("maker".to_owned()));
            }
        }
        let maker = config
            .maker
            .as_ref()
            .map(|maker| SealMaker::open(&maker.certificate, &maker.key, &maker.vendor))
            .transpose()
            .map_err(BuildError::Maker)?;
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
                let serving = Kind::KEYS.map(|kind| config.profiles.backend("original", kind));
                for kept in keystore.iter() {
                    seal::register(tx, kept, serving, now).await?;
                }
                Ok::<_, postgres::Error>(())
            })
            .await?;
        let ceilings = RateCeilings::new(config.ceilings);
        Ok(Self {
            deps: Arc::new(Deps {
                database,
                reader,
                backends,
                clock,
                ceilings,
                log: config.log,
                officers: config.officers,
                maker,
                specimen: config.common.deployment == Deployment::Development,
                makings: Mutex::default(),
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
        let admin = SealAdminServiceServer::new(AdminRpc {
            deps: Arc::clone(&self.deps),
        });
        let service = SealServiceServer::new(Rpc { deps: self.deps })
            .max_decoding_message_size(limit)
            .max_encoding_message_size(limit);
        Server::new(&self.common, life, authenticator, api::FILE_DESCRIPTOR_SET)
            .allow(allow_list())
            .service(service)
            .service(admin.max_decoding_message_size(limit))
            .service(audit.server().max_decoding_message_size(limit))
            .start()
            .await
    }
}
