//! The gRPC server of a service.
//!
//! Around the routes, from outside in: one span and one count per call · the limit of calls in flight, with
//! `RetryInfo` for those refused · the deadline · panics caught · every error made one of our refusals · caller
//! authenticated and admitted. Health (`grpc.health.v1`) and reflection (v1) are served besides.

mod answer;
mod call;
mod deadline;

use std::{convert::Infallible, fs, io, net::SocketAddr, path::Path, pin::Pin, sync::Arc, time::Duration};

use http::{Request, Response};
use tonic::{body::Body, server::NamedService, service::Routes, transport::server::Router};
use tonic_health::{ServingStatus, server::HealthReporter};
use tower::Service;

pub use deadline::Deadline;

use crate::{
    auth::{Allow, AllowList, AllowListError, AuthLayer, Authenticator, Rule},
    config::{Common, Limits, Listen, Tls},
    error::Reason,
    lifecycle::Lifecycle,
    tls::{Gate, Listener},
};
use call::CallLayer;

const KEEPALIVE: Duration = Duration::from_secs(30);
const MOST_STREAMS: u32 = 512;
const LONGEST_HEADERS: u32 = 16 << 10;

/// Methods of health and reflection, served with every service and open to whoever may connect.
const BUILT_IN: &[Allow] = &[
    Allow::new("/grpc.health.v1.Health/Check", &[Rule::Public]),
    Allow::new("/grpc.health.v1.Health/Watch", &[Rule::Public]),
    Allow::new(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        &[Rule::Public],
    ),
];

/// A service being put together.
pub struct Server {
    life: Lifecycle,
    listen: Listen,
    tls: Tls,
    limits: Limits,
    authenticator: Authenticator,
    descriptors: &'static [u8],
    allow: Vec<Allow>,
    routes: Routes,
    services: Vec<&'static str>,
    ready: Option<Ready>,
    door: Option<Door>,
}

/// Says of a method, by its full path, why nobody is let in now.
pub type Door = Arc<dyn Fn(&str) -> Option<Reason> + Send + Sync>;

/// Ends when the service is fit to be called.
type Ready = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A service that is listening.
#[derive(Debug, Clone)]
pub struct Running {
    addresses: Vec<(Gate, SocketAddr)>,
    health: HealthReporter,
}

/// Why a service did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The allow list and the descriptors differ.
    #[error(transparent)]
    AllowList(#[from] AllowListError),
    /// The descriptors cannot be served.
    #[error("the descriptors cannot be served: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// An address cannot be bound.
    #[error("listen.{gate}: {source}")]
    Bind {
        /// The gate.
        gate: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The bound addresses cannot be written down.
    #[error("listen.address_file: {0}")]
    AddressFile(io::Error),
}

impl Server {
    /// A service with the common configuration. `descriptors` is the encoded `FileDescriptorSet` of its methods.
    pub fn new(
        common: &Common,
        life: &Lifecycle,
        authenticator: Authenticator,
        descriptors: &'static [u8],
    ) -> Self {
        Self {
            life: life.clone(),
            listen: common.listen.clone(),
            tls: common.tls.clone(),
            limits: common.limits,
            authenticator,
            descriptors,
            allow: Vec::new(),
            routes: Routes::default(),
            services: Vec::new(),
            ready: None,
            door: None,
        }
    }

    /// Asked for each call that would be admitted: while `door` has a reason for its method, that is the answer. Health and
    /// reflection are asked about like every other method.
    #[must_use]
    pub fn behind(mut self, door: Door) -> Self {
        self.door = Some(door);
        self
    }

    /// Adds entries to the allow list. Together they must name each served method exactly once.
    #[must_use]
    pub fn allow(mut self, entries: &[Allow]) -> Self {
        self.allow.extend_from_slice(entries);
        self
    }

    /// Adds a generated service. Put its message limit on it first (`limits.message`).
    #[must_use]
    pub fn service<S>(mut self, service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.routes = self.routes.add_service(service);
        self.services.push(S::NAME);
        self
    }

    /// Reports NOT_SERVING until `ready` ends. Calls are answered all the same, each as well as it can be: health is for
    /// whoever chooses among processes, and nobody's start waits for it.
    #[must_use]
    pub fn ready_when(mut self, ready: impl Future<Output = ()> + Send + 'static) -> Self {
        self.ready = Some(Box::pin(ready));
        self
    }

    /// Checks the allow list, binds every gate and serves until the life drains. Every service reports SERVING as soon
    /// as it is ready ([`Server::ready_when`]; else at once) unless [`Running::set_serving`] says otherwise.
    pub async fn start(self) -> Result<Running, StartError> {
        let allow = AllowList::check(self.allow, &self.services, self.descriptors)?.and_built_in(BUILT_IN);
        let allow = Arc::new(allow);
        let (health, health_server) = tonic_health::server::health_reporter();
        let reflection = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(self.descriptors)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .build_v1()?;
        let routes = self
            .routes
            .add_service(health_server)
            .add_service(reflection)
            .prepare();

        let mut listeners = Vec::new();
        for at in &self.listen.at {
            let leaf = Arc::clone(self.tls.leaf_at(at.gate));
            let trust = self.tls.trust(at.gate).map(AsRef::as_ref);
            let bound = Listener::bind(at.gate, at.address, leaf, trust, self.limits.connections).await;
            listeners.push(bound.map_err(|source| StartError::Bind {
                gate: at.gate.name(),
                source,
            })?);
        }
        let mut addresses = Vec::new();
        for listener in &listeners {
            let gate = listener.gate();
            let address = listener.address().map_err(|source| StartError::Bind {
                gate: gate.name(),
                source,
            })?;
            addresses.push((gate, address));
        }

        let calls = CallLayer::new(self.limits, Arc::clone(&allow), self.life.clone());
        let auth = AuthLayer::new(allow, self.authenticator, self.door);
        let status = match self.ready {
            Some(_) => ServingStatus::NotServing,
            None => ServingStatus::Serving,
        };
        report(&health, &self.services, status).await;
        for listener in listeners {
            let router = tonic::transport::Server::builder()
                .http2_keepalive_interval(Some(KEEPALIVE))
                .max_concurrent_streams(MOST_STREAMS)
                .http2_max_header_list_size(LONGEST_HEADERS)
                .layer(calls.clone())
                .layer(auth.clone())
                .add_routes(routes.clone());
            serve(router, listener, &self.life);
        }
        report_health(&self.life, health.clone(), self.services, self.ready);
        if let Some(path) = &self.listen.address_file {
            write_addresses(path, &addresses).map_err(StartError::AddressFile)?;
        }
        for (gate, address) in &addresses {
            tracing::info!(gate = gate.name(), "listening on {address}");
        }
        Ok(Running { addresses, health })
    }
}

impl Running {
    /// Where each gate is bound.
    pub fn addresses(&self) -> &[(Gate, SocketAddr)] {
        &self.addresses
    }

    /// Where `gate` is bound.
    pub fn address(&self, gate: Gate) -> Option<SocketAddr> {
        self.addresses
            .iter()
            .find(|(bound, _)| *bound == gate)
            .map(|(_, address)| *address)
    }

    /// Reports whether a service (by its full name; empty: the process as a whole) is fit to be called.
    pub async fn set_serving(&self, service: &str, serving: bool) {
        let status = if serving {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        };
        self.health.set_service_status(service, status).await;
    }
}

type Layers =
    tower::layer::util::Stack<AuthLayer, tower::layer::util::Stack<CallLayer, tower::layer::util::Identity>>;

fn serve(router: Router<Layers>, listener: Listener, life: &Lifecycle) {
    let incoming = listener.accept(life);
    let drained = life.soft().clone().cancelled_owned();
    life.spawn("server", router.serve_with_incoming_shutdown(incoming, drained));
}

/// Tells those who ask before calling when to come, and when to go elsewhere.
fn report_health(
    life: &Lifecycle,
    health: HealthReporter,
    services: Vec<&'static str>,
    ready: Option<Ready>,
) {
    let drained = life.soft().clone();
    life.spawn("health", async move {
        if let Some(ready) = ready
            && drained.run_until_cancelled(ready).await.is_some()
        {
            tracing::info!("ready");
            report(&health, &services, ServingStatus::Serving).await;
        }
        drained.cancelled().await;
        report(&health, &services, ServingStatus::NotServing).await;
        Ok::<_, Infallible>(())
    });
}

/// One status for every service and the process as a whole.
async fn report(health: &HealthReporter, services: &[&'static str], status: ServingStatus) {
    for service in services.iter().copied().chain([""]) {
        health.set_service_status(service, status).await;
    }
}

/// Atomically, so that whoever waits for the file finds all of it.
fn write_addresses(path: &Path, addresses: &[(Gate, SocketAddr)]) -> io::Result<()> {
    let lines: String = addresses
        .iter()
        .map(|(gate, address)| format!("{} {address}\n", gate.name()))
        .collect();
    let fresh = path.with_extension("tmp");
    fs::write(&fresh, lines)?;
    fs::rename(fresh, path)
}

#[cfg(test)]
mod tests;
