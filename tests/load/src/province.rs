//! Registration of the province 32 as a process of its own.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Result;
use gm::{Algorithm, PrivateKey};
use personal_data::{KeyKind, OsRandom, create_key_file};
use rand_core::UnwrapErr;
use testkit::realm::Realm;

use crate::files::write_private;
use crate::portal::Portal;
use crate::verification::{PROVINCE, Process};

/// What it works with. Keys and folders are in the realm's folder, among them the nation's `receipt.pub`.
pub(crate) struct Setting<'a> {
    pub(crate) realm: &'a Realm,
    pub(crate) exchange_key: &'a PrivateKey,
    /// `[database]`
    pub(crate) database: String,
    /// The policy profile.
    pub(crate) policy: &'static str,
    /// Sections beyond.
    pub(crate) more: &'static str,
    pub(crate) identity: SocketAddr,
    pub(crate) issuance: SocketAddr,
}

impl Setting<'_> {
    /// Makes its keys, starts it and waits until it serves.
    pub(crate) async fn start(&self) -> Result<(Process, Portal)> {
        let folder = self.realm.folder();
        keep(folder, self.exchange_key)?;
        let config = format!(
            "{}[tokens]\naudience = \"provinces/32\"\nmirror = \"mirror.json\"\n\
             [registration]\nprovince = \"32\"\npolicy = {:?}\n\
             [personal_data]\nfolder = \"province-personal\"\n[objects]\ndirectory = \"province-objects\"\n\
             [exchange]\nkey = \"exchange-key.pem\"\nreceipt_key = \"receipt.pub\"\n[announcements]\nkey = \"announcement-key.pem\"\n\
             [peers.identity]\naddress = \"{}\"\n[peers.issuance]\naddress = \"{}\"\n{}{}",
            self.realm.tls_section("province/32/registration"),
            self.policy,
            self.identity,
            self.issuance,
            self.database,
            self.more,
        );
        let process = Process::start(PROVINCE, folder, "province", &config, &[])?;
        let portal = Portal::to(
            self.realm,
            ("province/32/registration", "provinces/32"),
            process.address,
        )?;
        let service = "jianzheng.registration.v1.ImportService";
        testkit::double::serving(portal.channel(), service).await;
        Ok((process, portal))
    }
}

fn keep(folder: &Path, exchange_key: &PrivateKey) -> Result<()> {
    for name in ["province-personal", "province-objects"] {
        std::fs::create_dir(folder.join(name))?;
    }
    for kind in [KeyKind::KeyEncryption, KeyKind::BlindIndex] {
        create_key_file(&folder.join("province-personal"), kind, 1, &mut OsRandom)?;
    }
    let lists = PrivateKey::generate(Algorithm::Sm2WithSm3, &mut UnwrapErr(OsRandom));
    for (name, key) in [
        ("exchange-key.pem", exchange_key),
        ("announcement-key.pem", &lists),
    ] {
        write_private(&folder.join(name), key.to_pkcs8_pem().as_bytes())?;
    }
    Ok(())
}
