//! A backend's identity and the endpoints it calls, as `jianzheng demo` leaves them:
//!
//! ```text
//! <folder>/endpoints.json            service → host:port
//!          tls/client.json           audiences, scopes, the servers' identities
//!              client.pem, client.key    the backend's certificate
//!              ca.pem                    the authorities of the servers
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use api::identity::v1::access_service_client::AccessServiceClient;
use api::verification::v1::verification_service_client::VerificationServiceClient;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use service_runtime::config::Peer;
use service_runtime::tls::{Leaf, Outbound, PeerChannel, PeerIdentity, Trust};

/// Answers are small; their findings are many.
const LARGEST_ANSWER: usize = 4 << 20;
/// Calls bring their own, shorter one.
const DEADLINE: Duration = Duration::from_secs(600);

/// Channels to identity and verification.
pub(super) struct Client {
    pub(super) audiences: Vec<String>,
    pub(super) scopes: Vec<String>,
    pub(super) identity_at: String,
    pub(super) verification_at: String,
    identity: PeerChannel,
    verification: PeerChannel,
}

/// `client.json`, as far as it is needed here.
#[derive(Deserialize)]
struct Statement {
    audiences: Vec<String>,
    #[serde(default)]
    scopes: Vec<String>,
    server_names: BTreeMap<String, ServerName>,
}

#[derive(Deserialize)]
struct ServerName {
    /// The identity that its certificate must carry.
    identity: String,
}

/// The folder as read.
pub(super) struct Opener {
    statement: Statement,
    endpoints: BTreeMap<String, String>,
    outbound: Outbound,
    authorities: PathBuf,
}

impl Opener {
    /// Reads the folder, or the `client.json` in it.
    pub(super) fn new(place: &Path) -> Result<Self> {
        let statement_at = statement_of(place)?;
        let tls = statement_at.parent().unwrap_or_else(|| Path::new("."));
        let statement: Statement = json(&statement_at)?;
        let beside = tls.join("endpoints.json");
        let endpoints_at = if beside.exists() {
            beside
        } else {
            tls.join("../endpoints.json")
        };
        let endpoints: BTreeMap<String, String> = json(&endpoints_at)?;
        let leaf = Leaf::open(&tls.join("client.pem"), &tls.join("client.key")).context("client.pem")?;
        Ok(Self {
            statement,
            endpoints,
            outbound: Outbound::new(Arc::new(leaf)),
            authorities: tls.join("ca.pem"),
        })
    }

    /// Where a service is, and a channel to it. Connects to nobody yet.
    pub(super) fn open(&self, service: &str) -> Result<(String, PeerChannel)> {
        let address = self
            .endpoints
            .get(service)
            .filter(|address| address.parse::<http::uri::Authority>().is_ok())
            .with_context(|| format!("endpoints.json: 没有 {service} 的地址 no address of {service}"))?;
        let name = self
            .statement
            .server_names
            .get(service)
            .with_context(|| format!("client.json: server_names.{service}"))?;
        let identity: PeerIdentity = name.identity.parse().with_context(|| name.identity.clone())?;
        let trust = Trust::open(identity.gate(), &self.authorities).context("ca.pem")?;
        let channel = self.outbound.channel(&Peer {
            name: service.to_owned(),
            address: address.clone(),
            identity,
            timeout: DEADLINE,
            trust: Arc::new(trust),
        });
        Ok((address.clone(), channel))
    }
}

impl Client {
    /// Reads the folder, or the `client.json` in it. Connects to nobody yet.
    pub(super) fn open(place: &Path) -> Result<Self> {
        let opener = Opener::new(place)?;
        let (identity_at, identity) = opener.open("identity")?;
        let (verification_at, verification) = opener.open("verification")?;
        Ok(Self {
            audiences: opener.statement.audiences,
            scopes: opener.statement.scopes,
            identity_at,
            verification_at,
            identity,
            verification,
        })
    }

    pub(super) fn access(&self) -> AccessServiceClient<PeerChannel> {
        AccessServiceClient::new(self.identity.clone())
    }

    pub(super) fn verification(&self) -> VerificationServiceClient<PeerChannel> {
        VerificationServiceClient::new(self.verification.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }
}

/// Where `client.json` is.
fn statement_of(place: &Path) -> Result<PathBuf> {
    if place.is_file() {
        return Ok(place.to_owned());
    }
    let candidates = [place.join("tls/client.json"), place.join("client.json")];
    match candidates.iter().find(|path| path.is_file()) {
        Some(found) => Ok(found.clone()),
        None => bail!("没有 client.json no client.json here"),
    }
}

fn json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let at = || path.display().to_string();
    let text = std::fs::read(path).with_context(at)?;
    serde_json::from_slice(&text).with_context(at)
}
