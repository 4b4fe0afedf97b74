//! What the demonstration leaves in `out/`; others depend on these names.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Serialize;
use serde_json::json;
use service_runtime::tls::Gate;

use crate::admin::bootstrap::private_file;
use crate::deployment::{Deployment, Role};

/// The backend whose credentials are handed out.
const BACKEND: &str = "bidding-platform";

/// The folder of results.
pub(super) struct Outputs {
    folder: PathBuf,
}

impl Outputs {
    /// An empty folder.
    pub(super) fn new(folder: &Path) -> Result<Self> {
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        std::fs::create_dir_all(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    pub(super) fn write(&self, name: &str, content: &[u8]) -> Result<()> {
        let path = self.folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&path, content).with_context(|| path.display().to_string())
    }

    /// A message in the protos' JSON mapping.
    pub(super) fn json(&self, name: &str, message: &impl Serialize) -> Result<()> {
        self.write(name, serde_json::to_string_pretty(message)?.as_bytes())
    }

    /// The trust bundle, and what a verifying backend needs to call.
    pub(super) fn credentials(&self, deployment: &Deployment) -> Result<()> {
        for entry in std::fs::read_dir(deployment.trust())? {
            let entry = entry?;
            let name = format!("trust/{}", entry.file_name().to_string_lossy());
            self.write(&name, &std::fs::read(entry.path())?)?;
        }
        let mut authorities = Vec::new();
        for gate in [Gate::Services, Gate::Provinces] {
            authorities.extend(std::fs::read(deployment.authority(gate).join("ca.pem"))?);
        }
        self.write("tls/ca.pem", &authorities)?;
        let clients = deployment.clients();
        self.write(
            "tls/client.pem",
            &std::fs::read(clients.join(format!("{BACKEND}.pem")))?,
        )?;
        let key = std::fs::read(clients.join(format!("{BACKEND}-key.pem")))?;
        private_file(&self.folder.join("tls/client.key"), &key)?;
        let server = |role: Role| json!({ "name": "localhost", "identity": format!("spiffe://jianzheng/{}", role.identity()) });
        let identity = deployment.listen(&Role::Identity, Gate::Clients);
        let client = json!({
            "client_id": BACKEND,
            "scopes": ["verify:document-number"],
            "audiences": ["nation"],
            "token_endpoint": {
                "address": identity.to_string(),
                "method": "/jianzheng.identity.v1.AccessService/IssueClientToken",
            },
            "server_names": {
                "identity": server(Role::Identity),
                "issuance": server(Role::Issuance),
                "verification": server(Role::Verification),
            },
        });
        self.json("tls/client.json", &client)?;
        let mut endpoints = serde_json::Map::new();
        for role in deployment.roles() {
            let address = match role {
                Role::Seal => continue,
                Role::Portal => format!("http://{}", deployment.listen(&role, Gate::Public)),
                _ => deployment.listen(&role, Gate::Clients).to_string(),
            };
            endpoints.insert(role.to_string(), address.into());
        }
        self.json("endpoints.json", &endpoints)
    }
}
