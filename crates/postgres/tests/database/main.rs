//! The promises of this crate, kept by a real PostgreSQL and by the roles of production.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, helpers included")]

mod audit;
mod cluster;
mod exchange;
mod leases;
mod migrations;
mod notifications;
mod privacy;
mod requests;
mod roles;
mod settings;
mod times;
mod transactions;

use std::borrow::Cow;
use std::sync::LazyLock;

use jiff::Timestamp;
use postgres::test_support::{TestDatabase, database};
use postgres::{Error, Tx};
use sqlx::migrate::Migrator;

/// Migrations of a small service named `example`.
static EXAMPLE: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrator = sqlx::migrate!("tests/database/migrations");
    // The macro takes the ledger of this crate's own sqlx.toml.
    migrator.table_name = Cow::Borrowed("example.migration");
    migrator.create_schemas = Cow::Borrowed(&[Cow::Borrowed("example")]);
    migrator
});

async fn example() -> TestDatabase {
    database("example", &EXAMPLE).await
}

fn instant(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).unwrap()
}

async fn open_account(tx: &mut Tx, id: i32, name: &str, balance: i32) -> Result<(), Error> {
    sqlx::query("INSERT INTO example.account (id, name, balance) VALUES ($1, $2, $3)")
        .bind(id)
        .bind(name)
        .bind(balance)
        .execute(tx.conn())
        .await?;
    Ok(())
}

async fn count(tx: &mut Tx, table: &'static str) -> Result<i64, Error> {
    let statement = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    Ok(sqlx::query_scalar(statement).fetch_one(tx.conn()).await?)
}
