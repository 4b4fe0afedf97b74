//! The keeper of the seals.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use service_runtime::Lifecycle;
use service_runtime::tls::Gate;
use testkit::realm::Realm;

use crate::server::Server;

/// Serves the real one with the keystore of the realm's folder, until the life drains; where services reach it.
pub(super) async fn serve(
    server: &Server,
    database: &str,
    realm: &Realm,
    life: &Lifecycle,
) -> Result<SocketAddr> {
    let database = server.database(database, &seal::MIGRATIONS).await?;
    let text = format!(
        "deployment = \"development\"\n[listen]\nservices = \"127.0.0.1:0\"\nclients = \"127.0.0.1:0\"\n\
         [keystore]\nfolder = \"keystore\"\n[ceilings]\noriginal = 1000000\nuse_copy = 1000000\n[log]\nkeys = \"log.vkey\"\n\
         {}{}[clock]\nfile = \"clock\"\n",
        database.section()?,
        realm.tls_section("nation/seal"),
    );
    let config = service_runtime::config::parse(&text, realm.folder(), seal::Config::read)
        .map_err(|faults| anyhow::anyhow!("{faults}"))?;
    let running = seal::App::build(config).await?.serve(life).await?;
    running.address(Gate::Services).context("the gate is open")
}
