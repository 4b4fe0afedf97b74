//! A PostgreSQL of this bench's own that waits for the disk as production's does, where a figure is about what is durable.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use postgres::Settings;
use postgres::cluster::{Cluster, Durability, Roles};
use postgres::sqlx::migrate::Migrator;
use postgres::sqlx::postgres::PgConnectOptions;
use postgres::sqlx::{self, ConnectOptions as _, PgConnection};
use tempfile::TempDir;

/// The server; it and everything in it is gone with this value.
pub(crate) struct Server {
    cluster: Option<Cluster>,
    _folder: TempDir,
}

/// A database of a service, with its roles.
pub(crate) struct Database {
    roles: Roles,
}

impl Server {
    /// Makes and starts it. Blocking.
    pub(crate) fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let cluster = Cluster::start(folder.path(), Durability::Durable)?;
        Ok(Self {
            cluster: Some(cluster),
            _folder: folder,
        })
    }

    fn cluster(&self) -> Result<&Cluster> {
        self.cluster.as_ref().context("it runs until it is dropped")
    }

    /// A new database, migrated.
    pub(crate) async fn database(&self, name: &str, migrations: &Migrator) -> Result<Database> {
        let roles = self.cluster()?.database(name).await?;
        postgres::migrate(&roles.owner, migrations).await?;
        Ok(Database { roles })
    }

    /// The main process.
    pub(crate) fn pid(&self) -> Result<u32> {
        Ok(self.cluster()?.server_pid())
    }

    /// Writes everything back, so that no measurement pays for what was before it.
    pub(crate) async fn settle(&self) -> Result<()> {
        Ok(self.cluster()?.administer("CHECKPOINT").await?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.cluster.take().map(Cluster::destroy) {
            eprintln!("bench: {error}");
        }
    }
}

impl Database {
    /// `[database]` of the service.
    pub(crate) fn section(&self) -> Result<String> {
        section(&self.roles.app)
    }

    /// A connection as the owner, to arrange and to count.
    pub(crate) async fn owner(&self) -> Result<PgConnection> {
        let settings = &self.roles.owner;
        let (socket, file) = places(settings)?;
        let options = PgConnectOptions::new_without_pgpass()
            .socket(socket)
            .port(settings.port)
            .database(&settings.database)
            .username(&settings.role)
            .password(std::fs::read_to_string(file)?.trim());
        Ok(options.connect().await?)
    }

    /// One number.
    pub(crate) async fn count(&self, statement: &'static str) -> Result<i64> {
        let mut owner = self.owner().await?;
        Ok(sqlx::query_scalar(statement).fetch_one(&mut owner).await?)
    }

    /// Waits until a statement counts nothing any more.
    pub(crate) async fn until_none(&self, statement: &'static str) -> Result<()> {
        let begun = Instant::now();
        let mut owner = self.owner().await?;
        loop {
            let left: i64 = sqlx::query_scalar(statement).fetch_one(&mut owner).await?;
            if left == 0 {
                return Ok(());
            }
            if begun.elapsed() > PATIENCE {
                bail!("{left} are left: {statement}");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// How long anything may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(300);
const PAUSE: Duration = Duration::from_millis(5);

fn places(settings: &Settings) -> Result<(&Path, &Path)> {
    let socket = settings.socket.as_deref().context("it listens on a socket")?;
    let file = settings.password_file.as_deref();
    Ok((socket, file.context("roles have passwords")?))
}

/// `[database]` of whoever these settings are for.
pub(crate) fn section(settings: &Settings) -> Result<String> {
    let (socket, file) = places(settings)?;
    Ok(format!(
        "[database]\nsocket = {socket:?}\nport = {}\ndatabase = {:?}\nrole = {:?}\npassword_file = {file:?}\n",
        settings.port, settings.database, settings.role,
    ))
}
