//! Three authorities, one echo service, and whoever calls it.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use service_runtime::{
    Lifecycle, Server,
    auth::{Allow, Authenticator, Revocations, SharedKeySet, TokenSigner},
    clock::{Clock, SystemClock},
    config::{self, Common, Deployment, Peer},
    pki::{Authority, Validity},
    server::{Running, StartError},
    tls::{Gate, Leaf, Outbound, PeerChannel, PeerIdentity, Trust},
};
use tempfile::TempDir;

use crate::echo::{ALLOW, Echo, descriptors};

pub(crate) struct World {
    pub(crate) dir: TempDir,
    pub(crate) authorities: Vec<Authority>,
    pub(crate) signer: TokenSigner,
}

/// A running echo service.
pub(crate) struct Node {
    pub(crate) life: Lifecycle,
    pub(crate) running: Running,
    pub(crate) echo: Echo,
    pub(crate) common: Common,
    pub(crate) revocations: Revocations,
}

pub(crate) fn identity(text: &str) -> PeerIdentity {
    format!("spiffe://jianzheng/{text}").parse().expect("an identity")
}

pub(crate) fn a_day() -> Validity {
    Validity::starting(SystemClock::new().now(), Duration::from_secs(86_400)).expect("a validity")
}

impl World {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let authorities = [Gate::Services, Gate::Provinces, Gate::Clients].map(|gate| {
            let authority = Authority::create(gate, Deployment::Development, a_day()).expect("an authority");
            authority.save(&dir.path().join(gate.name())).expect("saved");
            authority
        });
        let pem = TokenSigner::generate_pem().expect("a key");
        let signer = TokenSigner::from_pem("k1", &pem).expect("a signer");
        let world = Self {
            dir,
            authorities: authorities.into(),
            signer,
        };
        world.issue("nation/echo");
        world
    }

    pub(crate) fn authority(&self, gate: Gate) -> &Authority {
        self.authorities
            .iter()
            .find(|authority| authority.gate() == gate)
            .expect("a certificate gate")
    }

    pub(crate) fn ca(&self, gate: Gate) -> PathBuf {
        self.dir.path().join(gate.name()).join("ca.pem")
    }

    /// Issues, or issues anew, the certificate of `name` (`nation/portal`).
    pub(crate) fn issue(&self, name: &str) -> Arc<Leaf> {
        let identity = identity(name);
        let file = name.replace('/', "-");
        let issued = self
            .authority(identity.gate())
            .issue(&identity, &[], a_day())
            .expect("issued");
        issued.save(self.dir.path(), &file).expect("saved");
        self.leaf(&file)
    }

    pub(crate) fn leaf(&self, file: &str) -> Arc<Leaf> {
        let path = |end: &str| self.dir.path().join(format!("{file}{end}"));
        Arc::new(Leaf::open(&path(".pem"), &path("-key.pem")).expect("a pair"))
    }

    pub(crate) fn config(&self, more: &str) -> String {
        format!(
            r#"
            deployment = "development"
            [listen]
            services = "127.0.0.1:0"
            provinces = "127.0.0.1:0"
            clients = "127.0.0.1:0"
            public = "127.0.0.1:0"
            address_file = "addresses"
            [tls]
            certificate = "nation-echo.pem"
            key = "nation-echo-key.pem"
            services_ca = "services/ca.pem"
            provinces_ca = "provinces/ca.pem"
            clients_ca = "clients/ca.pem"
            {more}
            "#
        )
    }

    pub(crate) async fn start(&self) -> Node {
        self.start_with("", ALLOW).await.expect("started")
    }

    pub(crate) async fn start_with(&self, more: &str, allow: &[Allow]) -> Result<Node, StartError> {
        let common = config::parse(&self.config(more), self.dir.path(), Common::read).expect("sound");
        let life = Lifecycle::new();
        let keys = SharedKeySet::new();
        keys.replace([self.signer.public_jwk()]);
        let revocations = Revocations::new();
        let authenticator = Authenticator::new(
            keys,
            common.tokens.clone(),
            common.clocks.register.clone(),
            revocations.clone(),
        );
        let echo = Echo::new(&life);
        let running = Server::new(&common, &life, authenticator, descriptors())
            .allow(allow)
            .service(echo.clone())
            .start()
            .await?;
        Ok(Node {
            life,
            running,
            echo,
            common,
            revocations,
        })
    }

    /// A channel to `gate` of `node` with `leaf`, expecting `nation/echo`.
    pub(crate) fn channel(&self, node: &Node, gate: Gate, leaf: &Arc<Leaf>) -> PeerChannel {
        self.channel_expecting(node, gate, leaf, "nation/echo", Gate::Services)
    }

    pub(crate) fn channel_expecting(
        &self,
        node: &Node,
        gate: Gate,
        leaf: &Arc<Leaf>,
        expected: &str,
        authority: Gate,
    ) -> PeerChannel {
        let address = node.running.address(gate).expect("an open gate").to_string();
        let trust = Arc::new(Trust::open(authority, &self.ca(authority)).expect("an authority"));
        let peer = Peer {
            name: "echo".to_owned(),
            address,
            identity: identity(expected),
            timeout: Duration::from_secs(60),
            trust,
        };
        Outbound::new(Arc::clone(leaf)).channel(&peer)
    }

    /// A channel of the portal to the gate for services.
    pub(crate) fn portal(&self, node: &Node) -> PeerChannel {
        self.channel(node, Gate::Services, &self.issue("nation/portal"))
    }

    pub(crate) fn addresses(&self) -> String {
        fs::read_to_string(self.dir.path().join("addresses")).expect("written")
    }
}
