use std::{sync::Arc, time::Duration};

use super::{Section, Tls};
use crate::tls::{PeerIdentity, Trust};

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
    pub(super) fn read(root: &mut Section, tls: Option<&Tls>) -> Self {
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
