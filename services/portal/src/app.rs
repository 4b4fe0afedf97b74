//! Puts the portal together: configuration → channel to `verification` → pages → listener.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use document_preview::Previewer;
use service_runtime::Lifecycle;
use service_runtime::clock::RegisterClock;
use service_runtime::config::{Deployment, Limits};
use service_runtime::tls::{Gate, Outbound};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::config::{Config, Uploads};
use crate::peer::announcements::Announcements;
use crate::peer::desk::Desk;
use crate::peer::log::Log;
use crate::peer::status_lists::StatusLists;
use crate::peer::verification::Verification;
use crate::session::Sessions;
use crate::{listener, route};

/// What the routes work with.
#[derive(Clone)]
pub(crate) struct Deps {
    pub(crate) verification: Verification,
    pub(crate) announcements: Announcements,
    /// None: this portal serves no status lists.
    pub(crate) status_lists: Option<StatusLists>,
    /// What decides how long they may be kept.
    pub(crate) clock: RegisterClock,
    /// None: issuance is no peer of this portal.
    pub(crate) log: Option<Log>,
    /// None: this portal has no desk.
    pub(crate) desk: Option<Desk>,
    pub(crate) sessions: Sessions,
    /// Outside development a browser sends the session over TLS only.
    pub(crate) secure_cookies: bool,
    pub(crate) uploads: Uploads,
    pub(crate) upload_slots: Arc<Semaphore>,
    /// Draws files, each page in a process with limits.
    pub(crate) previewer: Arc<Previewer>,
    pub(crate) request_slots: Arc<Semaphore>,
    pub(crate) limits: Limits,
}

/// The portal, ready to listen.
pub struct App {
    deps: Deps,
    address: SocketAddr,
    address_file: Option<PathBuf>,
}

/// A portal that is listening.
#[derive(Debug, Clone, Copy)]
pub struct Running {
    address: SocketAddr,
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Why the portal did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be bound.
    #[error("listen.public: {0}")]
    Bind(io::Error),
    /// The bound address cannot be written down.
    #[error("listen.address_file: {0}")]
    AddressFile(io::Error),
}

impl App {
    /// Prepares the channel to `verification`, which need not be there yet.
    ///
    /// # Errors
    /// None: whatever can be wrong is a fault of the configuration. The signature is that of every service.
    pub fn build(config: Config) -> Result<Self, Infallible> {
        let Config {
            common,
            verification,
            provinces,
            issuance,
            desk,
            uploads,
            previewer,
        } = config;
        let outbound = Outbound::new(Arc::clone(common.tls.leaf_at(Gate::Clients)));
        let deps = Deps {
            announcements: Announcements::new(&outbound, &provinces),
            status_lists: issuance.as_ref().map(|peer| StatusLists::new(&outbound, peer)),
            clock: common.clocks.register.clone(),
            log: issuance.as_ref().map(|peer| Log::new(&outbound, peer)),
            desk: desk.map(|(identity, issuance)| Desk::new(&outbound, &identity, &issuance)),
            sessions: Sessions::default(),
            secure_cookies: common.deployment != Deployment::Development,
            verification: Verification::new(&outbound, &verification, uploads.timeout),
            uploads,
            previewer: Arc::new(previewer),
            upload_slots: Arc::new(Semaphore::new(uploads.at_once)),
            request_slots: Arc::new(Semaphore::new(common.limits.in_flight)),
            limits: common.limits,
        };
        let public = common.listen.at.iter().find(|at| at.gate == Gate::Public);
        Ok(Self {
            deps,
            address: public.expect("invariant: `Config` demands listen.public").address,
            address_file: common.listen.address_file,
        })
    }

    /// Listens until the life drains; what is being answered then is answered.
    ///
    /// # Errors
    /// A port that cannot be bound, an address file that cannot be written.
    pub async fn serve(self, life: &Lifecycle) -> Result<Running, StartError> {
        let bound = TcpListener::bind(self.address).await.map_err(StartError::Bind)?;
        let address = bound.local_addr().map_err(StartError::Bind)?;
        let connections = self.deps.limits.connections;
        let pages: Router = route::all(self.deps, life.soft().clone());
        life.spawn(
            "listener",
            listener::serve(bound, pages, connections, life.clone()),
        );
        if let Some(path) = &self.address_file {
            let fresh = path.with_extension("tmp");
            std::fs::write(&fresh, format!("public {address}\n"))
                .and_then(|()| std::fs::rename(fresh, path))
                .map_err(StartError::AddressFile)?;
        }
        tracing::info!(gate = Gate::Public.name(), "listening on {address}");
        Ok(Running { address })
    }
}
