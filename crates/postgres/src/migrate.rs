//! Migrations: schema `shared` first, then the service's own, each with its own ledger of applied files.

use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx::{Connection, PgConnection};

use crate::database::connect_once;
use crate::{Error, Settings};

/// Migrations of schema `shared`; its ledger is `shared.migration`.
pub static SHARED: Migrator = sqlx::migrate!();

/// Brings a database up to date as its owner role. Safe to repeat and to run at the same time from several
/// places: a lock in the database orders them.
///
/// `service` is the service's `sqlx::migrate!()`, whose `sqlx.toml` names its ledger (`<schema>.migration`).
///
/// # Errors
/// [`Error::Schema`] if a file failed, was changed after it was applied, or is missing here.
pub async fn migrate(owner: &Settings, service: &Migrator) -> Result<(), Error> {
    // Building an index may outlast what a service's statement may.
    let patient = Settings {
        statement_timeout_ms: 0,
        wait_timeout_ms: 60_000,
        ..owner.clone()
    };
    let mut connection = connect_once(&patient.options("migrate")?).await?;
    for migrator in [&SHARED, service] {
        migrator
            .run(&mut connection)
            .await
            .map_err(|error| schema_fault(migrator, error))?;
    }
    connection.close().await?;
    Ok(())
}

/// Fails unless exactly the known migrations, with the same contents, are applied; a service calls it before
/// it opens a port.
///
/// # Errors
/// [`Error::Schema`] naming the first version that is missing, unknown, changed or half applied.
pub async fn ensure_migrated(app: &Settings, service: &Migrator) -> Result<(), Error> {
    let mut connection = connect_once(&app.options("schema check")?).await?;
    for migrator in [&SHARED, service] {
        check_ledger(&mut connection, migrator).await?;
    }
    connection.close().await?;
    Ok(())
}

async fn check_ledger(connection: &mut PgConnection, migrator: &Migrator) -> Result<(), Error> {
    let ledger = &migrator.table_name;
    let fault = |fault: String| Error::Schema {
        ledger: ledger.to_string(),
        fault,
    };
    if let Some(version) = connection
        .dirty_version(ledger)
        .await
        .map_err(|error| schema_fault(migrator, error))?
    {
        return Err(fault(format!("version {version} is half applied")));
    }
    let applied = connection
        .list_applied_migrations(ledger)
        .await
        .map_err(|error| schema_fault(migrator, error))?;
    for known in migrator.iter() {
        match applied.iter().find(|row| row.version == known.version) {
            None => return Err(fault(format!("version {} is not applied", known.version))),
            Some(row) if row.checksum != known.checksum => {
                return Err(fault(format!(
                    "version {} was changed after it was applied",
                    known.version
                )));
            }
            Some(_) => {}
        }
    }
    match applied.iter().find(|row| !migrator.version_exists(row.version)) {
        Some(row) => Err(fault(format!(
            "version {} is unknown to this program",
            row.version
        ))),
        None => Ok(()),
    }
}

fn schema_fault(migrator: &Migrator, error: MigrateError) -> Error {
    let fault = match error {
        MigrateError::Execute(error) => Error::from(error).to_string(),
        MigrateError::ExecuteMigration(error, version) => {
            format!("version {version}: {}", Error::from(error))
        }
        MigrateError::VersionMissing(version) => format!("version {version} is unknown to this program"),
        MigrateError::VersionMismatch(version) => {
            format!("version {version} was changed after it was applied")
        }
        MigrateError::Dirty(version) => format!("version {version} is half applied"),
        MigrateError::Source(_) => "the migration files cannot be read".to_owned(),
        _ => "the migrations cannot be applied".to_owned(),
    };
    Error::Schema {
        ledger: migrator.table_name.to_string(),
        fault,
    }
}
