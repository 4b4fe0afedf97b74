use std::{path::PathBuf, sync::Arc};

use super::Section;
use crate::tls::{Gate, Leaf, Trust};

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
    pub(super) fn read(root: &mut Section) -> Option<Self> {
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
