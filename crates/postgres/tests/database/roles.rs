use postgres::{Database, Error};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::{EXAMPLE, example};

/// SQLSTATE of a statement run as the service's own role, `None` if it succeeds.
async fn refusal(connection: &mut PgConnection, statement: &str) -> Option<String> {
    match connection
        .execute(sqlx::raw_sql(AssertSqlSafe(statement.to_owned())))
        .await
    {
        Ok(_) => None,
        Err(sqlx::Error::Database(error)) => error.code().map(|code| code.into_owned()),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn the_service_cannot_change_history_or_the_schema() {
    let test = example().await;
    let mut app = PgConnection::connect(&test.app().url().unwrap()).await.unwrap();
    for history in ["audit", "audit_link", "outbox", "outbox_receipt", "inbox"] {
        for statement in [
            format!("UPDATE shared.{history} SET {} = NULL", first_column(history)),
            format!("DELETE FROM shared.{history}"),
            format!("TRUNCATE shared.{history}"),
            format!("DROP TABLE shared.{history}"),
            format!("ALTER TABLE shared.{history} DISABLE TRIGGER ALL"),
        ] {
            assert_eq!(
                refusal(&mut app, &statement).await.as_deref(),
                Some(FORBIDDEN),
                "{statement}"
            );
        }
    }
    for statement in [
        "INSERT INTO shared.migration SELECT * FROM shared.migration",
        "DELETE FROM example.migration",
        "CREATE TABLE shared.more (a integer)",
        "CREATE TABLE example.more (a integer)",
        "CREATE SCHEMA more",
        "CREATE TEMPORARY TABLE more (a integer)",
        "CREATE ROLE more",
        "SET ROLE example_owner",
        "SET SESSION AUTHORIZATION postgres",
        "COPY shared.audit TO PROGRAM 'cat'",
        "SELECT pg_read_file('postgresql.conf')",
        "ALTER SYSTEM SET log_statement = 'all'",
    ] {
        assert_eq!(
            refusal(&mut app, statement).await.as_deref(),
            Some(FORBIDDEN),
            "{statement}"
        );
    }
    // Granting what one does not hold is a warning to PostgreSQL; what counts is that nothing came of it.
    refusal(&mut app, "GRANT UPDATE, DELETE ON shared.audit TO example_app").await;
    let changed: bool = sqlx::query_scalar("SELECT has_table_privilege('shared.audit', 'UPDATE, DELETE')")
        .fetch_one(&mut app)
        .await
        .unwrap();
    assert!(!changed);
}

#[tokio::test]
async fn the_service_works_on_its_own_tables_also_on_those_made_later() {
    let test = example().await;
    let mut owner = test.owner_connection().await;
    owner
        .execute(sqlx::raw_sql(
            "CREATE TABLE example.later (id bigint GENERATED ALWAYS AS IDENTITY, a text)",
        ))
        .await
        .unwrap();
    let mut app = PgConnection::connect(&test.app().url().unwrap()).await.unwrap();
    for statement in [
        "INSERT INTO example.later (a) VALUES ('x')",
        "UPDATE example.later SET a = 'y'",
        "DELETE FROM example.later",
    ] {
        assert_eq!(refusal(&mut app, statement).await, None, "{statement}");
    }
}

#[tokio::test]
async fn tables_without_a_schema_cannot_be_made_by_oversight() {
    let test = example().await;
    let mut owner = test.owner_connection().await;
    assert_eq!(
        refusal(&mut owner, "CREATE TABLE forgotten (a integer)")
            .await
            .as_deref(),
        Some("3F000")
    );
}

#[tokio::test]
async fn a_service_cannot_enter_the_database_of_another() {
    let (own, other) = (
        example().await,
        postgres::test_support::database("neighbour", &EXAMPLE).await,
    );
    let stranger = own.app().with_database(other.app().database);
    let refused = Database::connect(&stranger, "test").await.unwrap_err();
    assert!(refused.to_string().contains(FORBIDDEN), "{refused}");
}

#[tokio::test]
async fn a_role_cannot_log_in_without_its_password() {
    let test = example().await;
    for settings in [
        postgres::Settings {
            password_file: None,
            ..test.app()
        },
        postgres::Settings {
            password_file: test.owner().password_file,
            ..test.app()
        },
    ] {
        let refused = Database::connect(&settings, "test").await.unwrap_err();
        assert!(matches!(refused, Error::Driver(_)), "{refused}");
    }
}

fn first_column(history: &str) -> &'static str {
    match history {
        "audit" => "actor",
        "audit_link" | "outbox" | "inbox" => "hash",
        _ => "receipt",
    }
}

const FORBIDDEN: &str = "42501";
