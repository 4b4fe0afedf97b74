//! A deployment in one folder: a nation, its provinces, their keys and certificates, and where each service listens.
//!
//! ```text
//! <folder>/authorities/{services,provinces,clients}/   the three authorities (ca.pem, ca-key.pem)
//!          nation/<service>/                           configuration, certificate and keys of one service
//!          provinces/<code>/registration/              the same of a province
//!          clients/<name>.pem, <name>-key.pem          certificates of backends and operators
//!          offline/                                    keys that no running service needs
//!          trust/                                      the trust bundle, for everybody
//!          clock                                       the register clock's control file (development)
//!          logs/                                       one file per process
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use service_runtime::tls::Gate;

use crate::serve::Service;

/// One process of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Who somebody is.
    Identity,
    /// The keeper of the seals.
    Seal,
    /// The register, the exchange, issuing.
    Issuance,
    /// Answers about certificates.
    Verification,
    /// A province's workflow, by its code.
    Registration(String),
    /// Pages for people.
    Portal,
}

impl Role {
    /// The service's name, as in `jianzheng serve NAME`.
    pub fn service(&self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Seal => "seal",
            Self::Issuance => "issuance",
            Self::Verification => "verification",
            Self::Registration(_) => "registration",
            Self::Portal => "portal",
        }
    }

    /// Which service it runs.
    pub(crate) fn kind(&self) -> Service {
        match self {
            Self::Identity => Service::Identity,
            Self::Seal => Service::Seal,
            Self::Issuance => Service::Issuance,
            Self::Verification => Service::Verification,
            Self::Registration(_) => Service::Registration,
            Self::Portal => Service::Portal,
        }
    }

    /// Its identity on the wire, below `spiffe://jianzheng/`.
    pub fn identity(&self) -> String {
        match self {
            Self::Registration(province) => format!("province/{province}/registration"),
            Self::Portal => "client/portal".to_owned(),
            _ => format!("nation/{}", self.service()),
        }
    }

    /// Name of its database; the portal has none.
    pub fn database(&self) -> Option<String> {
        match self {
            Self::Registration(province) => Some(format!("registration_{province}")),
            Self::Portal => None,
            _ => Some(self.service().to_owned()),
        }
    }

    /// First of the ports of its gates.
    fn base_port(&self) -> u16 {
        match self {
            Self::Identity => 7410,
            Self::Seal => 7420,
            Self::Issuance => 7430,
            Self::Verification => 7440,
            Self::Portal => 7450,
            Self::Registration(province) => 7500 + 10 * province.parse::<u16>().unwrap_or_default(),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registration(province) => write!(f, "registration-{province}"),
            _ => f.write_str(self.service()),
        }
    }
}

/// Where a deployment is and who is in it.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// Its folder, absolute.
    pub folder: PathBuf,
    /// The address on which every service listens.
    pub address: IpAddr,
    /// Province codes, two digits each.
    pub provinces: Vec<String>,
    /// Where a process (first) finds a peer (second) that it reaches over something in between: a gateway, or the faults
    /// of a test. Every other peer is found where it listens.
    pub routes: BTreeMap<(Role, Role), SocketAddr>,
}

impl Deployment {
    /// Every process, in the order in which they are best started.
    pub fn roles(&self) -> Vec<Role> {
        let nation = [Role::Identity, Role::Seal, Role::Issuance, Role::Verification];
        let provinces = self.provinces.iter().cloned().map(Role::Registration);
        nation
            .into_iter()
            .chain(provinces)
            .chain([Role::Portal])
            .collect()
    }

    /// The folder of a process.
    pub fn home(&self, role: &Role) -> PathBuf {
        match role {
            Role::Registration(province) => self.folder.join("provinces").join(province).join("registration"),
            _ => self.folder.join("nation").join(role.service()),
        }
    }

    /// The public half of the key by which a province signs its lists of announcements.
    pub fn announcement_public(&self, province: &str) -> PathBuf {
        self.folder.join(format!("announcement-public-{province}.pem"))
    }

    /// The key of the transparency log, as witnesses and auditors take it (C2SP).
    pub fn log_key(&self) -> PathBuf {
        self.folder.join("log.vkey")
    }

    /// The key of a province's witness of the log, likewise.
    pub fn witness_key(&self, province: &str) -> PathBuf {
        self.folder.join(format!("witness-{province}.vkey"))
    }

    /// Its configuration.
    pub fn config(&self, role: &Role) -> PathBuf {
        self.home(role).join("config.toml")
    }

    /// Where its log goes.
    pub fn log(&self, role: &Role) -> PathBuf {
        self.folder.join("logs").join(format!("{role}.log"))
    }

    /// Where a gate of a process listens.
    pub fn listen(&self, role: &Role, gate: Gate) -> SocketAddr {
        let offset = match gate {
            Gate::Services => 0,
            Gate::Provinces => 1,
            Gate::Clients => 2,
            Gate::Public => 3,
        };
        SocketAddr::new(self.address, role.base_port() + offset)
    }

    /// Where a process finds a gate of a peer.
    pub fn reach(&self, caller: &Role, peer: &Role, gate: Gate) -> SocketAddr {
        let route = self.routes.get(&(caller.clone(), peer.clone()));
        route.copied().unwrap_or_else(|| self.listen(peer, gate))
    }

    /// Where an authority keeps its certificate and key.
    pub fn authority(&self, gate: Gate) -> PathBuf {
        self.folder.join("authorities").join(gate.name())
    }

    /// Certificates of backends and operators.
    pub fn clients(&self) -> PathBuf {
        self.folder.join("clients")
    }

    /// The trust bundle.
    pub fn trust(&self) -> PathBuf {
        self.folder.join("trust")
    }

    /// Keys that no running service needs.
    pub fn offline(&self) -> PathBuf {
        self.folder.join("offline")
    }

    /// The register clock's control file.
    pub fn clock(&self) -> PathBuf {
        self.folder.join("clock")
    }
}

/// Makes a path absolute without asking that it exists.
pub(crate) fn absolute(path: &Path) -> std::io::Result<PathBuf> {
    std::path::absolute(path)
}
