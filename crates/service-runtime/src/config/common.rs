//! The sections that services have in common.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use secrecy::SecretString;

use super::Section;
use crate::{
    clock::{ClockFile, RegisterClock, SystemClock},
    tls::{Gate, Leaf, PeerIdentity, Trust},
};

/// What every service reads, in one.
#[derive(Debug)]
pub struct Common {
    /// `deployment`: whether this is the real register.
    pub deployment: Deployment,
    /// `[listen]`
    pub listen: Listen,
    /// `[tls]`
    pub tls: Tls,
    /// `[telemetry]`
    pub telemetry: Telemetry,
    /// `[clock]`
    pub clocks: Clocks,
    /// `[tokens]`
    pub tokens: Tokens,
    /// `[peers.<service>]`
    pub peers: Peers,
    /// `[limits]`
    pub limits: Limits,
}

impl Common {
    /// Reads every common section of the file's root.
    pub fn read(root: &mut Section) -> Option<Self> {
        let deployment = Deployment::read(root);
        let tls = Tls::read(root);
        let listen = Listen::read(root, tls.as_ref());
        let telemetry = Telemetry::read(root);
        let clocks = Clocks::read(root, deployment, tls.as_ref());
        let tokens = Tokens::read(root);
        let peers = Peers::read(root, tls.as_ref());
        let limits = Limits::read(root);
        Some(Self {
            deployment: deployment?,
            listen,
            tls: tls?,
            telemetry,
            clocks: clocks?,
            tokens,
            peers,
            limits,
        })
    }
}

/// Whether a process serves the real register or a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deployment {
    /// The real register: no software seals, no placeholder codes, no controlled clock.
    Production,
    /// Development keys: everything made is a specimen.
    Development,
}

impl Deployment {
    /// Reads the root key `deployment`.
    pub fn read(root: &mut Section) -> Option<Self> {
        root.one_of(
            "deployment",
            &[
                ("production", Self::Production),
                ("development", Self::Development),
            ],
        )
    }
}

/// Where a service listens: one address for each gate that it opens.
#[derive(Debug, Clone)]
pub struct Listen {
    /// The gates opened, each with its address; port 0 takes a free one.
    pub at: Vec<ListenAt>,
    /// The file in which the bound addresses are written, one `gate address` a line.
    pub address_file: Option<PathBuf>,
}

/// One gate and its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenAt {
    /// Whose certificates are accepted here.
    pub gate: Gate,
    /// Where.
    pub address: SocketAddr,
}

impl Listen {
    fn read(root: &mut Section, tls: Option<&Tls>) -> Self {
        let mut section = root.section("listen");
        let mut at = Vec::new();
        for gate in Gate::ALL {
            let Some(address) = section.optional(gate.name()) else {
                continue;
            };
            if tls.is_some_and(|tls| gate.authority_key().is_some() && tls.trust(gate).is_none()) {
                section.fault(
                    gate.name(),
                    format!("needs tls.{}", gate.authority_key().unwrap_or_default()),
                );
            }
            at.push(ListenAt { gate, address });
        }
        if at.is_empty() {
            section.fault(
                "",
                "opens no gate: give at least one of services, provinces, clients, public",
            );
        }
        Self {
            at,
            address_file: section.optional_location("address_file"),
        }
    }
}

/// This process's certificate, and whom it trusts for which kind of identity.
#[derive(Debug, Clone)]
pub struct Tls {
    /// `certificate` and `key`: presented to clients and to peers; read again when the files change.
    pub leaf: Arc<Leaf>,
    /// `public_certificate` and `public_key`: presented at the public gate instead of `leaf`, if given.
    pub public_leaf: Option<Arc<Leaf>>,
    /// `services_ca`
    pub services: Arc<Trust>,
    /// `provinces_ca`
    pub provinces: Option<Arc<Trust>>,
    /// `clients_ca`
    pub clients: Option<Arc<Trust>>,
}

impl Tls {
    fn read(root: &mut Section) -> Option<Self> {
        let mut section = root.section("tls");
        let leaf = read_leaf(&mut section, "certificate", "key");
        let public_leaf = read_public_leaf(&mut section);
        let services = read_trust(&mut section, Gate::Services, true);
        let provinces = read_trust(&mut section, Gate::Provinces, false);
        let clients = read_trust(&mut section, Gate::Clients, false);
        Some(Self {
            leaf: leaf?,
            public_leaf,
            services: services?,
            provinces,
            clients,
        })
    }

    /// The authority that vouches for identities of `gate`; the public gate has none.
    pub fn trust(&self, gate: Gate) -> Option<&Arc<Trust>> {
        match gate {
            Gate::Services => Some(&self.services),
            Gate::Provinces => self.provinces.as_ref(),
            Gate::Clients => self.clients.as_ref(),
            Gate::Public => None,
        }
    }

    /// What this process presents at `gate`.
    pub fn leaf_at(&self, gate: Gate) -> &Arc<Leaf> {
        match (gate, &self.public_leaf) {
            (Gate::Public, Some(leaf)) => leaf,
            _ => &self.leaf,
        }
    }
}

fn read_leaf(section: &mut Section, certificate: &str, key: &str) -> Option<Arc<Leaf>> {
    let (chain, private) = (section.file(certificate), section.key_file(key));
    Leaf::open(&chain?, &private?)
        .map_err(|error| section.fault(certificate, error.to_string()))
        .ok()
        .map(Arc::new)
}

fn read_public_leaf(section: &mut Section) -> Option<Arc<Leaf>> {
    let (chain, private): (Option<PathBuf>, Option<PathBuf>) = (
        section.optional_location("public_certificate"),
        section.optional_location("public_key"),
    );
    match (chain, private) {
        (None, None) => None,
        (Some(chain), Some(private)) => Leaf::open(&chain, &private)
            .map_err(|error| section.fault("public_certificate", error.to_string()))
            .ok()
            .map(Arc::new),
        _ => {
            section.fault("public_certificate", "goes together with public_key");
            None
        }
    }
}

fn read_trust(section: &mut Section, gate: Gate, required: bool) -> Option<Arc<Trust>> {
    let key = gate.authority_key()?;
    let path = if required {
        section.location(key)
    } else {
        section.optional_location(key)
    }?;
    Trust::open(gate, &path)
        .map_err(|error| section.fault(key, error.to_string()))
        .ok()
        .map(Arc::new)
}

/// The database of a service. Read it where there is one.
#[derive(Debug, Clone)]
pub struct Database {
    /// `host`: a name, an address or the folder of a unix socket.
    pub host: String,
    /// `port`
    pub port: u16,
    /// `name` of the database.
    pub name: String,
    /// `user`: the `_app` role.
    pub user: String,
    /// `password_file`; absent with peer authentication.
    pub password: Option<SecretString>,
    /// `ca`: with it the connection is TLS and verified.
    pub ca: Option<PathBuf>,
    /// `connections`: the most that the pool opens.
    pub connections: u32,
}

impl Database {
    /// Reads `[database]` of the file's root.
    pub fn read(root: &mut Section) -> Option<Self> {
        let mut section = root.section("database");
        let host = section.required("host");
        let port = section.or("port", 5432);
        let name = section.required("name");
        let user = section.required("user");
        let password = section.optional_secret_file("password_file");
        let ca = section.optional_location("ca");
        let connections = section.or("connections", 8);
        if connections == 0 {
            section.fault("connections", "must be at least 1");
        }
        Some(Self {
            host: host?,
            port,
            name: name?,
            user: user?,
            password,
            ca,
            connections,
        })
    }
}

/// Logs, traces and metrics.
#[derive(Debug, Clone)]
pub struct Telemetry {
    /// `log`: a filter like `info,identity=debug`.
    pub log: String,
    /// `otlp`: the collector (`http://127.0.0.1:4317`); nothing is exported without it.
    pub otlp: Option<String>,
    /// `sample`: the part of traces begun here that is exported, 0 to 1.
    pub sample: f64,
}

impl Telemetry {
    fn read(root: &mut Section) -> Self {
        let mut section = root.section("telemetry");
        let log = section.or("log", "info".to_owned());
        if let Err(error) = crate::telemetry::check_filter(&log) {
            section.fault("log", error);
        }
        let otlp: Option<String> = section.optional("otlp");
        if otlp
            .as_ref()
            .is_some_and(|url| url.parse::<http::Uri>().map_or(true, |url| url.host().is_none()))
        {
            section.fault(
                "otlp",
                "must be the URL of a collector (\"http://127.0.0.1:4317\")",
            );
        }
        let sample = section.or("sample", 1.0);
        if !(0.0..=1.0).contains(&sample) {
            section.fault("sample", "must be between 0 and 1");
        }
        Self { log, otlp, sample }
    }
}

/// The two clocks of a process.
#[derive(Debug, Clone)]
pub struct Clocks {
    /// What rules, documents, tokens and feeds go by.
    pub register: RegisterClock,
    /// What leases and timeouts go by.
    pub system: SystemClock,
}

impl Clocks {
    /// `[clock] file` puts the register clock under a harness's control. Only development keys allow it: both the
    /// deployment and the mark in the services' authority must say so.
    fn read(root: &mut Section, deployment: Option<Deployment>, tls: Option<&Tls>) -> Option<Self> {
        let mut section = root.section("clock");
        let system = SystemClock::new();
        let Some(path) = section.optional_location("file") else {
            return Some(Self {
                register: RegisterClock::system(),
                system,
            });
        };
        if deployment == Some(Deployment::Production) || tls.is_some_and(|tls| !tls.services.is_specimen()) {
            section.fault("file", "a controlled register clock is for development keys only");
            return None;
        }
        let file = ClockFile::open(&path)
            .map_err(|error| section.fault("file", error.to_string()))
            .ok()?;
        Some(Self {
            register: RegisterClock::controlled(file),
            system,
        })
    }
}

/// Which access tokens are accepted.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// `issuer` of every token.
    pub issuer: String,
    /// `audience` that a token must name.
    pub audience: String,
}

impl Tokens {
    fn read(root: &mut Section) -> Self {
        let mut section = root.section("tokens");
        Self {
            issuer: section.or("issuer", "spiffe://jianzheng/nation/identity".to_owned()),
            audience: section.or("audience", "jianzheng".to_owned()),
        }
    }
}

/// The services that this one calls.
#[derive(Debug, Clone, Default)]
pub struct Peers(Vec<Peer>);

/// One service that this one calls.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The name of its section: `identity`.
    pub name: String,
    /// `address`: host and port.
    pub address: String,
    /// `identity` that its certificate must carry; `spiffe://jianzheng/nation/<name>` when absent.
    pub identity: PeerIdentity,
    /// `timeout` of one call that brings no deadline of its own.
    pub timeout: Duration,
    /// The authority that vouches for it.
    pub trust: Arc<Trust>,
}

impl Peers {
    fn read(root: &mut Section, tls: Option<&Tls>) -> Self {
        let sections = root.section("peers").sections();
        Self(
            sections
                .into_iter()
                .filter_map(|(name, section)| Peer::read(name, section, tls))
                .collect(),
        )
    }

    /// The peer `name`, if it is configured.
    pub fn find(&self, name: &str) -> Option<&Peer> {
        self.0.iter().find(|peer| peer.name == name)
    }

    /// The peer `name`; its absence is a fault of `peers.<name>`.
    pub fn required(&self, root: &Section, name: &str) -> Option<Peer> {
        let found = self.find(name).cloned();
        if found.is_none() {
            root.fault(&format!("peers.{name}"), "is required");
        }
        found
    }

    /// Every configured peer.
    pub fn iter(&self) -> impl Iterator<Item = &Peer> {
        self.0.iter()
    }
}

impl Peer {
    fn read(name: String, mut section: Section, tls: Option<&Tls>) -> Option<Self> {
        let address: Option<String> = section.parsed("address", |text| {
            let authority = text
                .parse::<http::uri::Authority>()
                .ok()
                .filter(|it| it.port_u16().is_some());
            authority.map(|it| it.to_string()).ok_or("must be host:port")
        });
        let usual = format!("spiffe://jianzheng/nation/{name}");
        let identity: String = section.or("identity", usual);
        let identity = identity
            .parse::<PeerIdentity>()
            .map_err(|error| section.fault("identity", error.to_string()));
        let timeout = section.or("timeout", Duration::from_secs(5));
        let (identity, tls) = (identity.ok()?, tls?);
        let Some(trust) = tls.trust(identity.gate()) else {
            let key = identity.gate().authority_key().unwrap_or_default();
            section.fault("identity", format!("needs tls.{key}"));
            return None;
        };
        Some(Self {
            name,
            address: address?,
            identity,
            timeout,
            trust: Arc::clone(trust),
        })
    }
}

/// What a service takes on at most.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// `in_flight`: calls being answered; the next one is refused with a delay.
    pub in_flight: usize,
    /// `connections` open at one gate.
    pub connections: usize,
    /// `deadline` of a call that brings none.
    pub deadline: Duration,
    /// `longest_deadline` that a call may ask for.
    pub longest_deadline: Duration,
    /// `grace` that draining gives.
    pub grace: Duration,
    /// `message`: the largest message in bytes, for services to put on their routes.
    pub message: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            in_flight: 1024,
            connections: 4096,
            deadline: Duration::from_secs(30),
            longest_deadline: Duration::from_secs(600),
            grace: Duration::from_secs(20),
            message: 4 << 20,
        }
    }
}

impl Limits {
    fn read(root: &mut Section) -> Self {
        let mut section = root.section("limits");
        let usual = Self::default();
        let limits = Self {
            in_flight: section.or("in_flight", usual.in_flight),
            connections: section.or("connections", usual.connections),
            deadline: section.or("deadline", usual.deadline),
            longest_deadline: section.or("longest_deadline", usual.longest_deadline),
            grace: section.or("grace", usual.grace),
            message: section.or("message", usual.message),
        };
        for (key, zero) in [
            ("in_flight", limits.in_flight == 0),
            ("connections", limits.connections == 0),
            ("deadline", limits.deadline.is_zero()),
            ("longest_deadline", limits.longest_deadline.is_zero()),
            ("message", limits.message == 0),
        ] {
            if zero {
                section.fault(key, "must be more than 0");
            }
        }
        limits
    }
}
