//! The authorities of a deployment in a folder of a test: certificates for whoever the test needs, the sections of a
//! configuration that name them, and channels from one identity to another.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use service_runtime::config::{Deployment, Peer};
use service_runtime::pki::{Authority, Validity};
use service_runtime::tls::{Gate, Leaf, Outbound, PeerChannel, PeerIdentity, Trust};

/// How long the certificates of a test are good for.
const SPAN: Duration = Duration::from_secs(24 * 3600);

/// Three authorities and what they issued, gone with this value.
pub struct Realm {
    folder: tempfile::TempDir,
    authorities: Vec<Authority>,
    validity: Validity,
}

impl Realm {
    /// New authorities for development. `now` is the machine's time: TLS goes by that.
    ///
    /// # Panics
    /// If the folder cannot be written.
    pub fn new(now: Timestamp) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let validity = Validity::starting(now, SPAN).expect("a day from now is a validity");
        let authorities = [Gate::Services, Gate::Provinces, Gate::Clients].map(|gate| {
            let authority =
                Authority::create(gate, Deployment::Development, validity).expect("an authority is made");
            authority
                .save(&folder.path().join(gate.name()))
                .expect("the folder is new and writable");
            authority
        });
        Self {
            folder,
            authorities: authorities.into(),
            validity,
        }
    }

    /// Where everything is; a test may put its own files beside.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Root keys and `[tls]` of a configuration for `identity` (`nation/seal`), whose certificate is issued.
    ///
    /// # Panics
    /// If the identity is none.
    pub fn tls_section(&self, identity: &str) -> String {
        let leaf = self.issue(identity);
        format!(
            "[tls]\ncertificate = \"{leaf}.pem\"\nkey = \"{leaf}-key.pem\"\nservices_ca = \"services/ca.pem\"\n\
             provinces_ca = \"provinces/ca.pem\"\nclients_ca = \"clients/ca.pem\"\n"
        )
    }

    /// A channel from `from` (`nation/issuance`) to `to` at an address.
    ///
    /// # Panics
    /// If an identity is none.
    pub fn channel(&self, from: &str, to: &str, address: std::net::SocketAddr) -> PeerChannel {
        let leaf = self.issue(from);
        let path = |suffix: &str| self.folder().join(format!("{leaf}{suffix}"));
        let leaf = Leaf::open(&path(".pem"), &path("-key.pem")).expect("the certificate was just issued");
        let identity = identity(to);
        let gate = identity.gate();
        let trust = Trust::open(gate, &self.folder().join(gate.name()).join("ca.pem"))
            .expect("the authority is there");
        let peer = Peer {
            name: identity.name().to_owned(),
            address: address.to_string(),
            identity,
            timeout: Duration::from_secs(30),
            trust: Arc::new(trust),
        };
        Outbound::new(Arc::new(leaf)).channel(&peer)
    }

    /// Issues for an identity; returns the path of the files without their endings, relative to the folder.
    pub fn issue(&self, name: &str) -> String {
        let identity = identity(name);
        let authority = self
            .authorities
            .iter()
            .find(|authority| authority.gate() == identity.gate());
        let authority = authority.expect("every gate with certificates has its authority");
        let issued = authority
            .issue(&identity, &[], self.validity)
            .expect("the identity is the authority's");
        let file = name.replace('/', "-");
        issued.save(self.folder(), &file).expect("the folder is writable");
        file
    }
}

fn identity(name: &str) -> PeerIdentity {
    format!("spiffe://jianzheng/{name}")
        .parse()
        .expect("tests name real identities")
}
