use postgres::{Error, SHARED, ensure_migrated, migrate};
use sqlx::Executor;

use crate::{EXAMPLE, example};

#[tokio::test]
async fn migrating_again_or_from_two_places_at_once_changes_nothing() {
    let test = example().await;
    let owner = test.owner();
    let (one, other) = tokio::join!(migrate(&owner, &EXAMPLE), migrate(&owner, &EXAMPLE));
    one.unwrap();
    other.unwrap();
    ensure_migrated(&test.app(), &EXAMPLE).await.unwrap();
}

#[tokio::test]
async fn shared_and_service_keep_separate_ledgers() {
    let test = example().await;
    let reader = test.reader().await;
    let versions = async |statement: &'static str| -> Vec<i64> {
        sqlx::query_scalar(statement)
            .fetch_all(reader.pool())
            .await
            .unwrap()
    };
    let shared: Vec<i64> = SHARED.iter().map(|migration| migration.version).collect();
    assert_eq!(
        versions("SELECT version FROM shared.migration ORDER BY version").await,
        shared
    );
    assert_eq!(
        versions("SELECT version FROM example.migration ORDER BY version").await,
        [1]
    );
}

#[tokio::test]
async fn a_program_refuses_a_schema_it_was_not_built_for() {
    for (change, fault) in [
        ("DELETE FROM example.migration", "version 1 is not applied"),
        (
            "UPDATE example.migration SET checksum = '\\x00'",
            "version 1 was changed",
        ),
        (
            "UPDATE shared.migration SET version = 9999 WHERE version = 6",
            "version 6 is not applied",
        ),
        (
            "UPDATE example.migration SET success = false",
            "version 1 is half applied",
        ),
        (
            "INSERT INTO example.migration (version, description, success, checksum, execution_time)
             VALUES (2, 'from the future', true, '\\x00', 0)",
            "version 2 is unknown",
        ),
    ] {
        let test = example().await;
        test.owner_connection()
            .await
            .execute(sqlx::raw_sql(change))
            .await
            .unwrap();
        let error = ensure_migrated(&test.app(), &EXAMPLE).await.unwrap_err();
        assert!(matches!(error, Error::Schema { .. }));
        assert!(error.to_string().contains(fault), "{error}");
    }
}
