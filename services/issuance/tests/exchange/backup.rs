//! The database of a test taken to another moment of its past, as an operator does it with a backup; and the real keeper of the seals
//! beside it, whose database stays as it is.

use std::str::FromStr as _;

use postgres::sqlx::postgres::{PgConnectOptions, PgConnection};
use postgres::sqlx::{AssertSqlSafe, Connection as _, raw_sql};
use postgres::test_support::TestDatabase;
use service_runtime::Lifecycle;
use service_runtime::tls::Gate;

use crate::world::World;

/// A copy of a database, taken while nobody was connected.
pub(crate) struct Backup(String);

impl Backup {
    /// Issuance stops, the copy is taken, issuance goes on.
    pub(crate) async fn take(world: &mut World) -> Self {
        world.stop().await;
        let (from, owner) = (world.database.app().database, world.database.owner().role);
        let copy = format!("{from}_backup");
        administer(
            &world.database,
            &format!("CREATE DATABASE {copy} OWNER {owner} TEMPLATE {from}"),
        )
        .await;
        world.restart().await;
        Self(copy)
    }

    /// The copy lacks what a transaction did that had not ended when it was taken.
    pub(crate) async fn without(&self, world: &World, statement: &str) {
        let mut copy = administrator(&world.database, &self.0).await;
        let done = raw_sql(AssertSqlSafe(statement.to_owned()))
            .execute(&mut copy)
            .await;
        done.unwrap_or_else(|error| panic!("{statement}: {error}"));
        copy.close().await.expect("nobody else holds it");
    }

    /// As [`Self::restore`], and the copy is kept for another time.
    pub(crate) async fn restore_kept(&self, world: &mut World) {
        world.stop().await;
        let (name, owner) = (world.database.app().database, world.database.owner().role);
        administer(&world.database, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
        let again = format!("CREATE DATABASE {name} OWNER {owner} TEMPLATE {}", self.0);
        administer(&world.database, &again).await;
        world.restart().await;
    }

    /// Issuance stops, and its database becomes what it was. Object store, keeper and provinces do not.
    pub(crate) async fn restore(self, world: &mut World) {
        world.stop().await;
        let name = world.database.app().database;
        administer(&world.database, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
        administer(
            &world.database,
            &format!("ALTER DATABASE {} RENAME TO {name}", self.0),
        )
        .await;
        world.restart().await;
    }
}

/// The administrator of the test server, in a database.
async fn administrator(database: &TestDatabase, of: &str) -> PgConnection {
    let settings = database.owner();
    let secret = settings
        .password_file
        .expect("roles have passwords")
        .with_file_name("postgres");
    let password = std::fs::read_to_string(secret).expect("the test server's own");
    let options = PgConnectOptions::from_str("postgres://")
        .expect("nothing said")
        .socket(settings.socket.expect("tests use a socket"))
        .port(settings.port)
        .username("postgres")
        .password(password.trim())
        .database(of);
    PgConnection::connect_with(&options)
        .await
        .expect("the test server is running")
}

/// One statement as the administrator of the test server.
async fn administer(database: &TestDatabase, statement: &str) {
    let mut admin = administrator(database, "postgres").await;
    // Connections of a service that has just stopped may still be going.
    let others =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'test\\_%' AND datname = '"
            .to_owned()
            + &database.app().database + "'";
    raw_sql(AssertSqlSafe(others))
        .execute(&mut admin)
        .await
        .expect("an administrator may");
    let done = raw_sql(AssertSqlSafe(statement.to_owned()))
        .execute(&mut admin)
        .await;
    done.unwrap_or_else(|error| panic!("{statement}: {error}"));
}

/// The keeper of the seals of a world; issuance knows it from its next start on.
pub(crate) struct Keeper {
    database: TestDatabase,
    _life: Lifecycle,
}

impl Keeper {
    pub(crate) async fn start(world: &mut World) -> Self {
        let database = postgres::test_support::database("seal", &seal::MIGRATIONS).await;
        let settings = database.app();
        let text = format!(
            "deployment = \"development\"\n[listen]\nservices = \"127.0.0.1:0\"\n[keystore]\nfolder = \"keystore\"\n\
             [database]\nsocket = {:?}\nport = {}\ndatabase = {:?}\nrole = {:?}\npassword_file = {:?}\n{}[clock]\nfile = \"clock\"\n",
            settings.socket.expect("tests use a socket"),
            settings.port,
            settings.database,
            settings.role,
            settings.password_file.expect("roles have passwords"),
            world.realm.tls_section("nation/seal"),
        );
        let config = service_runtime::config::parse(&text, world.realm.folder(), seal::Config::read);
        let config = config.unwrap_or_else(|faults| panic!("{faults}"));
        let life = Lifecycle::new();
        let app = seal::App::build(config)
            .await
            .expect("keystore and database are there");
        let running = app.serve(&life).await.expect("it listens");
        world.seal = running.address(Gate::Services).expect("the gate is open");
        world.restart().await;
        Self {
            database,
            _life: life,
        }
    }

    /// Signatures that it ever gave out, as text.
    pub(crate) async fn signatures(&self) -> Vec<String> {
        let mut owner = self.database.owner_connection().await;
        let rows = sqlx::query_scalar(
            "SELECT intent_id || ' ' || kind || ' ' || encode(signature, 'hex') FROM seal.signature ORDER BY 1",
        );
        rows.fetch_all(&mut owner).await.expect("it can be read")
    }
}
