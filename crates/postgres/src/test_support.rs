//! A real database for every test.
//!
//! One server serves all tests of a work tree. The first test process starts it under a lock; a watchdog stops
//! it when the last test runner that uses it (nextest, cargo, or the process itself) has ended. Each service
//! has one template database, migrated once per set of migrations; each test gets a clone, dropped at its end.
//! Nothing has to be started before, and nothing stays behind.
//!
//! ```no_run
//! # static MIGRATIONS: postgres::sqlx::migrate::Migrator = postgres::sqlx::migrate::Migrator::DEFAULT;
//! # async fn example() {
//! let test = postgres::test_support::database("identity", &MIGRATIONS).await;
//! let database = test.database().await; // as identity_app
//! # }
//! ```

mod server;
mod template;

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::migrate::Migrator;
use sqlx::{Connection, PgConnection};

use crate::cluster::Roles;
use crate::database::connect_once;
use crate::{Database, ReadDatabase, Settings};

/// A database of one test, with the roles of its service. Dropped with this value.
#[derive(Debug)]
pub struct TestDatabase {
    roles: Roles,
}

/// Clones a database for this test, migrated with `shared` and the service's own migrations.
///
/// `service` is the plain name of the service; its roles are `<service>_owner` and `<service>_app`.
///
/// # Panics
/// If the server cannot be started or the migrations fail; the message says why.
pub async fn database(service: &str, migrations: &Migrator) -> TestDatabase {
    match prepare(service, migrations).await {
        Ok(database) => database,
        Err(error) => panic!("no test database for {service}: {error}"),
    }
}

async fn prepare(service: &str, migrations: &Migrator) -> Result<TestDatabase, crate::cluster::ClusterError> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let started = tokio::task::spawn_blocking(server::shared_layout);
    let (layout, first) = started.await.expect("starting does not panic")?;
    if first {
        template::sweep_left_behind(&layout).await?;
    }
    let template = template::ensure(&layout, service, migrations).await?;
    let name = format!(
        "test_{}_{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    );
    let roles = template::clone(&layout, &template, &name).await?;
    Ok(TestDatabase { roles })
}

impl TestDatabase {
    /// The database as the service sees it.
    ///
    /// # Panics
    /// If the server is gone.
    pub async fn database(&self) -> Database {
        Database::connect(&self.app(), "test")
            .await
            .expect("the test server is running")
    }

    /// The read-only pool as the service sees it.
    ///
    /// # Panics
    /// If the server is gone.
    pub async fn reader(&self) -> ReadDatabase {
        ReadDatabase::connect(&self.app(), "test")
            .await
            .expect("the test server is running")
    }

    /// A connection as the owner, to arrange what the service itself may not.
    ///
    /// # Panics
    /// If the server is gone.
    pub async fn owner_connection(&self) -> PgConnection {
        let options = self
            .owner()
            .options("test owner")
            .expect("settings made here are sound");
        connect_once(&options).await.expect("the test server is running")
    }

    /// Settings of `<service>_app`.
    #[must_use]
    pub fn app(&self) -> Settings {
        Settings {
            max_connections: 4,
            ..self.roles.app.clone()
        }
    }

    /// Settings of `<service>_owner`.
    #[must_use]
    pub fn owner(&self) -> Settings {
        self.roles.owner.clone()
    }

    /// Everything the test server has logged so far, to prove what is not in it.
    ///
    /// # Panics
    /// If the log cannot be read.
    #[must_use]
    pub fn server_log(&self) -> String {
        let place = self
            .roles
            .app
            .socket
            .as_ref()
            .expect("test databases are on a socket");
        std::fs::read_to_string(place.join("postgres.log")).expect("the test server has a log")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let owner = Settings {
            database: "postgres".to_owned(),
            ..self.roles.owner.clone()
        };
        let name = self.roles.app.database.clone();
        // The test's own runtime may be gone or busy; what fails here is swept up at the next start.
        let sweeper = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .ok()?;
            runtime.block_on(async {
                let mut connection = connect_once(&owner.options("test end").ok()?).await.ok()?;
                let statement = sqlx::AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
                sqlx::raw_sql(statement).execute(&mut connection).await.ok()?;
                connection.close().await.ok()
            })
        });
        let _ = sweeper.join();
    }
}
