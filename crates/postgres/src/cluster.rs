//! A private PostgreSQL made from the system's binaries: for `jianzheng up`, the demonstration, tests and xtask.
//!
//! The server belongs to the process that started it: it stops when the [`Cluster`] is dropped and when that
//! process dies, however it dies. It listens on a Unix socket only, authenticates every role by password
//! (scram-sha-256), logs no parameter and no statement that failed, and has the roles of production.
//! PostgreSQL refuses to run as root; there it runs as user `postgres` in a directory that user can reach.

mod layout;
mod provision;
mod server;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

pub use provision::Roles;

pub(crate) use layout::Layout;
pub(crate) use provision::{administrator, execute};
#[cfg(feature = "test-support")]
pub(crate) use provision::{close_to_others, exists, provision_roles, role_settings};
use server::Server;
pub(crate) use server::prepare;
#[cfg(feature = "test-support")]
pub(crate) use server::{is_ready, is_running, stop};

/// How a cluster treats the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// What committed survives a crash of the machine.
    Durable,
    /// For tests: a crash of the machine may lose the whole cluster, a crash of the server the last transactions.
    Fast,
    /// For tests that kill the server: what committed survives that, though not a crash of the machine.
    SurvivesServer,
}

/// A running private server.
///
/// Blocking: starting takes about a tenth of a second, making a new one some two seconds.
#[derive(Debug)]
pub struct Cluster {
    layout: Layout,
    server: Server,
    // Held as long as this process owns the directory.
    _lock: File,
}

/// Why there is no private server.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// PostgreSQL is not on this machine.
    #[error("no PostgreSQL under /usr/lib/postgresql (Debian: apt-get install postgresql)")]
    NotInstalled,
    /// Running as root and there is no user to run the server as.
    #[error("running as root needs a user postgres (it comes with the Debian package)")]
    NoAccount,
    /// Another process runs this cluster.
    #[error("the cluster of {0} is in use by another process")]
    InUse(PathBuf),
    /// The directory's place is taken by something that is not ours.
    #[error("{0} exists and is not a private directory of this user")]
    Foreign(PathBuf),
    /// A program of PostgreSQL failed.
    #[error("{program} failed: {output}")]
    Program {
        /// The program.
        program: &'static str,
        /// What it said last.
        output: String,
    },
    /// The server ended or was not ready in time.
    #[error("PostgreSQL did not start; see {}", log.display())]
    NotReady {
        /// The server's log.
        log: PathBuf,
    },
    /// A file or process operation failed.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        source: std::io::Error,
    },
    /// Making roles or databases failed.
    #[error(transparent)]
    Database(#[from] crate::Error),
}

impl Cluster {
    /// Starts the cluster that belongs to `directory`, making it first if it is new.
    ///
    /// The files live in [`Cluster::place`], which is derived from `directory` and need not exist inside it.
    /// A server left behind by a killed process is stopped first.
    ///
    /// # Errors
    /// [`ClusterError::InUse`] while another process runs it, or why it cannot be made or started.
    pub fn start(directory: &Path, durability: Durability) -> Result<Self, ClusterError> {
        let layout = Layout::for_directory(directory)?;
        layout.create()?;
        let lock = File::create(layout.lock()).map_err(io("open the cluster's lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(ClusterError::InUse(directory.to_owned())),
            Err(TryLockError::Error(error)) => return Err(io("lock the cluster")(error)),
        }
        server::stop_stale(&layout)?;
        prepare(&layout, durability)?;
        let server = Server::start(&layout)?;
        Ok(Self {
            layout,
            server,
            _lock: lock,
        })
    }

    /// Makes the database `name` with its roles `<name>_owner` and `<name>_app`, or finds them again.
    /// Nobody else may connect to it. Names are plain: `identity`, `registration_32`.
    ///
    /// # Errors
    /// [`ClusterError::Database`].
    pub async fn database(&self, name: &str) -> Result<Roles, ClusterError> {
        provision::provision(&self.layout, name).await
    }

    /// Removes the database `name` with everything in it, if there is one; its roles stay.
    ///
    /// # Errors
    /// [`ClusterError::Database`].
    pub async fn drop_database(&self, name: &str) -> Result<(), ClusterError> {
        provision::drop_database(&self.layout, name).await
    }

    /// Where data, socket, passwords (each a file of mode 0600) and the server's log are.
    #[must_use]
    pub fn place(&self) -> &Path {
        self.layout.root()
    }

    /// The server's log.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.layout.log()
    }

    /// Stops the server and removes everything it kept.
    ///
    /// # Errors
    /// If the server cannot be stopped or files cannot be removed.
    pub fn destroy(self) -> Result<(), ClusterError> {
        let Self {
            layout,
            server,
            _lock,
        } = self;
        drop(server);
        std::fs::remove_dir_all(layout.root()).map_err(io("remove the cluster"))
    }

    /// Process id of the server, for tests of crashes.
    #[must_use]
    pub fn server_pid(&self) -> u32 {
        self.server.pid()
    }

    /// Kills the server (SIGKILL) with every connection, and waits until it is gone: for tests of crashes. What follows
    /// fails until [`Cluster::recover`].
    ///
    /// # Errors
    /// If no signal can be sent.
    pub fn crash(&mut self) -> Result<(), ClusterError> {
        self.server.kill()
    }

    /// Starts a server that was killed; it recovers from its log first.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub fn recover(&mut self) -> Result<(), ClusterError> {
        self.server = Server::start(&self.layout)?;
        Ok(())
    }

    /// Carries out a statement as the administrator, in no database of a service: for what an operator does to a server
    /// (settings, tablespaces).
    ///
    /// # Errors
    /// [`ClusterError::Database`].
    pub async fn administer(&self, statement: &str) -> Result<(), ClusterError> {
        let mut admin = administrator(&self.layout).await?;
        execute(&mut admin, statement.to_owned()).await
    }

    /// Gives a file or directory to the account that the server runs as.
    ///
    /// # Errors
    /// [`ClusterError::Io`].
    pub fn give_to_server(&self, path: &Path) -> Result<(), ClusterError> {
        self.layout.give_to_server(path)
    }
}

pub(crate) fn io(what: &'static str) -> impl FnOnce(std::io::Error) -> ClusterError {
    move |source| ClusterError::Io { what, source }
}
