//! `jianzheng admin containers DIR`: a development deployment for `deploy/compose.yaml`, in which every container gets the
//! folders it may know and no other.
//!
//! ```text
//! <folder>/nation/<service>/, provinces/<code>/registration/   mounted as `own` into that service alone
//!              database/{app,owner}                            passwords of its two roles
//!          public/                                             mounted as `public` everywhere: no secret
//!              {services,provinces,clients}-ca.pem  receipt-public.pem  trust/
//!          postgres/                                           mounted into PostgreSQL alone
//!              server.pem, server-key.pem  passwords/<role>
//!          authorities/  offline/  clients/                    mounted nowhere
//! ```

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;
use jiff::Timestamp;
use service_runtime::clock::{Clock as _, SystemClock};
use service_runtime::pki::{Authority, Validity};
use service_runtime::tls::{Gate, PeerIdentity};

use super::bootstrap::{self, TLS_SPAN, private_file, private_folder};
use crate::deployment::{Deployment, absolute};

/// What is prepared, and for whom.
#[derive(Debug, Args)]
pub struct Arguments {
    /// 部署目录 The deployment's folder.
    folder: std::path::PathBuf,
    /// 省代码 Province codes.
    #[arg(long, value_delimiter = ',', default_value = "32,33")]
    provinces: Vec<String>,
    /// 服务的用户号 The user id of the services; their folders are given to it. Needs root (of the container, at least).
    #[arg(long)]
    service_user: Option<u32>,
    /// 数据库的用户号 The user id of PostgreSQL.
    #[arg(long)]
    database_user: Option<u32>,
}

/// Host name of PostgreSQL in the compose network, and in its certificate.
const DATABASE_HOST: &str = "postgres";

/// The command of an operator. Repeating it adds what is missing and gives the folders away again.
pub fn command(arguments: &Arguments) -> Result<()> {
    let deployment = Deployment {
        folder: absolute(&arguments.folder)?,
        address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        provinces: arguments.provinces.clone(),
        routes: BTreeMap::new(),
    };
    prepare(&deployment, SystemClock::new().now())?;
    if let Some(user) = arguments.service_user {
        for role in deployment.roles() {
            give(&deployment.home(&role), user)?;
        }
    }
    if let Some(user) = arguments.database_user {
        give(&deployment.folder.join("postgres"), user)?;
    }
    println!("{}", deployment.folder.display());
    Ok(())
}

/// Makes whatever is missing in the deployment's folder.
///
/// # Errors
/// What cannot be made or written.
pub fn prepare(deployment: &Deployment, now: Timestamp) -> Result<()> {
    bootstrap::run(deployment, now, now)?;
    // It may have been there before, made by whoever mounted it.
    std::fs::set_permissions(&deployment.folder, std::fs::Permissions::from_mode(0o700))?;
    public(deployment).context("public")?;
    passwords(deployment).context("passwords")?;
    server_certificate(deployment, now).context("certificate of PostgreSQL")
}

/// What everybody may read, in one folder.
fn public(deployment: &Deployment) -> Result<()> {
    let folder = deployment.folder.join("public");
    let trust = folder.join("trust");
    std::fs::create_dir_all(&trust)?;
    for gate in [Gate::Services, Gate::Provinces, Gate::Clients] {
        let authority = deployment.authority(gate).join("ca.pem");
        publish(&authority, &folder.join(format!("{}-ca.pem", gate.name())))?;
    }
    publish(
        &deployment.folder.join("receipt-public.pem"),
        &folder.join("receipt-public.pem"),
    )?;
    let witnesses = deployment.provinces.iter();
    let witnesses = witnesses.map(|province| deployment.witness_key(province));
    // A deployment from before provinces were witnesses has none.
    let keys = witnesses.chain([deployment.log_key()]);
    for key in keys.filter(|key| key.exists()) {
        let name = key.file_name().context("a key's file has a name")?;
        publish(&key, &folder.join(name))?;
    }
    for entry in std::fs::read_dir(deployment.trust())? {
        let entry = entry?;
        publish(&entry.path(), &trust.join(entry.file_name()))?;
    }
    for folder in [folder, trust] {
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

fn publish(from: &Path, to: &Path) -> Result<()> {
    let copied = std::fs::copy(from, to)
        .and_then(|_| std::fs::set_permissions(to, std::fs::Permissions::from_mode(0o644)));
    copied.with_context(|| from.display().to_string())
}

/// A password for each role of each database, once with its service and once with PostgreSQL; and the administrator's.
fn passwords(deployment: &Deployment) -> Result<()> {
    let server = deployment.folder.join("postgres").join("passwords");
    private_folder(&server)?;
    password(&server.join("postgres"))?;
    for role in deployment.roles() {
        let Some(database) = role.database() else { continue };
        let own = deployment.home(&role).join("database");
        private_folder(&own)?;
        for kind in ["app", "owner"] {
            let word = password(&server.join(format!("{database}_{kind}")))?;
            private_file(&own.join(kind), word.as_bytes())?;
        }
    }
    Ok(())
}

/// The password in a file, made if it is not there.
fn password(path: &Path) -> Result<String> {
    if let Ok(word) = std::fs::read_to_string(path) {
        return Ok(word);
    }
    let mut bytes = [0; 24];
    aws_lc_rs::rand::fill(&mut bytes).context("randomness")?;
    let word = URL_SAFE_NO_PAD.encode(bytes);
    private_file(path, word.as_bytes())?;
    Ok(word)
}

/// From the services' authority; no rule of any service knows this identity.
fn server_certificate(deployment: &Deployment, now: Timestamp) -> Result<()> {
    let folder = deployment.folder.join("postgres");
    if folder.join("server.pem").exists() {
        return Ok(());
    }
    let authority = Authority::load(Gate::Services, &deployment.authority(Gate::Services))?;
    let identity: PeerIdentity = format!("spiffe://jianzheng/nation/{DATABASE_HOST}").parse()?;
    let leaf = authority.issue(&identity, &[DATABASE_HOST], Validity::starting(now, TLS_SPAN)?)?;
    Ok(leaf.save(&folder, "server")?)
}

/// Gives a folder and all that is in it to a user.
fn give(path: &Path, user: u32) -> Result<()> {
    chown(path, Some(user), Some(user)).with_context(|| path.display().to_string())?;
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            give(&entry?.path(), user)?;
        }
    }
    Ok(())
}
