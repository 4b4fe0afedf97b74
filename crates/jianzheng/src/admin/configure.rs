//! Configurations of a deployment's processes, written at every start: what they say follows from the deployment.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use postgres::cluster::Roles;
use service_runtime::tls::Gate;

use super::bootstrap::private_file;
use crate::deployment::{Deployment, Role};

/// The name of the transparency log of a development deployment.
pub const LOG_ORIGIN: &str = "specimen.example/jianzheng";
/// The name of a province's witness in a development deployment.
pub fn witness_name(province: &str) -> String {
    format!("{province}.specimen.example/witness")
}
/// The fictitious authority of specimens.
pub const ISSUER_NAME: &str = "建证市住房和城乡建设局（虚构）";
/// What the seal of specimens is for.
pub const SEAL_PURPOSE: &str = "行政许可专用章";

/// Writes `config.toml` of every process.
pub fn write(deployment: &Deployment, databases: &BTreeMap<Role, Roles>) -> Result<()> {
    for role in deployment.roles() {
        let mut text = format!("# {role}: written by jianzheng; changes are lost at the next start.\n");
        common(&mut text, deployment, &role)?;
        if let Some(roles) = databases.get(&role) {
            database(&mut text, roles)?;
        }
        own(&mut text, deployment, &role)?;
        let path = deployment.config(&role);
        private_file(&path, text.as_bytes()).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// Sections that all services share.
fn common(text: &mut String, deployment: &Deployment, role: &Role) -> Result<()> {
    writeln!(text, "deployment = \"development\"\n\n[listen]")?;
    for gate in gates(role) {
        writeln!(text, "{} = \"{}\"", gate.name(), deployment.listen(role, *gate))?;
    }
    let home = deployment.home(role);
    writeln!(
        text,
        "\n[tls]\ncertificate = {:?}\nkey = {:?}",
        home.join("tls.pem"),
        home.join("tls-key.pem")
    )?;
    for gate in [Gate::Services, Gate::Provinces, Gate::Clients] {
        writeln!(
            text,
            "{}_ca = {:?}",
            gate.name(),
            deployment.authority(gate).join("ca.pem")
        )?;
    }
    writeln!(text, "\n[clock]\nfile = {:?}", deployment.clock())?;
    if let Some(audience) = audience(role) {
        writeln!(text, "\n[tokens]\naudience = \"{audience}\"")?;
        if *role != Role::Identity {
            writeln!(text, "mirror = {:?}", home.join("token-trust.json"))?;
        }
    }
    for (peer, gate) in peers(role) {
        let address = deployment.reach(role, peer, *gate);
        writeln!(text, "\n[peers.{}]\naddress = \"{address}\"", peer.service())?;
    }
    if let Role::Portal = role {
        for province in &deployment.provinces {
            let peer = Role::Registration(province.clone());
            let address = deployment.reach(role, &peer, Gate::Clients);
            writeln!(
                text,
                "\n[peers.registration_{province}]\naddress = \"{address}\"\nidentity = \"spiffe://jianzheng/{}\"",
                peer.identity()
            )?;
        }
    }
    Ok(())
}

/// Which gates a process opens.
fn gates(role: &Role) -> &'static [Gate] {
    match role {
        Role::Identity | Role::Issuance => &[Gate::Services, Gate::Provinces, Gate::Clients],
        Role::Seal => &[Gate::Services, Gate::Clients],
        Role::Verification | Role::Registration(_) => &[Gate::Clients],
        Role::Portal => &[Gate::Public],
    }
}

/// Whose tokens it takes.
fn audience(role: &Role) -> Option<String> {
    match role {
        Role::Identity | Role::Issuance | Role::Verification => Some("nation".to_owned()),
        Role::Registration(province) => Some(format!("provinces/{province}")),
        Role::Seal | Role::Portal => None,
    }
}

/// Whom it calls, and at which gate.
fn peers(role: &Role) -> &'static [(Role, Gate)] {
    match role {
        Role::Identity | Role::Seal => &[],
        Role::Issuance => &[(Role::Identity, Gate::Services), (Role::Seal, Gate::Services)],
        Role::Verification => &[(Role::Identity, Gate::Services), (Role::Issuance, Gate::Services)],
        Role::Registration(_) => &[
            (Role::Identity, Gate::Provinces),
            (Role::Issuance, Gate::Provinces),
        ],
        Role::Portal => &[
            (Role::Identity, Gate::Clients),
            (Role::Issuance, Gate::Clients),
            (Role::Verification, Gate::Clients),
        ],
    }
}

fn database(text: &mut String, roles: &Roles) -> Result<()> {
    let settings = toml::to_string(&roles.app)?;
    writeln!(
        text,
        "\n[database]\n{settings}\n[migration]\nrole = {:?}",
        roles.owner.role
    )?;
    if let Some(path) = &roles.owner.password_file {
        writeln!(text, "password_file = {path:?}")?;
    }
    Ok(())
}

/// The sections of one service alone.
fn own(text: &mut String, deployment: &Deployment, role: &Role) -> Result<()> {
    let home = deployment.home(role);
    let personal_data = format!("\n[personal_data]\nfolder = {:?}\n", home.join("personal-data"));
    match role {
        Role::Identity => {
            write!(
                text,
                "{personal_data}\n[token_keys]\nfolder = {:?}\n",
                home.join("token-keys")
            )?;
        }
        Role::Seal => {
            let offline = deployment.offline();
            write!(
                text,
                "\n[keystore]\nfolder = {:?}\n\n[officers]\nclients = [\"seal-officer-a\", \"seal-officer-b\"]\n\n\
                 [maker]\ncertificate = {:?}\nkey = {:?}\n",
                home.join("keystore"),
                offline.join("seal-maker.pem"),
                offline.join("seal-maker-key.pem"),
            )?;
            if deployment.log_key().exists() {
                writeln!(text, "\n[log]\nkeys = {:?}", deployment.log_key())?;
            }
        }
        Role::Issuance => issuance(text, deployment, &personal_data)?,
        Role::Verification => {
            let snapshots = home.join("snapshot");
            super::bootstrap::private_folder(&snapshots)?;
            write!(
                text,
                "{personal_data}\n[trust]\nfolder = {:?}\n\n[snapshot]\nfolder = {snapshots:?}\n",
                deployment.trust()
            )?;
        }
        Role::Registration(province) => {
            let objects = objects(deployment, role)?;
            write!(
                text,
                "{personal_data}\n[registration]\nprovince = \"{province}\"\n\n[objects]\ndirectory = {objects:?}\n\n\
                 [exchange]\nkey = {:?}\nreceipt_key = {:?}\n\n[announcements]\nkey = {:?}\n",
                home.join("exchange-key.pem"),
                deployment.folder.join("receipt-public.pem"),
                home.join("announcement-key.pem"),
            )?;
            let key = home.join("witness-key.der");
            if key.exists() {
                write!(
                    text,
                    "\n[witness]\nname = {:?}\nkey = {key:?}\nlog = {:?}\nenrolment = {:?}\n",
                    witness_name(province),
                    deployment.log_key(),
                    home.join("witness-enrolment"),
                )?;
            }
        }
        // Drawn by an unoptimised program, beside everything else that a developer's machine does.
        Role::Portal => text.push_str("\n[previews]\ntimeout = \"60s\"\nwait = \"20s\"\n"),
    }
    Ok(())
}

fn issuance(text: &mut String, deployment: &Deployment, personal_data: &str) -> Result<()> {
    let home = deployment.home(&Role::Issuance);
    let objects = objects(deployment, &Role::Issuance)?;
    let public = deployment.listen(&Role::Portal, Gate::Public);
    write!(
        text,
        "{personal_data}\n[objects]\ndirectory = {objects:?}\n\n[exchange]\nreceipt_key = {:?}\n\n\
         [issuer]\nname = {ISSUER_NAME:?}\n\n\
         [issuing]\npublic_url = \"http://{public}\"\nseal = \"seals/specimen\"\nlease = \"5s\"\ntrust = {:?}\n",
        home.join("receipt-key.der"),
        deployment.trust(),
    )?;
    let qr_key = home.join("qr-key.der");
    if qr_key.exists() {
        writeln!(text, "qr_key = {qr_key:?}")?;
    }
    let checkpoint_key = home.join("checkpoint-key.der");
    if checkpoint_key.exists() {
        write!(
            text,
            "\n[log]\norigin = {LOG_ORIGIN:?}\ncheckpoint_key = {checkpoint_key:?}\n"
        )?;
    }
    let status_key = home.join("status-list-key.der");
    if status_key.exists() {
        write!(text, "\n[status_list]\nkey = {status_key:?}\n")?;
    }
    for province in &deployment.provinces {
        let key = home.join("provinces").join(format!("{province}.der"));
        write!(text, "\n[provinces.{province}]\nexchange_key = {key:?}\n")?;
        let witness = deployment.witness_key(province);
        if witness.exists() {
            writeln!(text, "witness_key = {witness:?}")?;
        }
    }
    Ok(())
}

/// The folder of a service's sealed bytes, made if it is not there.
fn objects(deployment: &Deployment, role: &Role) -> Result<std::path::PathBuf> {
    let folder = deployment.home(role).join("objects");
    super::bootstrap::private_folder(&folder)?;
    Ok(folder)
}
